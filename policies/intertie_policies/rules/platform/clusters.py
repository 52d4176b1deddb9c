"""Settings of clusters that their pools contradict."""

import re
from collections.abc import Iterator

from intertie_policies.owners import clusters_of
from intertie_policies.pools import AKS, EKS_CLUSTER, GKE, GKE_CLUSTER
from intertie_policies.region import region_name
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule

_KEY_PLACE = re.compile(r"/locations/([a-z0-9-]+)/|arn:aws[a-z-]*:kms:([a-z0-9-]+):")

_KEY_RING, _GOOGLE_KEY = "gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"
_KEYS = {
    GKE_CLUSTER: ("databaseEncryption", _GOOGLE_KEY),
    EKS_CLUSTER: ("encryptionConfig", "aws:kms/key:Key"),
}
"""Where clusters name the key that encrypts their secrets."""


@stack_rule(
    "cluster-ignores-inline-pools",
    "platform",
    types=(AKS,),
    description="An AKS cluster with pools of their own ignores changes of its inline ones.",
    rationale="AKS reports all pools with the cluster: its next update takes the others away, or is refused.",
    remediation="ignore_changes=['agentPoolProfiles'] on the cluster.",
    references=["AKS REST API, managed clusters", "Pulumi Azure Native provider"],
)
def cluster_ignores_inline_pools(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [(pool, clusters_of(pool, stack)) for pool in stack.of_type(AKS)]
    clusters = {one.urn: one for pool, named in pools for one in named}
    for cluster in clusters.values():
        if not cluster.ignores("agentPoolProfiles"):
            yield fail(cluster, "an update takes away the pools that stand beside it", "agentPoolProfiles")


@rule(
    "cluster-replacement-avoided",
    "platform",
    types=(GKE_CLUSTER,),
    description="A GKE cluster has no pools inside it.",
    rationale="A change of an inline pool, or of the default pool's nodes, replaces the whole cluster.",
    remediation="Make pools as resources of their own, with removeDefaultNodePool on the cluster.",
    references=["Pulumi Google Cloud provider, container.Cluster"],
)
def cluster_replacement_avoided(cluster: Resource, _context: Context) -> Iterator[Violation]:
    if cluster["nodePools"].items:
        yield fail(cluster, "a change of an inline pool replaces the cluster", "nodePools")


def _beside_pools(stack: Stack, _context: Context) -> Iterator[Violation]:
    """Clusters that keep their default pool, and have pools beside them."""
    owners = {cluster.urn: cluster for pool in stack.of_type(GKE) for cluster in clusters_of(pool, stack)}
    for cluster in owners.values():
        if _describes_nodes(cluster) and cluster["removeDefaultNodePool"].flag is not True:
            yield fail(cluster, "it describes nodes itself, and has pools of their own beside it", "nodeConfig")


@rule(
    "cluster-node-settings-ignored",
    "platform",
    types=(GKE_CLUSTER,),
    description="A GKE cluster with pools of their own, or without its default one, ignores changes of its nodeConfig.",
    rationale="GKE reports another pool's settings there: the next update replaces the cluster and all on it.",
    remediation="Leave nodeConfig out of the cluster, or give it ignore_changes=['nodeConfig'].",
    references=["Pulumi Google Cloud provider, container.Cluster, nodeConfig: not beside a NodePool"],
    whole=_beside_pools,
)
def cluster_node_settings_ignored(cluster: Resource, _context: Context) -> Iterator[Violation]:
    if _describes_nodes(cluster) and cluster["removeDefaultNodePool"].flag:
        yield fail(cluster, "it describes the nodes of a default pool that it removes", "nodeConfig")


def _describes_nodes(cluster: Resource) -> bool:
    """Whether it says what its nodes are, and updates heed it. Nodes of an Autopilot cluster are GKE's."""
    if cluster.ignores("nodeConfig") or not cluster["nodeConfig"].given:
        return False
    return not cluster["enableAutopilot"].flag


@stack_rule(
    "pool-upgrades-follow-channel",
    "platform",
    types=(GKE,),
    baseline=Level.MANDATORY,
    description="Pools of a GKE cluster in a release channel are upgraded automatically.",
    rationale="GKE refuses a pool without automatic upgrades in a cluster that is in a channel.",
    remediation="management.autoUpgrade true, or releaseChannel UNSPECIFIED on the cluster.",
    references=["GKE documentation, release channels"],
)
def pool_upgrades_follow_channel(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in stack.of_type(GKE):
        upgrade = pool["management"]["autoUpgrade"]
        if upgrade.flag is not False:
            continue
        for cluster in clusters_of(pool, stack):
            channel = cluster["releaseChannel"]["channel"].text or "REGULAR"
            if channel != "UNSPECIFIED":
                yield fail(pool, f"{cluster.name} is in the channel {channel}", *upgrade.path)


def _with_keys(stack: Stack, _context: Context) -> Iterator[Violation]:
    """Keys of the stack, whose names only apply knows."""
    for cluster in stack.of_type(*_KEYS):
        prop, kind = _KEYS[cluster.type]
        for key in cluster.uses(prop, kind):
            for ring in key.uses("keyRing", _KEY_RING) if kind == _GOOGLE_KEY else (key,):
                place, region = ring.region.text, cluster.region.text
                if place and region and place != region:
                    yield fail(cluster, f"the key {key.name} lies in {place}, the cluster in {region}", prop)


@rule(
    "key-lies-with-cluster",
    "platform",
    types=(GKE_CLUSTER, EKS_CLUSTER),
    baseline=Level.MANDATORY,
    description="The key that encrypts a cluster's secrets lies in the cluster's region.",
    rationale="A key of another region is refused when the cluster is made.",
    remediation="Use a key of the cluster's region.",
    references=[
        "GKE documentation, application-layer secrets encryption",
        "Amazon EKS user guide, envelope encryption",
    ],
    apply_time_only=["databaseEncryption.keyName", "encryptionConfig.provider.keyArn"],
    whole=_with_keys,
)
def key_lies_with_cluster(cluster: Resource, _context: Context) -> Iterator[Violation]:
    path = (
        ("databaseEncryption", "keyName") if cluster.type == GKE_CLUSTER else ("encryptionConfig", "provider", "keyArn")
    )
    key = cluster.props.at(*path)
    found = _KEY_PLACE.search(key.text or "")
    if found is None:
        return
    place, region = found.group(1) or found.group(2), cluster.region.text
    if region and region_name(place, cluster.cloud or "") != region:
        yield fail(cluster, f"the key lies in {place}, the cluster in {region}", *path)
