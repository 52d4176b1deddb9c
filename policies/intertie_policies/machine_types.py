"""Where resources name machine types, and accelerators that are attached apart from them. One row adds a type."""

from collections.abc import Collection, Iterator

from intertie_policies import accessor, karpenter
from intertie_policies.accelerators import last, model_of
from intertie_policies.accessor import State, Value
from intertie_policies.conditions import reach
from intertie_policies.pools import ATTACHABLE, GKE_CLUSTER, Pool, catalogued, pools_of, uncatalogued
from intertie_policies.resources import Resource
from intertie_policies.rule import Violation, fail, unknown

_RESERVED = "specificReservation.instanceProperties"
_FUTURE = "specificSkuProperties.instanceProperties"
_OVERRIDES = "launchTemplateConfigs[*].overrides[*].instanceType"
MACHINES: dict[str, tuple[str, tuple[str, ...]]] = {
    "aws:ec2/instance:Instance": ("aws", ("instanceType",)),
    "aws:ec2/launchTemplate:LaunchTemplate": ("aws", ("instanceType",)),
    "aws:ec2/launchConfiguration:LaunchConfiguration": ("aws", ("instanceType",)),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("aws", ("instanceType",)),
    "aws:ec2/spotFleetRequest:SpotFleetRequest": ("aws", ("launchSpecifications[*].instanceType", _OVERRIDES)),
    "aws:ec2/fleet:Fleet": ("aws", (_OVERRIDES,)),
    "aws:ec2/capacityReservation:CapacityReservation": ("aws", ("instanceType",)),
    "aws:autoscaling/group:Group": ("aws", ("mixedInstancesPolicy.launchTemplate.overrides[*].instanceType",)),
    "aws:batch/computeEnvironment:ComputeEnvironment": ("aws", ("computeResources.instanceTypes[*]",)),
    "azure-native:compute:CapacityReservation": ("azure", ("sku.name",)),
    "azure-native:compute:VirtualMachine": ("azure", ("hardwareProfile.vmSize",)),
    "azure-native:compute:VirtualMachineScaleSet": ("azure", ("sku.name",)),
    "gcp:compute/instance:Instance": ("gcp", ("machineType",)),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("gcp", ("machineType",)),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("gcp", ("machineType",)),
    "gcp:compute/reservation:Reservation": ("gcp", (f"{_RESERVED}.machineType",)),
    "gcp:compute/futureReservation:FutureReservation": ("gcp", (f"{_FUTURE}.machineType",)),
}
_LIMITS = "clusterAutoscaling.resourceLimits[*].resourceType"
ATTACHED: dict[str, tuple[str, ...]] = {
    "gcp:compute/instance:Instance": ("guestAccelerators[*].type",),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("guestAccelerators[*].type",),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("guestAccelerators[*].type",),
    "gcp:compute/reservation:Reservation": (f"{_RESERVED}.guestAccelerators[*].acceleratorType",),
    "gcp:compute/futureReservation:FutureReservation": (f"{_FUTURE}.guestAccelerators[*].acceleratorType",),
    "gcp:cloudrunv2/service:Service": ("template.nodeSelector.accelerator",),
    GKE_CLUSTER: (_LIMITS,),  # node pools that the cluster makes by itself
}
REQUIREMENTS = {
    "aws:ec2/launchTemplate:LaunchTemplate": "instanceRequirements",
    "aws:autoscaling/group:Group": "mixedInstancesPolicy.launchTemplate.overrides[*].instanceRequirements",
    "aws:ec2/fleet:Fleet": "launchTemplateConfigs[*].overrides[*].instanceRequirements",
}
"""Where AWS is left to choose among machine types by their properties."""
_NO_DEVICES = ("cpu", "memory")
_DEFAULTS = {"aws": "t3.medium", "gcp": "e2-medium"}
"""What a pool's machines are where nothing says it. Sources: Amazon EKS API, CreateNodegroup; GKE API, NodeConfig."""


def machines_in(resource: Resource) -> Iterator[tuple[str, Value]]:
    """(cloud, value) of every machine type that a resource names, and of those that are a pool's default."""
    cloud, paths = MACHINES.get(resource.type, ("", ()))
    for path in paths:
        yield from ((cloud, value) for value in reach(resource.props, path) if not value.absent)
    if resource.type == karpenter.NODE_POOL:
        yield from ((karpenter.cloud_of(resource), machine) for machine in karpenter.machines(resource))
    for pool in pools_of(resource):
        yield from ((pool.cloud, machine) for machine in _of_pool(pool))


def _of_pool(pool: Pool) -> Iterator[Value]:
    """What it names, else its cloud's default; absent where its cloud chooses. Nothing where its template says it."""
    default = _DEFAULTS.get(pool.cloud)
    for machine in pool.machines:
        unsaid = machine.quietly().state is State.ABSENT
        yield machine.derived(default) if unsaid and default else machine
    if not pool.machines and not pool.by_template and pool.props["instanceTypes"].quietly().state is State.ABSENT:
        yield accessor.absent(pool.props, "instanceTypes").derived(default)


def attached_in(resource: Resource) -> Iterator[Value]:
    """The type of every accelerator that a resource attaches apart from a machine type."""
    for path in ATTACHED.get(resource.type, ()):
        yield from reach(resource.props, path)
    if resource.type == karpenter.NODE_POOL:
        yield from karpenter.models(resource)
    for pool in pools_of(resource):
        yield from (each["type"] for each in pool.attached)


def left_open(resource: Resource) -> Iterator[Value]:
    """Where the choice of a machine type is left to the cloud."""
    for value in reach(resource.props, REQUIREMENTS.get(resource.type, "")):
        if value.path and value.quietly().state is not State.ABSENT:
            yield value
    if resource.type == karpenter.NODE_POOL and karpenter.is_open(resource):
        yield resource["spec"]["template"]["spec"]["requirements"]


def unapproved_machine(
    resource: Resource, cloud: str, machine: Value, approved: Collection[str]
) -> Iterator[Violation]:
    """That the accelerators which a machine type has built in are not approved, or that nobody knows them."""
    name = last(machine.text or "")
    row = catalogued(cloud, name) if not name.startswith(ATTACHABLE) else None
    if row and row.accelerator and row.accelerator not in approved:
        yield fail(resource, f"{row.name} has {row.accelerator}; approved: {', '.join(approved)}", *machine.path)
    elif uncatalogued(cloud, name):
        told = f"nobody knows which accelerators {name} has; approved: {', '.join(approved)}"
        yield unknown(resource, machine, told)


def unapproved_device(resource: Resource, device: Value, approved: Collection[str]) -> Iterator[Violation]:
    """That an accelerator which is attached apart from the machine type is not approved."""
    name = device.text
    model = model_of(name) if name and name not in _NO_DEVICES else ""
    if model and not any(each == model or each.startswith(f"{model}-") for each in approved):  # a100: of any size
        shown = f"{name} ({model})" if name != model else model
        yield fail(resource, f"{shown} is attached; approved: {', '.join(approved)}", *device.path)
