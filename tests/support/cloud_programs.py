"""One small program per cloud: a network, a cluster and a pool of nodes, through the real engine."""

from collections.abc import Mapping
from typing import Any

import yaml

from intertie.lab import scenario
from intertie.lab.engine import Engine
from intertie.lab.home import Home
from intertie.lab.world import World
from support import programs

AWS = """
import pulumi, json
from pulumi_aws import ec2, eks, iam

config = pulumi.Config()
machine = config.get("machine") or "m7i.xlarge"

def role(name, service, *policies):
    trust = json.dumps({"Statement": [{"Principal": {"Service": service}}]})
    made = iam.Role(name, name=name, assume_role_policy=trust)
    for policy in policies:
        iam.RolePolicyAttachment(f"{name}-{policy}", role=made.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}")
    return made

vpc = ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnets = [
    ec2.Subnet(zone, vpc_id=vpc.id, availability_zone=zone, cidr_block=f"10.0.{n}.0/24").id
    for n, zone in enumerate(("us-east-1a", "us-east-1b"))
]
control = role("control", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
nodes = role("nodes", "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
cluster = eks.Cluster("cluster", role_arn=control.arn, vpc_config=eks.ClusterVpcConfigArgs(subnet_ids=subnets))
launch = None
if reserved := config.get("reservation"):
    target = {"capacityReservationTarget": {"capacityReservationId": reserved}}
    template = ec2.LaunchTemplate("template", capacity_reservation_specification=target)
    launch = eks.NodeGroupLaunchTemplateArgs(id=template.id, version="1")
eks.NodeGroup(
    "group", cluster_name=cluster.name, node_role_arn=nodes.arn, subnet_ids=subnets, instance_types=[machine],
    labels={"size": config.get("size") or "small"}, capacity_type=config.get("market"), launch_template=launch,
    scaling_config=eks.NodeGroupScalingConfigArgs(min_size=1, desired_size=1, max_size=3),
    opts=pulumi.ResourceOptions(depends_on=[nodes]),
)
pulumi.export("issuer", cluster.identities[0].oidcs[0].issuer)
"""

AZURE = """
import pulumi
from pulumi_azure_native import containerservice, managedidentity, network, resources

config = pulumi.Config()
group = resources.ResourceGroup("group", location="swedencentral")
net = network.VirtualNetwork("net", resource_group_name=group.name, location="swedencentral",
    address_space=network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]))
subnet = network.Subnet(
    "nodes", resource_group_name=group.name, virtual_network_name=net.name, address_prefix="10.0.0.0/20")
identity = managedidentity.UserAssignedIdentity("plane", resource_group_name=group.name, location="swedencentral")
cluster = containerservice.ManagedCluster(
    "cluster", resource_group_name=group.name, location="swedencentral", dns_prefix="prod",
    identity=containerservice.ManagedClusterIdentityArgs(type="UserAssigned", user_assigned_identities=[identity.id]),
    oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
    agent_pool_profiles=[containerservice.ManagedClusterAgentPoolProfileArgs(
        name="system", mode="System", vm_size="Standard_D4s_v5", count=2, vnet_subnet_id=subnet.id)],
)
containerservice.AgentPool(
    "pool", agent_pool_name=config.get("pool") or "gpu", resource_group_name=group.name, resource_name_=cluster.name,
    mode="User", vm_size=config.get("machine") or "Standard_D8s_v5", count=1, vnet_subnet_id=subnet.id,
    node_labels={"size": config.get("size") or "small"},
)
pulumi.export("issuer", cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else None))
"""

GCP = """
import pulumi
from pulumi_gcp import compute, container, projects

config = pulumi.Config()
apis = [
    projects.Service(name, service=f"{name}.googleapis.com", disable_on_destroy=False)
    for name in ("compute", "container")
]
net = compute.Network("net", auto_create_subnetworks=False, opts=pulumi.ResourceOptions(depends_on=apis))
subnet = compute.Subnetwork("subnet", network=net.id, ip_cidr_range="10.0.0.0/20", region="europe-west4")
cluster = container.Cluster(
    "cluster", location="europe-west4", network=net.id, subnetwork=subnet.id, remove_default_node_pool=True,
    initial_node_count=1, deletion_protection=config.get_bool("protected") or False,
)
container.NodePool(
    "pool", cluster=cluster.id, node_locations=["europe-west4-a"], initial_node_count=1,
    node_config=container.NodePoolNodeConfigArgs(
        machine_type=config.get("machine") or "e2-standard-4", spot=config.get_bool("spot") or False,
        labels={"size": config.get("size") or "small"},
    ),
)
pulumi.export("issuer", cluster.self_link)
"""

SETTINGS = {
    "aws": {"aws:region": "us-east-1"},
    "azure": {"azure-native:location": "swedencentral"},
    "gcp": {"gcp:project": "acme"},
}
PROGRAMS = {"aws": AWS, "azure": AZURE, "gcp": GCP}


def small(lab: Home, cloud: str, **config: str) -> Engine:
    """The engine on the small program of one cloud."""
    folder = programs.project(lab.folder.parent / cloud, PROGRAMS[cloud])
    engine = programs.engine(lab, folder, f"{cloud}-dev")
    return having(engine, **SETTINGS[cloud], **config)


def having(engine: Engine, key: str = "", value: str = "", **config: str) -> Engine:
    """The same with more in the stack's file: quicker than as many `pulumi config set`."""
    file = engine.project / f"Pulumi.{engine.stack}.yaml"
    data = yaml.safe_load(file.read_text())
    wanted = {**config, **({key: value} if key else {})}
    name = yaml.safe_load((engine.project / "Pulumi.yaml").read_text())["name"]
    there = data.setdefault("config", {})
    there |= {each if ":" in each else f"{name}:{each}": text for each, text in wanted.items()}
    file.write_text(yaml.safe_dump(data))
    return engine


def world(lab: Home) -> World:
    return World(lab.world)


def inject(lab: Home, *faults: Mapping[str, Any], **more: object) -> None:
    """Let faults happen, and whatever else a scenario may say."""
    scenario.apply(world(lab), scenario.parse({"faults": list(faults), **more}))
