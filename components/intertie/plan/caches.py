"""Images through a cache of the cloud's own: where they lie then, and with whose credentials they are fetched.

A cache is disposable: what it holds can be fetched again. Its address follows from the description alone, so that a
preview shows every image as it will be pulled, and digests stay as they are: a cache hands on the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.accounts import account_name
from intertie.plan.naming import safe_name
from intertie.plan.references import HUB, parts
from intertie.plan.secrets import needs, store_key
from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.types import Plan
from intertie.spec import CachedRegistry, Egress

KEPT_DAYS = 90
"""After so many days an image leaves the cache; if it is still used, it is fetched again."""
_ECR_PREFIX = 30  # characters of a rule's prefix. Source: Amazon ECR API model, PullThroughCacheRuleRepositoryPrefix
ECR_SECRETS = "ecr-pullthroughcache/"
"""What the name of a secret must begin with. Source: Amazon ECR API model, CredentialArn."""
_OF_ACCOUNT = {"aws": "account", "gcp": "project"}
"""Whose id is part of an image's address."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """With whom an upstream is asked. The token is never known here: `intertie replicate` writes it."""

    secret: str  # as the description names it
    key: str  # in the cloud's store
    username: str


@dataclass(frozen=True, slots=True)
class ImageCache:
    """One cache. `place` is what the cloud calls it: a prefix, a repository, a part of a registry."""

    host: str  # of the upstream, as images are named
    name: str  # short, for names of resources
    place: str
    address: str  # what takes the host's place in a reference
    upstream: str  # as the cloud writes it; "" = the cache is there already, and nothing is made
    credentials: Credentials | None = None

    def address_of(self, path: str) -> str:
        """Where the image with this path lies. Docker Hub's own are below `library`, which people leave out."""
        return f"{self.address}/{path if self.host != HUB or '/' in path.partition('@')[0] else f'library/{path}'}"


def caches(plan: Plan) -> tuple[ImageCache, ...]:
    """Every cache of the placement, in the order of the description."""
    registry = plan.where.registry
    return tuple(_cache(plan, each) for each in registry.cache) if registry is not None else ()


def made(plan: Plan) -> tuple[ImageCache, ...]:
    """Those that the placement's stack makes."""
    return tuple(cache for cache in caches(plan) if cache.upstream)


def through(plan: Plan, reference: str) -> str | None:
    """The reference through the cache of its registry; None where there is none."""
    host, path = parts(reference)
    found = next((cache for cache in caches(plan) if cache.host == host), None)
    return found.address_of(path) if found is not None else None


def registry_name(plan: Plan) -> str:
    """Name of the registry that has the caches, on the one cloud where it has a name: unique in the world."""
    return account_name(plan, "images")


def _cache(plan: Plan, wanted: CachedRegistry) -> ImageCache:
    if wanted.at is not None:
        return ImageCache(wanted.upstream, "", "", wanted.at, "")
    row = _row(plan.cloud, wanted.upstream)
    assert row is not None, "checked by `check_caches`"
    place, address = _PLACES[plan.cloud](plan, row.name)
    return ImageCache(wanted.upstream, row.name, place, address, row.address, _credentials(plan, wanted))


def _credentials(plan: Plan, wanted: CachedRegistry) -> Credentials | None:
    if wanted.credentials is None or wanted.username is None:
        return None
    key = store_key(plan, wanted.credentials)
    return Credentials(wanted.credentials, f"{ECR_SECRETS}{key}" if plan.cloud == "aws" else key, wanted.username)


def _ecr(plan: Plan, name: str) -> tuple[str, str]:
    place = f"{safe_name(plan.cluster, _ECR_PREFIX - len(name) - 1)}/{name}"
    return place, f"{account(plan)}.dkr.ecr.{plan.region}.amazonaws.com/{place}"


def _acr(plan: Plan, name: str) -> tuple[str, str]:
    return name, f"{registry_name(plan)}.azurecr.io/{name}"


