"""Machine types with what they are combined with: image, accelerators, topology."""

from collections.abc import Iterator

from intertie import catalog
from intertie.catalog import Machine
from intertie_policies.accelerators import ON_N1
from intertie_policies.accessor import Value
from intertie_policies.machine_types import unapproved_device, unapproved_machine
from intertie_policies.pool_rule import pool_rule
from intertie_policies.pools import ATTACHABLE, POOLS, Pool, catalogued, pools_of, uncatalogued
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule


@pool_rule(
    "accelerator-approved",
    "capacity",
    description="Pools use approved accelerators only, built in or attached.",
    rationale="Others have no quota, no price and no images that were tested.",
    remediation="Use an approved accelerator, or have it added to `capacity.accelerators`.",
    settings=["capacity"],
)
def accelerator_approved(pool: Pool, context: Context) -> Iterator[Violation]:
    approved = context.settings.capacity.accelerators
    if not approved:
        return
    for machine in pool.machines:
        yield from unapproved_machine(pool.resource, pool.cloud, machine, approved)
    for each in pool.attached:
        yield from unapproved_device(pool.resource, each["type"], approved)


@pool_rule(
    "image-fits-machine",
    "capacity",
    baseline=Level.MANDATORY,
    description="The node image is made for the machine's architecture and accelerators.",
    rationale="A node with the wrong image never joins, or joins without a driver and offers no accelerator.",
    remediation="Use the image of the machine's architecture and vendor, or leave it to the platform.",
    references=["Amazon EKS user guide, EKS-optimized accelerated AMIs", "GKE documentation, node images"],
    apply_time_only=["instanceTypes[*]"],
)
def image_fits_machine(pool: Pool, _context: Context) -> Iterator[Violation]:
    if pool.cloud == "aws":
        yield from _eks_image(pool)
    elif pool.cloud == "gcp":
        yield from _gke_image(pool)


def _eks_image(pool: Pool) -> Iterator[Violation]:
    image = pool.props["amiType"].text
    if image is None or image == "CUSTOM":
        return
    for row in pool.rows():
        vendor = catalog.accelerator(row.accelerator).vendor if row.accelerator else None
        arm = "ARM_64" in image
        if arm != (row.arch == "arm64"):
            yield fail(pool.resource, f"{image} is not for {row.name}, which is {row.arch}", "amiType")
        elif vendor == "nvidia" and "NVIDIA" not in image and "GPU" not in image:
            yield fail(pool.resource, f"{image} has no NVIDIA driver for {row.name}; use {row.image}", "amiType")
        elif vendor == "neuron" and "NEURON" not in image:
            yield fail(pool.resource, f"{image} has no Neuron driver for {row.name}; use {row.image}", "amiType")
        elif vendor is None and ("NVIDIA" in image or "NEURON" in image):
            yield fail(pool.resource, f"{image} is for accelerators; {row.name} has none", "amiType")


def _gke_image(pool: Pool) -> Iterator[Violation]:
    image = pool.node["imageType"].text
    tpu = any(row.accelerator and catalog.accelerator(row.accelerator).vendor == "google" for row in pool.rows())
    if image and tpu and not image.upper().startswith("COS"):
        yield fail(pool.resource, f"TPU nodes run COS_CONTAINERD; found {image}", *pool.node["imageType"].path)


@rule(
    "accelerators-attached",
    "capacity",
    types=POOLS,
    baseline=Level.MANDATORY,
    description="The accelerators that a GKE pool attaches are those of its machine type, in their number.",
    rationale="A-series and G2 machines have their accelerators built in: any other type or count is refused.",
    remediation="Set guestAccelerators to the machine's own type and count.",
    references=["Compute Engine documentation, GPU machine types"],
)
def accelerators_attached(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        name = pool.machines[0].text if pool.attached else None
        if name is None and pool.attached and pool.machines[0].absent:
            yield fail(pool.resource, "e2-medium, which is the default, takes no guest accelerators", "machineType")
        elif name is not None:
            yield from _attached(pool, name)


def _attached(pool: Pool, name: str) -> Iterator[Violation]:
    row = catalogued("gcp", name)
    vendor = catalog.accelerator(row.accelerator).vendor if row and row.accelerator else None
    for one in pool.attached:
        if name.startswith(ATTACHABLE):
            yield from _on_n1(pool, name, one)
        elif vendor == "google" or (vendor is None and not uncatalogued("gcp", name)):
            yield fail(pool.resource, f"{name} takes no guest accelerators", *one.path)
        elif row is not None:
            yield from _built_in(pool, row, one)


def _on_n1(pool: Pool, name: str, one: Value) -> Iterator[Violation]:
    type_, count = one["type"].text, one["count"].number
    if type_ is None:
        return
    if type_ not in ON_N1:
        yield fail(pool.resource, f"{type_} does not attach to {name}", *one["type"].path)
    elif count is not None and count not in ON_N1[type_]:
        allowed = ", ".join(map(str, ON_N1[type_]))
        yield fail(pool.resource, f"{count:g} of {type_}; allowed: {allowed}", *one["count"].path)


def _built_in(pool: Pool, row: Machine, one: Value) -> Iterator[Violation]:
    type_, count = one["type"].text, one["count"].number
    if type_ and type_ != row.device_type:
        yield fail(pool.resource, f"{row.name} has {row.device_type}; found {type_}", *one["type"].path)
    if count is not None and count != row.count:
        yield fail(pool.resource, f"{row.name} has {row.count} of them; found {count:g}", *one["count"].path)


@rule(
    "tpu-topology-exists",
    "capacity",
    types=POOLS,
    baseline=Level.MANDATORY,
    description="A TPU pool has a topology that exists, and as many nodes as the slice has hosts.",
    rationale="A slice is made whole or not at all: with another number of nodes no pod ever starts.",
    remediation="Use a topology and node count of the TPU documentation.",
    references=["GKE documentation, plan TPUs"],
)
def tpu_topology_exists(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        rows = [row for row in pool.rows() if row.accelerator and row.accelerator.startswith("tpu")]
        for row in rows:
            yield from _topology(pool, row)


def _topology(pool: Pool, row: Machine) -> Iterator[Violation]:
    value = pool.props["placementPolicy"]["tpuTopology"]
    topology = value.text
    if topology is None:
        return
    shapes = [each for each in catalog.tpu_topologies(row.accelerator or "") if each.machine == row.name]
    match = next((each for each in shapes if each.topology == topology), None)
    if match is None:
        known = ", ".join(each.topology for each in shapes) or "none"
        yield fail(pool.resource, f"{row.name} makes no slice of {topology}; it makes {known}", *value.path)
        return
    most = pool.ceiling
    nodes = most.number
    if match.hosts > 1 and nodes is not None and nodes % match.hosts:
        message = f"a slice of {topology} has {match.hosts} nodes; up to {nodes:g} are asked for"
        yield fail(pool.resource, message, *most.path)
