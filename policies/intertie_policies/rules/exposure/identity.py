"""As whom workloads act."""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.pools import AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, rule, stack_rule
from intertie_policies.templates import GROUP, all_seen
from intertie_policies.workloads import WORKLOADS, workloads_of

_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105  a type
_REGISTRY = "azure-native:containerregistry:Registry"
_MADE_KEYS = {
    "aws:iam/accessKey:AccessKey": "an access key that never expires",
    "gcp:serviceaccount/key:Key": "a key of a service account that never expires",
    "azuread:index/applicationPassword:ApplicationPassword": "a password of an application",
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword": "a password of a service principal",
}
_KEY_NAMES = frozenset(
    {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS_JSON",
        "GOOGLE_CREDENTIALS", "ARM_CLIENT_SECRET",
    }
)  # fmt: skip


@rule(
    "no-static-cloud-keys",
    "exposure",
    types=[*WORKLOADS, _SECRET, _REGISTRY, *_MADE_KEYS],
    description="Workloads hold no cloud keys that last; they get tokens for their own identity.",
    rationale="A key in a pod is copied into state, logs and backups, works from anywhere, and nobody rotates it.",
    remediation="Use EKS Pod Identity, Microsoft Entra Workload ID or Workload Identity Federation for GKE.",
    references=["Amazon EKS user guide, Pod Identity", "AKS documentation, Workload ID",
                "GKE documentation, Workload Identity Federation"],
)  # fmt: skip
def no_static_cloud_keys(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.type in _MADE_KEYS:
        yield fail(resource, _MADE_KEYS[resource.type])
    elif resource.type == _REGISTRY:
        if resource["adminUserEnabled"].flag:
            yield fail(resource, "an admin with a password that everybody shares", "adminUserEnabled")
    elif resource.type == _SECRET:
        yield from _in_secret(resource)
    for workload in workloads_of(resource):
        for container in workload.containers:
            yield from _in_environment(resource, container)


def _in_secret(secret: Resource) -> Iterator[Violation]:
    for key in ("data", "stringData"):
        if secret[key].quietly().state is State.HIDDEN:
            continue  # marked as secret as a whole; what containers take from it is seen at the containers
        for name, value in secret[key].entries.items():
            if name.upper() in _KEY_NAMES:
                yield fail(secret, f"it holds {name}", *value.path)


def _in_environment(resource: Resource, container: Value) -> Iterator[Violation]:
    for variable in container["env"].items:
        name = variable["name"]
        if (name.text or "").upper() in _KEY_NAMES:
            yield fail(resource, f"a container is given {name.text}", *variable.path)


_AGENT = "eks-pod-identity-agent"


@stack_rule(
    "workload-identity-enabled",
    "exposure",
    types=[EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER],
    description="Clusters can give each workload an identity of its own.",
    rationale="Without it every pod acts as its node, and reads what any other pod may read.",
    remediation=(
        "EKS: the add-on eks-pod-identity-agent, an OpenIdConnectProvider or Auto Mode. AKS: oidcIssuerProfile and "
        "securityProfile.workloadIdentity. GKE: workloadIdentityConfig.workloadPool."
    ),
    references=["Amazon EKS user guide, Pod Identity", "AKS documentation, Workload ID",
                "GKE documentation, Workload Identity Federation"],
    apply_time_only=["workloadIdentityConfig.workloadPool"],
)  # fmt: skip
def workload_identity_enabled(stack: Stack, _context: Context) -> Iterator[Violation]:
    for cluster in stack.of_type(EKS_CLUSTER):
        if not _eks_has_identities(cluster, stack):
            yield fail(cluster, "neither Pod Identity, nor an OIDC provider, nor Auto Mode")
    for cluster in stack.of_type(AKS_CLUSTER):
        for switch in (
            cluster["oidcIssuerProfile"]["enabled"],
            cluster["securityProfile"]["workloadIdentity"]["enabled"],
        ):
            if not switch.flag and not switch.unknown:
                yield fail(cluster, "workload identity needs this switched on", *switch.path)
    for cluster in stack.of_type(GKE_CLUSTER):
        pool = cluster["workloadIdentityConfig"]["workloadPool"]
        if pool.absent and not cluster["enableAutopilot"].flag:
            yield fail(cluster, "no workload pool: pods act as their nodes", *pool.path)


def _eks_has_identities(cluster: Resource, stack: Stack) -> bool:
    if cluster["computeConfig"]["enabled"].flag or stack.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider"):
        return True
    return any(addon["addonName"].text == _AGENT for addon in stack.of_type("aws:eks/addon:Addon"))


_LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"
_INSTANCE = "aws:ec2/instance:Instance"


@rule(
    "node-metadata-guarded",
    "exposure",
    types=[_LAUNCH, _INSTANCE, EKS, GROUP, GKE, GKE_CLUSTER],
    description="Pods cannot take the identity of their node from the metadata server.",
    rationale="A request that a web application is talked into sending reads the node's credentials.",
    remediation="EC2: metadataOptions.httpTokens required. GKE: workloadMetadataConfig.mode GKE_METADATA.",
    references=["Amazon EC2 user guide, IMDSv2", "GKE documentation, protect node metadata"],
    whole=all_seen("whether its metadata server is guarded"),
)
def node_metadata_guarded(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.type in (_LAUNCH, _INSTANCE):
        tokens = resource["metadataOptions"]["httpTokens"]
        if tokens.text != "required" and not tokens.unknown:
            yield fail(resource, f"httpTokens is {tokens.text or 'not given'}; needed: required", *tokens.path)
    for node in google_nodes(resource) if resource.type in (GKE, GKE_CLUSTER) else ():
        mode = node["workloadMetadataConfig"]["mode"]
        if mode.text != "GKE_METADATA" and not mode.unknown:
            yield fail(resource, f"the mode is {mode.text or 'not given'}; needed: GKE_METADATA", *mode.path)


def google_nodes(resource: Resource) -> Iterator[Value]:
    """Node settings of pools. Those of a cluster count when it keeps its default pool."""
    if resource.type == GKE:
        yield resource["nodeConfig"]
        return
    yield from (pool["nodeConfig"] for pool in resource["nodePools"].items)
    if resource["enableAutopilot"].quietly().flag or resource["removeDefaultNodePool"].flag:
        return
    if not resource["nodePools"].quietly().items and not resource["removeDefaultNodePool"].unknown:
        yield resource["nodeConfig"]