def _artifact_registry(plan: Plan, name: str) -> tuple[str, str]:
    place = f"{plan.cluster}-{name}"
    return place, f"{plan.region}-docker.pkg.dev/{account(plan)}/{place}"


_PLACES: dict[str, Callable[[Plan, str], tuple[str, str]]] = {
    "aws": _ecr, "azure": _acr, "gcp": _artifact_registry
}  # fmt: skip


def account(plan: Plan) -> str:
    """Account or project whose registry has the caches: where images' addresses begin with it, it is known."""
    assert plan.where.account is not None, "checked by `check_caches`"
    return plan.where.account.id


def _row(cloud: str, host: str) -> catalog.CachedRegistry | None:
    return next((row for row in catalog.cached_registries(cloud) if row.host == host), None)


def check_caches(site: Site, trail: Trail) -> None:
    """Whether each cache can be: the cloud's own one knows the upstream, and whether it wants credentials for it."""
    registry = site.where.registry
    for index, wanted in enumerate(registry.cache if registry is not None else ()):
        path = f"{site.path}.registry.cache[{index}]"
        if wanted.at is not None:
            trail.choose(path, wanted.at, f"`at`: images of {wanted.upstream} are named after it, and nothing is made")
        elif site.where.adopt is not None:
            trail.problem(
                f"{path}.at", "none", "the registry and path of a cache that is there",
                "whose account an adopted cluster stands in, and as whom its nodes pull, is its owner's to say",
            )  # fmt: skip
        else:
            _check_made(site, wanted, path, trail)


def _check_made(site: Site, wanted: CachedRegistry, path: str, trail: Trail) -> None:
    row = _row(site.cloud, wanted.upstream)
    if row is None:
        known = listed(each.host for each in catalog.cached_registries(site.cloud))
        trail.problem(
            f"{path}.upstream", wanted.upstream, f"a registry that {site.cloud} caches: {known}",
            "copy its images instead: name a mirror as `registry.host`, and run `intertie replicate`",
        )  # fmt: skip
        return
    _check_credentials(site, wanted, row, path, trail)
    what = _OF_ACCOUNT.get(site.cloud)
    if what is not None and site.where.account is None:
        trail.problem(f"{site.path}.account", "none", f"the {what}'s `id`", "images' addresses in the cache have it")
    if site.cloud == "aws" and site.where.network.egress is Egress.NONE:
        trail.problem(
            f"{path}.upstream", f"{wanted.upstream}, and `network.egress: none`", "`registry.host` alone",
            "the first pull of an image through a cache needs a way out", "Amazon ECR user guide, VPC endpoints",
        )  # fmt: skip
    whose = f"with the token in {wanted.credentials!r}" if wanted.credentials is not None else "without credentials"
    trail.choose(
        path, wanted.upstream, f"fetched once {whose}, then from the cloud's own registry", (), row.fact.source
    )


def _check_credentials(
    site: Site, wanted: CachedRegistry, row: catalog.CachedRegistry, path: str, trail: Trail
) -> None:
    given = wanted.credentials
    if row.credentials == "required" and given is None:
        trail.problem(
            f"{path}.credentials", "none", f"a secret: {site.cloud} asks {wanted.upstream} with a token only",
            "write `credentials` and `username`", row.fact.source,
        )  # fmt: skip
    if row.credentials == "none" and given is not None:
        trail.problem(
            f"{path}.credentials", given, f"none: {site.cloud} asks {wanted.upstream} without",
            "take `credentials` and `username` out", row.fact.source,
        )  # fmt: skip


def check_secrets(plan: Plan, trail: Trail) -> None:
    """A token of an upstream has a secret of its own: it has another form than those that pods read."""
    others = {need.name for need in needs(plan)}
    registry = plan.where.registry
    for index, wanted in enumerate(registry.cache if registry is not None else ()):
        if wanted.credentials is None:
            continue
        if wanted.credentials in others:
            where = f"placements.{plan.placement}.registry.cache[{index}].credentials"
            trail.problem(where, wanted.credentials, "a secret of its own", "another thing is called so; rename one")
        others.add(wanted.credentials)
