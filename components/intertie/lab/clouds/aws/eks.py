"""EKS: a cluster is a control plane in the world; a managed node group is a pool of nodes, once its nodes can join."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from intertie.lab import capacity, machines, references, values
from intertie.lab.clouds import clusters
from intertie.lab.clouds.aws import offers, texts
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.errors import CloudError, NotHealthyError
from intertie.lab.world import Cluster, Pool, Resource, World

CLUSTER = "aws:eks/cluster:Cluster"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_SUBNET = "aws:ec2/subnet:Subnet"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
_MARKETS = {"SPOT": "spot", "CAPACITY_BLOCK": "capacity-block"}
_LEAST_ZONES = 2
_GROUP = "resources[].autoscalingGroups[].name"
_DEFAULT_DISK_GIB = 20  # EKS documentation, diskSize
_HUGEPAGES = "10256Mi"  # 5128 pages of 2 MiB where there is EFA (EKS user guide, EFA)
_JOINS = ("AmazonEKSWorkerNodePolicy",)
_PULLS = (
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPowerUser",
)


def own(world: World, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a cluster's outputs say of others: the VPC of its subnets, its authority's certificate."""
    subnet = values.one(inputs, "vpcConfig.subnetIds[]", "")
    rows = references.by_name(world, subnet, "aws:ec2/subnet:Subnet", "aws") if isinstance(subnet, str) else []
    vpc = rows[0].outputs.get("vpcId") if rows else None
    return {"cluster_vpc": vpc, "authority": clusters.authority(Cluster("", "aws", "", "", ""))}


def before_cluster(cloud: Cloud, request: Request) -> None:
    """EKS wants its control plane in two zones."""
    zones = _zones(values.at(request.inputs, "vpcConfig.subnetIds[]"), request)
    if len(zones) < _LEAST_ZONES:
        text = "InvalidParameterException|Subnets specified must be in at least two different AZs"
        raise cloud.refuse(request.kind, "create", text, request.context)


def cluster_id(resource: Resource) -> str:
    """The row of the world's clusters that belongs to an EKS cluster."""
    arn = str(resource.outputs["arn"])
    return clusters.cluster_id("aws", resource.region, str(resource.outputs["name"]), arn)


def cluster_made(request: Request, resource: Resource) -> Resource:
    """Waits for the control plane, where one is run, and hands out its address."""
    found = clusters.want(request.world, cluster_id(resource), "aws", resource.region, str(resource.outputs["name"]))
    if found.error:
        raise NotHealthyError(
            "ClusterFailed", f"waiting for EKS Cluster ({resource.outputs['name']}) create: {found.error}"
        )
    if found.state != "running":
        return resource
    data = {"data": clusters.authority(found)}
    outputs = {
        **resource.outputs,
        "endpoint": found.endpoint,
        "certificateAuthority": data,
        "certificateAuthorities": [data],
    }
    return replace(resource, outputs=outputs)


def cluster_gone(world: World, resource: Resource) -> None:
    """Its control plane is not wanted any more."""
    clusters.unwant(world, cluster_id(resource))


def before_group(cloud: Cloud, request: Request) -> None:
    """Refuses machine types that EC2 does not have, or not in this region."""
    template = _template(request)
    for name in _machines(request.inputs, template):
        if not offers.exists(name):
            raise cloud.refuse(
                request.kind,
                "create",
                f"InvalidParameterException|{texts.NO_SUCH_TYPE.format(machine=name)}",
                request.context,
            )
    zones = _zones(values.at(request.inputs, "subnetIds[]"), request)
    for name in _machines(request.inputs, template):
        if not offers.offered(request.region, name):
            text = texts.NOT_OFFERED.format(machine=name, zone=", ".join(zones))
            raise cloud.refuse(request.kind, "create", f"InvalidParameterException|{text}", request.context)
    request.zones = zones


def group_made(request: Request, resource: Resource) -> Resource:
    """The pool behind a node group. NotHealthyError when its nodes cannot be had or cannot join."""
    world = request.world
    cluster = references.by_name(world, str(resource.inputs["clusterName"]), CLUSTER, "aws")
    here = [each for each in cluster if each.region == resource.region] or cluster
    pool = _pool(request, resource, cluster_id(here[0]) if here else "")
    before = next((each for each in world.pools(pool.cluster) if each.name == pool.name), None)
    failure = _cannot_join(request, here[0] if here else None) or _cannot_be_had(world, request, pool, before)
    if failure is not None:
        world.put_pool(replace(pool, desired=before.desired if before else 0))
        resource.outputs.update(status="CREATE_FAILED" if request.old is None else "DEGRADED", __short=True)
        id_ = resource.outputs["__id"]
        text = texts.FAILED.format(verb="create" if request.old is None else "update", id=id_, reason=failure.message)
        raise NotHealthyError(failure.code, text, "INTERNAL")
    world.put_pool(pool if before is None else replace(pool, desired=_within(pool, request, before)))
    resource.outputs["status"] = "ACTIVE"
    return resource


def group_gone(world: World, resource: Resource) -> None:
    """Its nodes are not wanted any more."""
    for cluster in references.by_name(world, str(resource.inputs["clusterName"]), CLUSTER, "aws"):
        world.remove_pool(cluster_id(cluster), _pool_name(resource))


def _pool_name(resource: Resource) -> str:
    return str(resource.outputs["nodeGroupName"])


def _within(pool: Pool, request: Request, before: Pool) -> int:
    """Nodes after an update: the autoscaler's number, unless the update asks for another one."""
    asked = values.one(request.inputs, "scalingConfig.desiredSize")
    was = values.one(request.old.inputs, "scalingConfig.desiredSize") if request.old else None
    short = request.old is not None and request.old.outputs.get("__short")
    desired = before.desired if asked == was and not short else pool.desired
    return min(max(desired, pool.minimum), pool.maximum)


