"""Machine types with what they are combined with: image, accelerators, disk, topology."""

from collections.abc import Iterator

from intertie import catalog
from intertie.catalog import Machine
from intertie_policies.pool_rule import pool_rule
from intertie_policies.pools import POOLS, Pool, catalogued, pools_of, uncatalogued
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule, unknown


@pool_rule(
    "accelerator-approved",
    "capacity",
    description="Pools use approved accelerators only.",
    rationale="Others have no quota, no price and no images that were tested.",
    remediation="Use an approved accelerator, or have it added to `capacity.accelerators`.",
    settings=["capacity"],
)
def accelerator_approved(pool: Pool, context: Context) -> Iterator[Violation]:
    approved = context.settings.capacity.accelerators
    for machine in pool.machines if approved else ():
        name = machine.text or ""
        row = catalogued(pool.cloud, name)
        if row and row.accelerator and row.accelerator not in approved:
            found = f"{row.name} has {row.accelerator}; approved: {', '.join(approved)}"
            yield fail(pool.resource, found, *machine.path)
        elif uncatalogued(pool.cloud, name):
            found = f"nobody knows which accelerators {name} has; approved: {', '.join(approved)}"
            yield unknown(pool.resource, machine, found)


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
        if pool.cloud != "gcp":
            continue
        for row in pool.rows():
            yield from _attached(pool, row)


def _attached(pool: Pool, row: Machine) -> Iterator[Violation]:
    attached = pool.node["guestAccelerators"].items
    if row.name.startswith("n1-"):
        for one in attached:
            type_ = one["type"].text
            if type_ and type_ not in ("nvidia-tesla-t4", "nvidia-tesla-v100", "nvidia-tesla-p100", "nvidia-tesla-p4"):
                yield fail(pool.resource, f"{type_} does not attach to {row.name}", *one["type"].path)
        return
    vendor = catalog.accelerator(row.accelerator).vendor if row.accelerator else None
    for one in attached:
        if vendor == "google" or vendor is None:
            yield fail(pool.resource, f"{row.name} takes no guest accelerators", *one.path)
            continue
        type_, count = one["type"].text, one["count"].number
        if type_ and type_ != row.device_type:
            yield fail(pool.resource, f"{row.name} has {row.device_type}; found {type_}", *one["type"].path)
        if count is not None and count != row.count:
            yield fail(pool.resource, f"{row.name} has {row.count} of them; found {count:g}", *one["count"].path)


@rule(
    "boot-disk-fits",
    "capacity",
    types=POOLS,
    baseline=Level.MANDATORY,
    description="The boot disk of accelerator nodes is of a type that the machine takes, and holds the images.",
    rationale="An image of a serving runtime has 10 to 30 GB: the default disk of 20 fills up and pulls fail.",
    remediation="Ask for a larger disk of the machine's disk type, on the device that holds images.",
    references=["GKE documentation, Hyperdisk", "Bottlerocket documentation, data volume"],
    settings=["capacity"],
)
def boot_disk_fits(resource: Resource, context: Context) -> Iterator[Violation]:
    least = context.settings.capacity.min_boot_disk_gib
    for pool in pools_of(resource):
        if not pool.accelerated:
            continue
        size = pool.props["osDiskSizeGB"] if pool.cloud == "azure" else pool.node["diskSizeGb"]
        if pool.cloud == "aws":
            size = pool.props["diskSize"]
            if not pool.props["launchTemplate"].quietly().absent:
                continue  # the template sets the disk
        found = size.number
        if found is not None and 0 < found < least:
            yield fail(resource, f"{found:g} GiB; at least {least} hold the images", *size.path)
        if pool.cloud == "aws" and size.absent:
            yield fail(resource, f"20 GiB, which is the default; at least {least} hold the images", *size.path)
        if pool.cloud == "gcp":
            yield from _disk_type(pool)


def _disk_type(pool: Pool) -> Iterator[Violation]:
    for key in (("diskType",), ("bootDisk", "diskType")):
        value = pool.node.at(*key)
        found = value.text
        for row in pool.rows():
            hyper = row.disk_type.startswith("hyperdisk")
            if found and hyper and not found.startswith("hyperdisk"):
                yield fail(pool.resource, f"{row.name} takes {row.disk_type}; found {found}", *value.path)


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
