"""What EC2 is told about a pool's machines: disk, metadata, network cards, and the reservation they come from.

A managed node group must not say disk size or key itself when it has a launch template, and a launch template for it
must not say subnets, an instance profile or, unless cards are listed, security groups.
"""

import base64

from pulumi_aws import ec2, eks, vpc

from intertie.catalog import Machine
from intertie.contract import BuildOptions
from intertie.plan import Plan, PoolPlan
from intertie.platforms.children import child
from intertie.platforms.eks.network import Network
from intertie.platforms.tags import tags

DISK_THROUGHPUT = 500  # MiB/s: an image of a model server is 10 to 30 GB, and the default of 125 makes it minutes
_ENA_ONLY_FIRST_CARD = ("p6-b300.",)  # on these, card 0 takes no EFA
_LOCAL_DISKS = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0
--//--
"""


def template(
    plan: Plan,
    options: BuildOptions,
    pool: PoolPlan,
    machine: Machine,
    *,
    cluster: eks.Cluster,
    network: Network,
    efa: bool,
) -> ec2.LaunchTemplate:
    """The pool's launch template. With `efa`, its machines get their fabric's cards and stand close together."""
    block = pool.kind == "capacity-block"
    name, opts = child(options, f"{pool.name}-template")
    return ec2.LaunchTemplate(
        name,
        region=plan.region,
        name_prefix=f"{plan.cluster}-{pool.name}-",
        update_default_version=True,
        instance_type=pool.machine if block else None,  # EKS wants it here for Capacity Blocks, else in the group
        instance_market_options=(
            ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block") if block else None
        ),
        capacity_reservation_specification=target(pool),
        block_device_mappings=[disk(pool, machine)],
        metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        network_interfaces=cards(machine, _groups(plan, options, pool, cluster, network)) if efa else None,
        placement=_placement(plan, options, pool) if efa else None,
        user_data=user_data(machine),
        tag_specifications=[
            ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=_instance_tags(plan, pool))
            for kind in ("instance", "volume", "network-interface")
        ],
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _instance_tags(plan: Plan, pool: PoolPlan) -> dict[str, str]:
    """Tags of a node group do not reach its machines: these do."""
    return {**tags(plan, "aws"), "Name": f"{plan.cluster}-{pool.name}"}


def target(pool: PoolPlan) -> ec2.LaunchTemplateCapacityReservationSpecificationArgs | None:
    """The reservation to launch into, by id, or a group of them, by ARN. With a target no preference may be stated."""
    if pool.kind not in ("odcr", "capacity-block"):
        return None
    identifier = str(getattr(pool.claim, "id", ""))
    target = ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
        capacity_reservation_id=None if identifier.startswith("arn:") else identifier,
        capacity_reservation_resource_group_arn=identifier if identifier.startswith("arn:") else None,
    )
    return ec2.LaunchTemplateCapacityReservationSpecificationArgs(capacity_reservation_target=target)


def disk(pool: PoolPlan, machine: Machine) -> ec2.LaunchTemplateBlockDeviceMappingArgs:
    """The disk with the images: the root on Amazon Linux, the second one on Bottlerocket."""
    device = "/dev/xvdb" if machine.image.startswith("BOTTLEROCKET") else "/dev/xvda"
    return ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=device,
        ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=pool.disk_gib,
            throughput=DISK_THROUGHPUT if pool.role == "accelerator" else None,
            encrypted="true",
            delete_on_termination="true",
        ),
    )


def user_data(machine: Machine) -> str | None:
    """Local disks become one for images and scratch; without this they sit unused."""
    if not machine.local_disk_gib or not machine.image.startswith("AL2023"):
        return None
    return base64.b64encode(_LOCAL_DISKS.encode()).decode()


def cards(machine: Machine, groups: list[object]) -> list[ec2.LaunchTemplateNetworkInterfaceArgs]:
    """One interface per network card. Card 0 carries the node's traffic too; the others carry the fabric alone."""
    ena_only = machine.name.startswith(_ENA_ONLY_FIRST_CARD)
    cards = machine.fabric_nics + (1 if ena_only else 0)
    first = "interface" if ena_only else "efa"
    return [
        ec2.LaunchTemplateNetworkInterfaceArgs(
            network_card_index=card,
            device_index=0 if card == 0 else 1,
            interface_type=first if card == 0 else "efa-only",
            delete_on_termination="true",
            security_groups=groups,  # pyright: ignore[reportArgumentType]  (outputs and text alike)
        )
        for card in range(cards)
    ]


def _groups(plan: Plan, options: BuildOptions, pool: PoolPlan, cluster: eks.Cluster, network: Network) -> list[object]:
    """The cluster's own group, without which nodes never join, and one that lets the fabric through in both ways."""
    name, opts = child(options, f"{pool.name}-fabric")
    group = ec2.SecurityGroup(
        name,
        region=plan.region,
        vpc_id=network.vpc.id,
        description=f"EFA between the machines of pool {pool.name}",
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-{pool.name}-fabric"},
        opts=opts,
    )
    for way, rule in (("in", vpc.SecurityGroupIngressRule), ("out", vpc.SecurityGroupEgressRule)):
        name, opts = child(options, f"{pool.name}-fabric-{way}")
        rule(
            name,
            region=plan.region,
            security_group_id=group.id,
            referenced_security_group_id=group.id,
            ip_protocol="-1",
            description="EFA",
            tags=tags(plan, "aws"),
            opts=opts,
        )
    own = cluster.vpc_config.apply(lambda config: config.cluster_security_group_id)
    return [own, group.id]


def _placement(plan: Plan, options: BuildOptions, pool: PoolPlan) -> ec2.LaunchTemplatePlacementArgs | None:
    """Machines close together. Not in a reservation: what was reserved outside the group is not launched within it."""
    if pool.kind in ("odcr", "capacity-block"):
        return None
    name, opts = child(options, f"{pool.name}-placement")
    group = ec2.PlacementGroup(
        name,
        region=plan.region,
        name=f"{plan.cluster}-{pool.name}",
        strategy="cluster",
        tags=tags(plan, "aws"),
        opts=opts,
    )
    return ec2.LaunchTemplatePlacementArgs(group_name=group.name)
