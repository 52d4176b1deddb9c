"""As whom the nodes of GKE act."""

from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import GKE, GKE_CLUSTER
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule
from intertie_policies.rules.exposure.identity import google_nodes

_DEFAULT = "-compute@developer.gserviceaccount.com"


@rule(
    "node-account-own",
    "exposure",
    types=[GKE, GKE_CLUSTER],
    description="Nodes of GKE act as a service account of their own, not as the default one of Compute Engine.",
    rationale="The default account may edit the whole project, or nothing at all: whoever takes a node over has it.",
    remediation="Make an Account with roles/container.defaultNodeServiceAccount, and name it in nodeConfig.",
    references=["GKE documentation, configure node service accounts", "CIS Google Kubernetes Engine Benchmark, 5.2.1"],
    apply_time_only=[
        "nodeConfig.serviceAccount",
        "nodePools[*].nodeConfig.serviceAccount",
        "clusterAutoscaling.autoProvisioningDefaults.serviceAccount",
    ],
)
def node_account_own(resource: Resource, _context: Context) -> Iterator[Violation]:
    for node in nodes_with_account(resource):
        account = node["serviceAccount"]
        if account.text is None and not account.absent:
            continue  # it flows in, and is looked at again at apply
        name = account.text or "default"
        if name == "default" or name.endswith(_DEFAULT):
            yield fail(resource, "its nodes act as the default account of Compute Engine", *account.path)


def nodes_with_account(resource: Resource) -> Iterator[Value]:
    """Settings of nodes that name an account: of pools, of a default pool that stays, of pools that GKE will make."""
    yield from google_nodes(resource)
    scaling = resource["clusterAutoscaling"]
    if resource.type == GKE_CLUSTER and scaling["enabled"].flag and not resource["enableAutopilot"].flag:
        yield scaling["autoProvisioningDefaults"]
