"""Who can talk to a cluster's API."""

from collections.abc import Iterator
from ipaddress import ip_network

from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule

_EVERYBODY = frozenset({"*", "internet", "any"})
_NOBODYS = {4: 8, 6: 16}
"""Bits of a prefix below which a range is no organisation's, by version of IP: the world, or a large piece of it."""


def everywhere(range_: str) -> bool:
    """Whether a range of addresses lets in everybody, however it is written. Two halves of the world are the world."""
    text = range_.strip().lower()
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return text in _EVERYBODY
    return network.prefixlen < _NOBODYS[network.version] and not (network.version == 6 and network.is_private)


@rule(
    "api-endpoint-restricted",
    "exposure",
    types=[EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER],
    baseline=Level.ADVISORY,
    production=Level.MANDATORY,
    description="The Kubernetes API is private, or open to named address ranges only.",
    rationale="An API server that answers the whole internet is one stolen token away from the whole cluster.",
    remediation=(
        "EKS: endpointPublicAccess false or publicAccessCidrs. AKS: enablePrivateCluster or authorizedIPRanges. "
        "GKE: enablePrivateEndpoint, ipEndpointsConfig.enabled false or masterAuthorizedNetworksConfig."
    ),
    references=["Amazon EKS user guide, cluster API server endpoint", "AKS documentation, authorized IP ranges",
                "GKE documentation, control plane access"],
    # the address that nodes go out from is named among the ranges, and is one that the cloud gives
    apply_time_only=["apiServerAccessProfile.authorizedIPRanges[*]"],
)  # fmt: skip
def api_endpoint_restricted(cluster: Resource, _context: Context) -> Iterator[Violation]:
    if cluster.type == EKS_CLUSTER:
        yield from _eks(cluster)
    elif cluster.type == AKS_CLUSTER:
        yield from _aks(cluster)
    else:
        yield from _gke(cluster)


def _eks(cluster: Resource) -> Iterator[Violation]:
    network = cluster["vpcConfig"]
    public = network["endpointPublicAccess"]
    if public.flag is False:
        return
    ranges = network["publicAccessCidrs"]
    if (ranges.absent or (ranges.known and not ranges.items)) and not public.unknown:
        yield fail(cluster, "the endpoint is public to 0.0.0.0/0: no publicAccessCidrs", *ranges.path)
    yield from (
        fail(cluster, f"the endpoint is public to {each}", *ranges.path) for each in filter(everywhere, ranges.texts)
    )


def _aks(cluster: Resource) -> Iterator[Violation]:
    access = cluster["apiServerAccessProfile"]
    private = access["enablePrivateCluster"]
    if private.flag or private.unknown:
        return
    ranges = access["authorizedIPRanges"]
    if ranges.absent or (ranges.known and not ranges.items):
        yield fail(cluster, "the endpoint is public to everybody: no authorizedIPRanges", *ranges.path)
    yield from (
        fail(cluster, f"the endpoint is public to {each}", *ranges.path) for each in filter(everywhere, ranges.texts)
    )


def _gke(cluster: Resource) -> Iterator[Violation]:
    by_ip = cluster["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]["enabled"]
    if by_ip.flag is False or by_ip.unknown:
        return  # only the DNS name is left, and that asks for IAM
    private = cluster["privateClusterConfig"]["enablePrivateEndpoint"]
    if private.flag or private.unknown:
        return
    networks = cluster["masterAuthorizedNetworksConfig"]
    if networks.absent:
        yield fail(cluster, "the endpoint is public to everybody: no masterAuthorizedNetworksConfig", *networks.path)
    for block in networks["cidrBlocks"].items:
        range_ = block["cidrBlock"].text
        if range_ and everywhere(range_):
            yield fail(cluster, f"the endpoint is public to {range_}", *block.path)
