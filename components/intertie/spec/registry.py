"""Where a placement's images come from: a registry that mirrors them, and caches in front of public registries."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import KubernetesName, Spec
from intertie.spec.fields import NotAllowed, Text

RegistryPath = Annotated[
    str, Text(r"^[a-z0-9][a-z0-9.:/_-]*$", "a registry and path, such as ghcr.io/acme", 200, ("ghcr.io/acme",))
]
UpstreamHost = Annotated[
    str,
    Text(
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        "the host of a public registry, such as docker.io or ghcr.io",
        100,
        ("docker.io", "ghcr.io", "quay.io", "nvcr.io", "registry.k8s.io", "public.ecr.aws"),
    ),
]


class CachedRegistry(Spec):
    """One registry whose images are fetched once, and then come from a cache of the cloud's own."""

    upstream: UpstreamHost
    """Host that images are named after: `docker.io` for those that are named without a host."""
    credentials: KubernetesName | None = None
    """Secret with the field `token` by which the upstream lets the cache in. `intertie replicate` writes it."""
    username: (
        Annotated[str, Text(r"^[A-Za-z0-9$][A-Za-z0-9._@$+-]*$", "the name that belongs to the token", 100)] | None
    ) = None
    """Whose token it is; `$oauthtoken` on nvcr.io. A name, never a secret."""
    at: RegistryPath | None = None
    """Registry and path of a cache that is there already: references are rewritten to it, and nothing is made."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.credentials is None) != (self.username is None):
            raise NotAllowed("`credentials` and `username` together", "a registry is asked with a name and a token")
        if self.at is not None and self.credentials is not None:
            raise NotAllowed("`at` without `credentials`", "a cache that is there already has its own")
        return self


def _cached(value: Any) -> Any:
    """`quay.io` → `{upstream: quay.io}`."""
    return {"upstream": value} if isinstance(value, str) else value


Cached = Annotated[CachedRegistry, BeforeValidator(_cached, json_schema_input_type=UpstreamHost | CachedRegistry)]


class Registry(Spec):
    """Where images come from instead of their homes."""

    host: RegistryPath | None = None
    """Registry and path that mirrors the images: `intertie replicate` copies them there."""
    cache: Annotated[tuple[Cached, ...], Field(max_length=8)] = ()
    """Registries whose images come through a cache. What it covers is not looked for in `host`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.host is None and not self.cache:
            raise NotAllowed("`host`, `cache`, or both")
        hosts = [each.upstream for each in self.cache]
        if twice := sorted({host for host in hosts if hosts.count(host) > 1}):
            raise NotAllowed("every `upstream` once", f"{', '.join(twice)} has several caches")
        return self


def _registry(value: Any) -> Any:
    """`ghcr.io/acme` → `{host: ghcr.io/acme}`, once, on reading."""
    return {"host": value} if isinstance(value, str) else value


RegistryChoice = Annotated[Registry, BeforeValidator(_registry, json_schema_input_type=RegistryPath | Registry)]
"""`ghcr.io/acme`, or `{host: …, cache: [quay.io, {upstream: docker.io, credentials: docker-hub, username: acme}]}`."""
