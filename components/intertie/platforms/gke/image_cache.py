"""Images of public registries through Artifact Registry, which keeps what it has fetched once.

Each upstream has a remote repository in the placement's region, emptied of what is old. Tokens of upstreams are never
known here: `intertie replicate` writes them, and the service agent of Artifact Registry alone reads them. Nodes may
read the project's repositories as it is (`identity.py`).
"""

from collections.abc import Mapping

import pulumi
from pulumi_gcp import artifactregistry, projects, secretmanager

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.caches import KEPT_DAYS, Credentials, ImageCache, made
from intertie.platforms.children import child
from intertie.platforms.gke.secret_store import empty_secret
from intertie.platforms.tags import tags

_PRESET = "DOCKER_HUB"
"""The one upstream that has a name of its own; others are asked by their address."""

Tokens = Mapping[str, secretmanager.Secret]


def tokens(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> Tokens:
    """Empty secrets for the upstreams' tokens, by upstream. They are there before the caches that ask for them."""
    return {
        cache.host: empty_secret(plan, options, given.secret, given.key, apis)
        for cache in made(plan)
        if (given := cache.credentials) is not None
    }


def build(
    plan: Plan, options: BuildOptions, secrets: Tokens, apis: list[pulumi.Resource]
) -> tuple[artifactregistry.Repository, ...]:
    """The caches: before the first node starts."""
    rights = _rights(plan, options, secrets, apis) if secrets else {}
    return tuple(
        _repository(plan, options, cache, secrets.get(cache.host), rights.get(cache.host, apis)) for cache in made(plan)
    )


def _rights(
    plan: Plan, options: BuildOptions, secrets: Tokens, apis: list[pulumi.Resource]
) -> dict[str, list[pulumi.Resource]]:
    """Lets Artifact Registry's own agent read each token: it exists in a project only when it is asked for."""
    name, opts = child(options, "image-cache-agent", depends_on=apis)
    project = plan.where.account.id if plan.where.account else None
    agent = projects.ServiceIdentity(name, project=project, service="artifactregistry.googleapis.com", opts=opts)
    found: dict[str, list[pulumi.Resource]] = {}
    for host, secret in secrets.items():
        cache = next(each for each in made(plan) if each.host == host)
        name, opts = child(options, f"cache-{cache.name}-token-reader")
        found[host] = [
            secretmanager.SecretIamMember(
                name,
                project=secret.project,
                secret_id=secret.secret_id,
                role="roles/secretmanager.secretAccessor",
                member=agent.member,
                opts=opts,
            )
        ]
    return found


def _repository(
    plan: Plan,
    options: BuildOptions,
    cache: ImageCache,
    token: secretmanager.Secret | None,
    after: list[pulumi.Resource],
) -> artifactregistry.Repository:
    name, opts = child(options, f"cache-{cache.name}", depends_on=after)
    old = artifactregistry.RepositoryCleanupPolicyConditionArgs(older_than=f"{KEPT_DAYS * 24 * 3600}s")
    return artifactregistry.Repository(
        name,
        project=plan.where.account.id if plan.where.account else None,
        location=plan.region,
        repository_id=cache.place,
        description=f"Images of {cache.host} for pipeline {plan.spec.name}",
        format="DOCKER",
        mode="REMOTE_REPOSITORY",
        remote_repository_config=_upstream(cache, token),
        cleanup_policies=[artifactregistry.RepositoryCleanupPolicyArgs(id="old", action="DELETE", condition=old)],
        cleanup_policy_dry_run=False,
        labels=tags(plan, "gcp"),
        opts=opts,
    )


def _upstream(
    cache: ImageCache, token: secretmanager.Secret | None
) -> artifactregistry.RepositoryRemoteRepositoryConfigArgs:
    """Credentials are not tried when the repository is made: a right of a moment ago is not yet seen everywhere."""
    preset = cache.upstream == _PRESET
    common = artifactregistry.RepositoryRemoteRepositoryConfigCommonRepositoryArgs(uri=cache.upstream)
    hub = artifactregistry.RepositoryRemoteRepositoryConfigDockerRepositoryArgs(public_repository=_PRESET)
    return artifactregistry.RepositoryRemoteRepositoryConfigArgs(
        description=cache.host,
        common_repository=None if preset else common,
        docker_repository=hub if preset else None,
        upstream_credentials=_credentials(cache.credentials, token) if cache.credentials and token else None,
        disable_upstream_validation=True if token is not None else None,
    )


def _credentials(
    given: Credentials, token: secretmanager.Secret
) -> artifactregistry.RepositoryRemoteRepositoryConfigUpstreamCredentialsArgs:
    """The newest version, so that a token can be replaced without an update."""
    pair = artifactregistry.RepositoryRemoteRepositoryConfigUpstreamCredentialsUsernamePasswordCredentialsArgs(
        username=given.username, password_secret_version=pulumi.Output.concat(token.name, "/versions/latest")
    )
    return artifactregistry.RepositoryRemoteRepositoryConfigUpstreamCredentialsArgs(username_password_credentials=pair)
