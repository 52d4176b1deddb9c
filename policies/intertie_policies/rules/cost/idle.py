"""What costs although nobody uses it."""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER, pools_of
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Change, Context, Level, Violation, fail, rule, stack_rule
from intertie_policies.templates import GROUP, all_seen

_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_WORKSPACE = "azure-native:operationalinsights:Workspace"
_LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
_FOREVER = {_LOGS: (0.0,), _WORKSPACE: (-1.0,), _LOG_BUCKET: (0.0,)}
"""How each cloud writes that logs are kept for ever."""
_ENDLESS_BY_DEFAULT = (_LOGS,)


_DAYS = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
_STEPS = tuple(map(int, _DAYS.split()))
"""Days that CloudWatch takes."""


def _keep_for(resource: Resource, context: Context) -> Iterator[Change]:
    days = resource["retentionInDays"] if resource.type != _LOG_BUCKET else resource["retentionDays"]
    if _endless(resource, days):
        yield Change(days.path, _accepted(context.settings.cost.log_retention_days))


def _accepted(days: int) -> int:
    """The next number of days that is long enough: CloudWatch takes certain ones only."""
    return next((step for step in _STEPS if step >= days), _STEPS[-1])


def _endless(resource: Resource, days: Value) -> bool:
    return days.number in _FOREVER[resource.type] or (resource.type in _ENDLESS_BY_DEFAULT and days.absent)


@rule(
    "log-retention-bounded",
    "cost",
    types=_FOREVER,
    description="Logs are kept for a time that somebody chose, not for ever.",
    rationale="Logs grow with every request; kept for ever they cost more each month than the month before.",
    remediation="Set retentionInDays (AWS, Azure) or retentionDays (Google).",
    references=[
        "Amazon CloudWatch Logs, retention",
        "Azure Monitor, data retention",
        "Cloud Logging, custom retention",
    ],
    settings=["cost"],
    remedy=_keep_for,
)
def log_retention_bounded(resource: Resource, _context: Context) -> Iterator[Violation]:
    days = resource["retentionInDays"] if resource.type != _LOG_BUCKET else resource["retentionDays"]
    if _endless(resource, days):
        yield fail(resource, "logs are kept for ever", *days.path)


@stack_rule(
    "cluster-logs-not-endless",
    "cost",
    types=[EKS_CLUSTER],
    description="The log group of an EKS cluster is made by the stack, with a retention.",
    rationale="A log group that EKS makes by itself never expires, and stays after the cluster is gone.",
    remediation="Make the log group /aws/eks/<name>/cluster with retentionInDays, and let the cluster depend on it.",
    references=["Amazon EKS user guide, control plane logs"],
    apply_time_only=["name"],
)
def cluster_logs_not_endless(stack: Stack, _context: Context) -> Iterator[Violation]:
    for cluster in stack.of_type(EKS_CLUSTER):
        if not cluster["enabledClusterLogTypes"].items:
            continue
        named = cluster["name"].text
        groups = stack.of_type(_LOGS)
        if not any(_is_its_group(group, named, cluster) for group in groups):
            yield fail(cluster, "its log group is left to EKS, which keeps logs for ever", "enabledClusterLogTypes")


def _is_its_group(group: Resource, named: str | None, cluster: Resource) -> bool:
    written = group["name"].text
    if named is not None and written is not None:
        return written == f"/aws/eks/{named}/cluster"
    near = (*group.dependencies(EKS_CLUSTER), *cluster.dependencies(_LOGS))
    return any(each.urn in (group.urn, cluster.urn) for each in near)


# --------------------------------------------------------------------- disks

_LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"


@rule(
    "node-disks-not-oversized",
    "cost",
    types=[EKS, GROUP, _LAUNCH, AKS, AKS_CLUSTER, GKE, GKE_CLUSTER],
    production=Level.ADVISORY,
    description="System disks of nodes are not larger than images and caches need.",
    rationale="A disk is paid for every hour of every node, filled or not; machines with accelerators bring their own.",
    remediation="Shrink the disk and use the machine's local disks, or raise `cost.max_node_disk_gib`.",
    references=["Amazon EBS pricing", "Azure managed disks pricing", "Google Cloud disk pricing"],
    settings=["cost"],
    whole=all_seen("how large its machines' disks are"),
)
def node_disks_not_oversized(resource: Resource, context: Context) -> Iterator[Violation]:
    most = context.settings.cost.max_node_disk_gib
    for size in _disks(resource):
        gib = size.number
        if gib is not None and gib > most:
            yield fail(resource, f"a disk of {gib:,.0f} GiB on every node; allowed: {most:,} GiB", *size.path)


