"""Where each type of resource keeps its tags, and how a required key is found among them.

Keys are compared without case and separators, because each cloud has its own grammar: `cost_center` (Google),
`cost-center` (Azure) and `CostCenter` (AWS) are the same tag. Tags that the provider gives to all of its resources
count as the resource's own: `defaultTags` of AWS, `defaultLabels` of Google Cloud.
"""

import json
import re
from collections.abc import Iterator

from intertie_policies import accessor
from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource

_AWS = (
    "backup/vault:Vault", "cloudwatch/logGroup:LogGroup",
    "dynamodb/table:Table", "ebs/snapshot:Snapshot", "ebs/volume:Volume", "ec2/capacityReservation:CapacityReservation",
    "ec2/eip:Eip", "ec2/flowLog:FlowLog", "ec2/instance:Instance", "ec2/internetGateway:InternetGateway",
    "ec2/launchTemplate:LaunchTemplate", "ec2/natGateway:NatGateway", "ec2/placementGroup:PlacementGroup",
    "ec2/routeTable:RouteTable", "ec2/securityGroup:SecurityGroup", "ec2/subnet:Subnet", "ec2/vpc:Vpc",
    "ec2/customerGateway:CustomerGateway", "ec2/vpnConnection:VpnConnection", "ec2/vpnGateway:VpnGateway",
    "ec2/vpcEndpoint:VpcEndpoint", "ec2/capacityBlockReservation:CapacityBlockReservation", "ecr/repository:Repository",
    "efs/fileSystem:FileSystem", "eks/addon:Addon", "eks/cluster:Cluster", "eks/fargateProfile:FargateProfile",
    "eks/nodeGroup:NodeGroup", "elasticache/replicationGroup:ReplicationGroup", "fsx/lustreFileSystem:LustreFileSystem",
    "fsx/openZfsFileSystem:OpenZfsFileSystem", "iam/policy:Policy", "iam/role:Role", "kms/key:Key",
    "lb/loadBalancer:LoadBalancer", "lb/targetGroup:TargetGroup", "rds/cluster:Cluster", "rds/instance:Instance",
    "s3/bucket:Bucket", "s3/bucketV2:BucketV2", "secretsmanager/secret:Secret", "sns/topic:Topic", "sqs/queue:Queue",
)  # fmt: skip
_AZURE = (
    "compute:CapacityReservation", "compute:CapacityReservationGroup", "compute:Disk", "compute:DiskEncryptionSet",
    "compute:ProximityPlacementGroup", "compute:Snapshot", "compute:VirtualMachine", "compute:VirtualMachineScaleSet",
    "containerregistry:Registry", "containerservice:AgentPool", "containerservice:ManagedCluster",
    "keyvault:Vault", "managedidentity:UserAssignedIdentity", "monitor:AzureMonitorWorkspace", "network:NatGateway",
    "network:NetworkSecurityGroup", "network:PrivateEndpoint", "network:PublicIPAddress", "network:PublicIPPrefix",
    "network:RouteTable", "network:VirtualNetwork", "network:VirtualNetworkGateway", "network:LocalNetworkGateway",
    "network:VirtualNetworkGatewayConnection", "operationalinsights:Workspace", "resources:ResourceGroup",
    "storage:StorageAccount", "storagecache:AmlFilesystem",
)  # fmt: skip
_GOOGLE = {
    "container/cluster:Cluster": "resourceLabels",
    **dict.fromkeys(
        (
            "artifactregistry/repository:Repository", "bigquery/dataset:Dataset", "compute/address:Address",
            "compute/disk:Disk", "compute/externalVpnGateway:ExternalVpnGateway", "compute/haVpnGateway:HaVpnGateway",
            "compute/vPNTunnel:VPNTunnel", "compute/forwardingRule:ForwardingRule",
            "compute/globalAddress:GlobalAddress",
            "compute/globalForwardingRule:GlobalForwardingRule", "compute/image:Image", "compute/instance:Instance",
            "compute/instanceTemplate:InstanceTemplate", "compute/regionDisk:RegionDisk", "compute/snapshot:Snapshot",
            "filestore/instance:Instance", "kms/cryptoKey:CryptoKey", "lustre/instance:Instance", "pubsub/topic:Topic",
            "redis/instance:Instance", "secretmanager/secret:Secret", "storage/bucket:Bucket",
        ),
        "labels",
    ),
}  # fmt: skip
TAGGED: dict[str, str] = {
    **{f"aws:{type_}": "tags" for type_ in _AWS},
    **{f"azure-native:{type_}": "tags" for type_ in _AZURE},
    **{f"gcp:{type_}": key for type_, key in _GOOGLE.items()},
}
"""The property with the tags, by type. One row adds a type."""

_DEFAULTS = {"aws": ("defaultTags", "tags"), "gcp": ("defaultLabels",)}
_CONFIGURED = {"aws": "aws:defaultTags", "gcp": "gcp:defaultLabels"}
_SEPARATORS = re.compile(r"[^a-z0-9]")


def plain(key: str) -> str:
    """The key as all clouds' spellings share it: `Cost-Center` → `costcenter`."""
    return _SEPARATORS.sub("", key.lower())


def tags_of(resource: Resource) -> Value:
    """The tags that the resource itself carries."""
    return resource.props[TAGGED[resource.type]]


def find(tags: Value, key: str) -> Value:
    """The tag of this key in any spelling; unknown where the tags are, absent where there is none."""
    exact = tags[key]
    if exact.quietly().state is State.ABSENT:
        wanted = plain(key)
        for written, value in tags.entries.items():
            if plain(written) == wanted:
                return value
    return exact


def tag(resource: Resource, key: str) -> Value:
    """The resource's own tag of this key, else the one that its provider gives to everything."""
    own = find(tags_of(resource), key)
    if own.quietly().state is not State.ABSENT:
        return own
    for defaults in _defaults(resource, own):
        found = find(defaults, key)
        if found.quietly().state is not State.ABSENT:
            return found
    return own


def _defaults(resource: Resource, like: Value) -> Iterator[Value]:
    steps = _DEFAULTS.get(resource.package)
    if steps is None:
        return
    provider = resource.provider
    if provider is not None:
        own = provider.props[steps[0]]
        text = own.quietly().text  # the SDKs write what is nested in a provider as JSON text
        given = own.derived(_parsed(text)) if text else own
        yield given.at(*steps[1:])
    elif resource.node.provider and "::default" not in resource.node.provider:
        yield accessor.undecided(like)
    else:
        text = resource.stack_config.get(_CONFIGURED[resource.package])
        if text:
            yield accessor.read(_parsed(text), resource.urn, like.trace).at(*steps[1:])


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
