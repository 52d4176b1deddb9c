"""Placements whose images come through caches of their cloud, and what of them a graph has."""

from functools import cache
from typing import Any

from intertie.graph import Resource
from intertie.plan import Plan
from support.building import Built, build
from support.pipelines import planned

ACCOUNT = {
    "aws": "123456789012",
    "azure": "00000000-0000-0000-0000-000000000001",
    "gcp": "acme-inference",
}
HUB = {"upstream": "docker.io", "credentials": "docker-hub", "username": "acme"}
GITHUB = {"upstream": "ghcr.io", "credentials": "github", "username": "acme-bot"}
EVERY = {
    "aws": [HUB, GITHUB, "quay.io", "registry.k8s.io", "public.ecr.aws"],
    "azure": [HUB, GITHUB, "quay.io", "nvcr.io", "registry.k8s.io"],
    "gcp": [HUB, GITHUB, "quay.io", "nvcr.io", "registry.k8s.io"],
}
"""Caches of each cloud; the first two are asked with a token."""


def where(cloud: str, caches: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """What a placement says of its caches."""
    registry = {"cache": EVERY[cloud] if caches is None else caches}
    return {"account": {"id": ACCOUNT[cloud]}, "registry": registry, **more}


def with_caches(cloud: str, caches: list[Any] | None = None, **more: Any) -> Plan:
    """A plan of a small pipeline with these caches, or with all that the cloud is asked for here."""
    return planned(cloud, where=where(cloud, caches, **more))


@cache
def built(cloud: str, tier: str = "hot") -> Built:
    """The placement with every cache."""
    return build(with_caches(cloud, tier=tier))


def references(resource: Resource, path: str) -> set[str]:
    """Names of the resources that an input is made of."""
    return {urn.rpartition("::")[2] for urn in resource.property_dependencies.get(path, ())}