def _disks(resource: Resource) -> Iterator[Value]:
    if resource.type == _LAUNCH:
        yield from (each["ebs"]["volumeSize"] for each in resource["blockDeviceMappings"].items)
    elif resource.type == EKS:
        yield resource["diskSize"]
    for pool in pools_of(resource):
        if pool.cloud == "azure":
            yield pool.props["osDiskSizeGB"]
        elif pool.cloud == "gcp":
            yield pool.node["diskSizeGb"]
            yield pool.node["bootDisk"]["sizeGb"]


# --------------------------------------------------------------------- traffic

_NATS = ("aws:ec2/natGateway:NatGateway", "azure-native:network:NatGateway", "gcp:compute/routerNat:RouterNat")
_NETWORKS = ("aws:ec2/vpc:Vpc", "azure-native:network:VirtualNetwork", "gcp:compute/network:Network")


@stack_rule(
    "nat-gateways-bounded",
    "cost",
    types=_NATS,
    production=Level.ADVISORY,
    description="A network has no more NAT gateways than zones that need one.",
    rationale="Each gateway is paid by the hour, whether anything passes it or not.",
    remediation="One gateway per zone at most; one regional gateway where the cloud has it.",
    references=["Amazon VPC pricing, NAT gateways", "Azure NAT Gateway pricing", "Cloud NAT pricing"],
    settings=["cost"],
)
def nat_gateways_bounded(stack: Stack, context: Context) -> Iterator[Violation]:
    most = context.settings.cost.max_nat_gateways_per_network
    gateways, networks = stack.of_type(*_NATS), stack.of_type(*_NETWORKS)
    paid = [each for each in gateways if each["connectivityType"].text != "private"]
    if len(paid) > most * max(1, len(networks)):
        yield fail(stack, f"{len(paid)} NAT gateways in {max(1, len(networks))} networks; allowed: {most} in each")


_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_SUBNETS = "azure-native:network:Subnet"
_GOOGLE_SUBNET = "gcp:compute/subnetwork:Subnetwork"
_NO_NODES = ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "PRIVATE_SERVICE_CONNECT", "PRIVATE_NAT")


@stack_rule(
    "storage-traffic-stays-inside",
    "cost",
    types=[*_NATS, _GOOGLE_SUBNET],
    description="Weights reach nodes inside the cloud's network, not through a NAT gateway paid per gigabyte.",
    rationale="Every node that starts reads the weights: hundreds of gigabytes at the gateway's price, each time.",
    remediation=(
        "AWS: a gateway endpoint for S3. Azure: the service endpoint Microsoft.Storage or a private endpoint. "
        "Google: privateIpGoogleAccess on the subnet."
    ),
    references=["Amazon VPC user guide, gateway endpoints", "Azure virtual network service endpoints",
                "Google Cloud, Private Google Access"],
)  # fmt: skip
def storage_traffic_stays_inside(stack: Stack, _context: Context) -> Iterator[Violation]:
    if stack.of_type("aws:ec2/natGateway:NatGateway") and stack.of_type(EKS_CLUSTER):
        endpoints = stack.of_type(_ENDPOINT)
        if not any(
            (each["serviceName"].text or "").endswith(".s3") or each["serviceName"].unknown for each in endpoints
        ):
            yield fail(
                stack.of_type("aws:ec2/natGateway:NatGateway")[0], "no endpoint for S3: weights pass the gateway"
            )
    if not stack.of_type("azure-native:network:PrivateEndpoint"):
        for subnet in stack.of_type(_SUBNETS):
            if subnet["natGateway"].quietly().state is not State.ABSENT and not _reaches_storage(subnet):
                yield fail(subnet, "no service endpoint for storage: weights pass the gateway", "serviceEndpoints")
    for subnet in _nodes_in(stack):
        switch = subnet["privateIpGoogleAccess"]
        if not switch.flag and not switch.unknown:
            yield fail(subnet, "privateIpGoogleAccess is off: weights pass the gateway", *switch.path)


def _nodes_in(stack: Stack) -> Iterator[Resource]:
    """Subnets of Google with nodes of a cluster. Those of proxies and of the accelerators' fabric reach no storage."""
    told: set[str] = set()
    for cluster in stack.of_type(GKE_CLUSTER):
        for subnet in cluster.uses("subnetwork", _GOOGLE_SUBNET):
            if subnet.urn not in told and subnet["purpose"].text not in _NO_NODES:
                told.add(subnet.urn)
                yield subnet


def _reaches_storage(subnet: Resource) -> bool:
    endpoints = subnet["serviceEndpoints"]
    return endpoints.unknown or any(
        (each["service"].text or "").startswith("Microsoft.Storage") for each in endpoints.items
    )