def _pool(request: Request, resource: Resource, cluster: str) -> Pool:
    inputs = resource.inputs
    template = _template(request)
    data = template.inputs if template else {}
    name = (_machines(inputs, template) or ["t3.medium"])[0]
    machine = machines.find("aws", name)
    scaling = inputs.get("scalingConfig", {})
    market = _MARKETS.get(str(inputs.get("capacityType")), "on-demand")
    target = "capacityReservationSpecification.capacityReservationTarget"
    reservation = values.one(data, f"{target}.capacityReservationId") or values.one(
        data, f"{target}.capacityReservationResourceGroupArn"
    )
    labels = {
        **{key: str(value) for key, value in (inputs.get("labels") or {}).items()},
        "eks.amazonaws.com/nodegroup": _pool_name(resource),
        "eks.amazonaws.com/capacityType": str(inputs.get("capacityType") or "ON_DEMAND"),
        "eks.amazonaws.com/nodegroup-image": f"ami-{values.one(resource.outputs, _GROUP, '')[-12:]}",
        "node.kubernetes.io/instance-type": name,
        "kubernetes.io/arch": machine.arch if machine else "amd64",
    }
    return Pool(
        cluster, _pool_name(resource), name, _zones(values.at(inputs, "subnetIds[]"), request),
        int(scaling.get("minSize", 0)), int(scaling.get("maxSize", 1)), int(scaling.get("desiredSize", 0)), labels,
        _taints(inputs),
        _resources(machine, inputs, data), market, str(reservation or ""), resource.ready,
        {"image": str(inputs.get("amiType") or "AL2023_x86_64_STANDARD")},
    )  # fmt: skip


def _resources(
    machine: machines.Machine | None, inputs: Mapping[str, Any], template: Mapping[str, Any]
) -> dict[str, str]:
    """Capacity of a node. A machine that no list has gets none, and so takes no pod."""
    if machine is None:
        return {"cpu": "0", "memory": "0Mi", "pods": "0"}
    cards = [each for each in values.at(template, "networkInterfaces[].interfaceType") if each in ("efa", "efa-only")]
    found = machine.resources(
        _disk(machine, inputs, template), {"vpc.amazonaws.com/efa": len(cards)} if cards else None
    )
    return {**found, "hugepages-2Mi": _HUGEPAGES} if cards else found


def _disk(machine: machines.Machine, inputs: Mapping[str, Any], template: Mapping[str, Any]) -> float:
    """GiB for images and scratch: local disks when the node is told to join them, else the volume that holds them."""
    try:
        script = base64.b64decode(str(template.get("userData") or "")).decode(errors="ignore")
    except ValueError:
        script = ""
    if "RAID0" in script and machine.local_disk_gb:
        return machine.local_disk_gib
    device = "/dev/xvdb" if str(inputs.get("amiType", "")).startswith("BOTTLEROCKET") else "/dev/xvda"
    sizes = [
        each["ebs"]["volumeSize"]
        for each in template.get("blockDeviceMappings") or ()
        if each.get("deviceName") == device and "volumeSize" in each.get("ebs", {})
    ]
    return float(sizes[0]) if sizes else float(inputs.get("diskSize") or _DEFAULT_DISK_GIB)


def _taints(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{each['key']}={each.get('value', '')}:{_EFFECTS.get(each['effect'], each['effect'])}"
        for each in inputs.get("taints") or ()
    )


def _template(request: Request) -> Resource | None:
    id_ = values.one(request.inputs, "launchTemplate.id") or values.one(request.inputs, "launchTemplate.name")
    found = references.by_name(request.world, str(id_), _TEMPLATE, "aws") if id_ else []
    return found[0] if found else None


def _machines(inputs: Mapping[str, Any], template: Resource | None) -> list[str]:
    named = inputs.get("instanceTypes") or (
        [template.inputs["instanceType"]] if template and template.inputs.get("instanceType") else []
    )
    return [str(each) for each in named]


def _zones(ids: list[str], request: Request) -> tuple[str, ...]:
    subnets = [each for id_ in ids for each in references.by_name(request.world, id_, _SUBNET, "aws")]
    return tuple(dict.fromkeys(str(each.outputs.get("availabilityZone", "")) for each in subnets))


def _cannot_join(request: Request, cluster: Resource | None) -> CloudError | None:
    """Nodes without the rights, or without the cluster's security group, start and never join."""
    world = request.world
    roles = references.by_name(world, str(request.inputs["nodeRoleArn"]), "aws:iam/role:Role", "aws")
    if roles:
        attached = {
            str(each.inputs.get("policyArn", "")).rpartition("/")[2]
            for each in world.resources(_ATTACHMENT, "aws")
            if each.inputs.get("role") == roles[0].outputs["name"]
        }
        if not attached & set(_JOINS) or not attached & set(_PULLS):
            return CloudError("NodeCreationFailure", texts.NOT_JOINED)
    template = _template(request)
    groups = {
        *values.at(template.inputs if template else {}, "networkInterfaces[].securityGroups[]"),
        *values.at(template.inputs if template else {}, "vpcSecurityGroupIds[]"),
    }
    own_group = values.one(cluster.outputs, "vpcConfig.clusterSecurityGroupId") if cluster else None
    if groups and own_group not in groups:
        return CloudError("NodeCreationFailure", texts.NOT_JOINED)
    return None


def _cannot_be_had(world: World, request: Request, pool: Pool, before: Pool | None) -> CloudError | None:
    more = pool.desired - (before.desired if before else 0)
    short = capacity.shortage(world, "aws", request.region, pool, more)
    return texts.shortage(short, pool) if short is not None else None
