"""Identities that must exist, with their rights, before what needs them."""

from collections.abc import Iterator
from itertools import pairwise

from intertie_policies.owners import clusters_of
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule
from intertie_policies.rules.capacity.agents import CHARTS

_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_ROLE = "azure-native:authorization:RoleAssignment"
_ENTRY = "aws:eks/accessEntry:AccessEntry"
_NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
_MOST_CREDENTIALS = 20


@stack_rule(
    "federated-credentials-in-turn",
    "platform",
    types=(_CREDENTIAL,),
    baseline=Level.MANDATORY,
    description="Federated credentials of one identity are made one after another, and are at most 20.",
    rationale="Azure refuses a second one that is written at the same time (409), and the twenty-first.",
    remediation="Let each depend on the one before it (`depends_on`).",
    references=["Microsoft Entra documentation, federated identity credentials, considerations and restrictions"],
)
def federated_credentials_in_turn(stack: Stack, _context: Context) -> Iterator[Violation]:
    for credentials in _by_identity(stack).values():
        if len(credentials) > _MOST_CREDENTIALS:
            yield fail(credentials[-1], f"{len(credentials)} credentials of one identity; at most {_MOST_CREDENTIALS}")
        waits = {each.urn: {before.urn for before in stack.before(each)} for each in credentials}
        own = set(waits)
        for before, after in pairwise(sorted(credentials, key=lambda each: len(waits[each.urn] & own))):
            if before.urn not in waits[after.urn]:
                yield fail(after, f"nothing keeps it from being made while {before.name} is")


def _by_identity(stack: Stack) -> dict[str, list[Resource]]:
    """Credentials by the identity that flows into them, else by its name. Nothing is asked of one that is alone."""
    found: dict[str, list[Resource]] = {}
    credentials = stack.of_type(_CREDENTIAL)
    for credential in credentials if len(credentials) > 1 else ():
        owners = credential.uses("resourceName", _IDENTITY)
        found.setdefault(owners[0].urn if owners else credential["resourceName"].text or "", []).append(credential)
    return found


@stack_rule(
    "cluster-identity-has-roles",
    "platform",
    types=(AKS_CLUSTER,),
    description="An AKS cluster in a network of its stack is made after its identity has a role there.",
    rationale="Without the role load balancers and pools fail, ten minutes after the cluster is there.",
    remediation="Assign Network Contributor to the identity, and let the cluster depend on the assignment.",
    references=["AKS documentation, bring your own network and managed identity"],
)
def cluster_identity_has_roles(stack: Stack, _context: Context) -> Iterator[Violation]:
    reserving = _reserving(stack)
    for cluster in stack.of_type(AKS_CLUSTER):
        if cluster.urn in reserving and cluster["identity"]["type"].text == "SystemAssigned":
            told = f"{reserving[cluster.urn].name} uses a reservation group, which needs a user-assigned identity"
            yield fail(cluster, told, "identity", "type")
        if cluster["identity"]["type"].text != "UserAssigned" or not cluster.uses("identity", _IDENTITY):
            continue  # an identity from elsewhere has its roles from elsewhere
        own = any(not profile["vnetSubnetID"].quietly().absent for profile in cluster["agentPoolProfiles"].items)
        if own and not cluster.dependencies(_ROLE):
            yield fail(cluster, "it depends on no role assignment of its identity", "identity")


def _reserving(stack: Stack) -> dict[str, Resource]:
    """Pools that use a reservation group, by the URN of their cluster."""
    pools = [pool for pool in stack.of_type(AKS) if not pool["capacityReservationGroupID"].quietly().absent]
    return {cluster.urn: pool for pool in pools for cluster in clusters_of(pool, stack)}


@stack_rule(
    "karpenter-nodes-may-join",
    "platform",
    types=(*CHARTS, _NODE_CLASS),
    description="Nodes that Karpenter makes may join a cluster that knows access entries only.",
    rationale="With authentication mode API they start, are paid, and never join.",
    remediation="Make an access entry of type EC2_LINUX for the role of Karpenter's nodes.",
    references=["Amazon EKS user guide, access entries", "Karpenter documentation, getting started"],
)
def karpenter_nodes_may_join(stack: Stack, _context: Context) -> Iterator[Violation]:
    clusters = stack.of_type(EKS_CLUSTER)
    if not clusters or clusters[0]["accessConfig"]["authenticationMode"].text != "API":
        return
    charts = [each for each in stack.of_type(*CHARTS) if (each["chart"].text or "").rpartition("/")[2] == "karpenter"]
    charts += stack.of_type(_NODE_CLASS)
    if charts and not any(entry["type"].text == "EC2_LINUX" for entry in stack.of_type(_ENTRY)):
        yield fail(charts[0], "no access entry of type EC2_LINUX lets its nodes join")
