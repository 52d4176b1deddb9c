"""Where a resource lies: its own property, else its provider's, else the stack's configuration.

Regions are written as the catalogue writes them: `us-east-1`, `swedencentral`, `europe-west4`. Google's multi-regions
stay as they are (`EU`, `nam4`), and so does `global`.
"""

import re

from intertie_policies import accessor
from intertie_policies.accessor import Value
from intertie_policies.resources import Resource, Stack

_AWS_ZONE = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-\d+)(?:-[a-z]+-\d+)?[a-z]$")
_GCP_ZONE = re.compile(r"^([a-z]+(?:-[a-z]+)+\d+)-[a-z]$")
_PROVIDER_KEYS = {"aws": "region", "azure": "location", "gcp": "region"}
_CONFIG_KEYS = {"aws": "aws:region", "azure": "azure-native:location", "gcp": "gcp:region"}
_OWN = {
    "aws": ("region", "availabilityZone"),
    "azure": ("location",),
    "gcp": ("location", "region", "zone"),
}
# Where a resource has no location of its own, it lies where its cluster or its resource group lies.
_CLUSTERS = ("azure-native:containerservice:ManagedCluster", "gcp:container/cluster:Cluster")
_GROUP = "azure-native:resources:ResourceGroup"
LIES_WITH = {
    "azure-native:containerservice:AgentPool": _CLUSTERS,
    "gcp:container/nodePool:NodePool": _CLUSTERS,
}


def region_of(resource: Resource) -> Value:
    """The region, absent where nothing says it, unknown where it is not known before apply."""
    cloud = resource.cloud
    if cloud not in _OWN:
        return accessor.absent(resource.props, "region")
    for key in _OWN[cloud]:
        own = resource.props[key]
        if _said(own):
            return plain(own, cloud)
    return _of_owner(resource, cloud) or _of_provider(resource, cloud)


def _said(region: Value) -> bool:
    """Whether something is said, known or not. An empty text says nothing, and the clouds' providers read it so."""
    return region.quietly().state is not accessor.State.ABSENT and region.quietly().text != ""


def plain(value: Value, cloud: str) -> Value:
    """The region that a location or zone means."""
    raw = value.quietly().text
    return value.derived(region_name(raw, cloud)) if raw else value


def region_name(text: str, cloud: str) -> str:
    """`us-east-1a` → `us-east-1`, `Sweden Central` → `swedencentral`, `europe-west4-b` → `europe-west4`."""
    if cloud == "azure":
        return text.replace(" ", "").lower()
    zone = (_AWS_ZONE if cloud == "aws" else _GCP_ZONE).match(text)
    return zone.group(1) if zone else text


def _of_owner(resource: Resource, cloud: str) -> Value | None:
    """The region of the cluster that a pool belongs to, or of the resource group, where the stack shows it."""
    kinds = LIES_WITH.get(resource.type) or ((_GROUP,) if cloud == "azure" and resource.type != _GROUP else ())
    where = resource.stack or resource.around
    if where is None or not kinds:
        return None
    owners = [each for each in where.each(resource.node.depends_on, resource.trace) if each.type in kinds]
    if not owners and resource.type in LIES_WITH and not resource.node.depends_on:
        return _of_any(resource, where, kinds)
    regions = (region_of(owner) for owner in owners if owner.type != resource.type)
    return next((region for region in regions if region.quietly().state is not accessor.State.ABSENT), None)


def _of_any(pool: Resource, where: Stack, kinds: tuple[str, ...]) -> Value | None:
    """The region that all clusters have which a pool may be of. Before it is made the engine tells no dependencies."""
    remembered = where.index.remembered
    key = (pool.cloud, kinds)
    if key not in remembered:  # a list may have thousands of pools and of clusters
        remembered[key] = _of_different_regions(pool.cloud, where, kinds)
    regions = [region_of(cluster) for cluster in where.each(remembered[key], pool.trace)]
    if len(regions) > 1:
        return accessor.undecided(pool.props, "region")
    return regions[0] if regions else None


def _of_different_regions(cloud: str | None, where: Stack, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """One cluster of a region, and one of another if there is one: their URNs."""
    found: dict[str | None, str] = {}
    for cluster in where.of_type(*kinds):
        region = region_of(cluster).quietly() if cluster.cloud == cloud else None
        if region is not None and not region.absent:
            found.setdefault(region.text, cluster.node.urn)
    return tuple(found.values())[:2]


def _of_provider(resource: Resource, cloud: str) -> Value:
    provider = resource.provider
    key = _PROVIDER_KEYS[cloud]
    if provider is not None:
        own = provider.props[key]
        if _said(own):
            return plain(own, cloud)
    elif resource.node.provider and "::default" not in resource.node.provider:
        return accessor.undecided(resource.props, "provider", key)  # an explicit provider that nobody shows us
    text = resource.stack_config.get(_CONFIG_KEYS[cloud]) or (
        resource.stack_config.get("gcp:zone") if cloud == "gcp" else None
    )
    return accessor.read(region_name(text, cloud), resource.urn, resource.trace) if text else _nowhere(resource, key)


def _nowhere(resource: Resource, key: str) -> Value:
    return accessor.absent(resource.props, key)
