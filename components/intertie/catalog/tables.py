"""Reads `data/*.csv` once and answers questions about the rows. No network, no cloud SDK, no pydantic."""

from dataclasses import dataclass
from functools import cache

from intertie.catalog.reading import load
from intertie.catalog.types import (
    Accelerator,
    CachedRegistry,
    Fact,
    ImageDigest,
    KindRule,
    Machine,
    ModelShape,
    Offering,
    Ownership,
    Quota,
    Region,
    RuntimeImage,
    Throughput,
    TpuTopology,
)

CLOUDS = ("aws", "azure", "gcp")
KUBERNETES = "1.35"
"""The Kubernetes minor version of all clusters, of the schema checks and of the lab.

AKS calendar: generally available 2026-03, end of life 2027-03.
"""

ANY_VENDOR = "*"


@dataclass(frozen=True, slots=True)
class RuntimeOption:
    """One command-line option that a runtime's pinned release accepts."""

    runtime: str
    version: str
    option: str
    fact: Fact


@cache
def accelerators() -> tuple[Accelerator, ...]:
    """All accelerators, in the order of the file: by vendor, then by age."""
    return load("accelerators", Accelerator)


def accelerator(name: str) -> Accelerator:
    """The accelerator of this name. Raises KeyError if unknown."""
    return _accelerators_by_name()[name]


@cache
def machines(cloud: str | None = None, accelerator: str | None = None) -> tuple[Machine, ...]:
    """Machine types, smallest first: by accelerators, vCPUs, memory, then in the order of the file.

    Without `accelerator`, CPU machines (`accelerator is None`) are among them, and come first.
    """
    rows = (
        row
        for row in load_machines()
        if cloud in (None, row.cloud) and (accelerator is None or row.accelerator == accelerator)
    )
    return tuple(sorted(rows, key=lambda row: (row.count, row.vcpus, row.memory_gib)))


def machine(cloud: str, name: str) -> Machine:
    """The machine type of this cloud and name. Raises KeyError if unknown."""
    return _machines_by_name()[cloud, name]


@cache
def quotas(cloud: str | None = None) -> tuple[Quota, ...]:
    """Limits of accounts, in the order of the file: those of machine families before those of a whole region."""
    return tuple(row for row in load("quotas", Quota) if cloud in (None, row.cloud))


@cache
def regions(cloud: str | None = None) -> tuple[Region, ...]:
    """Regions by cloud and name."""
    return tuple(row for row in load("regions", Region) if cloud in (None, row.cloud))


def region(cloud: str, name: str) -> Region:
    """The region of this cloud and name. Raises KeyError if unknown."""
    return _regions_by_name()[cloud, name]


@cache
def offerings(cloud: str | None = None, machine: str | None = None, region: str | None = None) -> tuple[Offering, ...]:
    """Which machine types a source shows in which regions. What is not listed is unknown, not absent."""
    return tuple(
        row
        for row in load_offerings()
        if cloud in (None, row.cloud) and machine in (None, row.machine) and region in (None, row.region)
    )


def offered(cloud: str, region: str, machine: str) -> Offering | None:
    """The offering, or None: no source shows this machine type in this region. That is unknown, not "no"."""
    return _offerings_by_place().get((cloud, region, machine))


@cache
def kind_rules() -> tuple[KindRule, ...]:
    """Which kinds of capacity exist on which clouds, and what each asks for."""
    return load("kind_rules", KindRule)


def kind_rule(cloud: str, kind: str) -> KindRule | None:
    """The rule for a kind of capacity on a cloud. None: the cloud has no such kind."""
    return _kind_rules_by_cloud().get((cloud, kind))


@cache
def ownership() -> tuple[Ownership, ...]:
    """Which party provides which component on which cloud."""
    return load("ownership", Ownership)


def owner(component: str, cloud: str, vendor: str = ANY_VENDOR) -> Ownership:
    """Who provides `component` there, for accelerators of `vendor`.

    A component is either split by vendor or the same for all: in the second case any `vendor` finds the row.
    Raises KeyError if the table has a gap.
    """
    rows = _ownership_by_place()
    exact = rows.get((component, cloud, vendor))
    return exact if exact is not None else rows[component, cloud, ANY_VENDOR]


@cache
def runtime_images() -> tuple[RuntimeImage, ...]:
    """The images that serve the runtimes."""
    return load("runtime_images", RuntimeImage)


def runtime_image(runtime: str, vendor: str, accelerator: str) -> RuntimeImage | None:
    """The image that serves `runtime` on this accelerator: one made for it before one for all of the vendor's."""
    rows = [row for row in runtime_images() if (row.runtime, row.vendor) == (runtime, vendor)]
    named = next((row for row in rows if accelerator in row.accelerators), None)
    return named or next((row for row in rows if not row.accelerators), None)


@cache
def image_digests() -> tuple[ImageDigest, ...]:
    """Digests of images that are pinned here, as public sources give them for exactly these tags."""
    return load("image_digests", ImageDigest)


def image_digest(image: str) -> str | None:
    """`sha256:…` of a pinned image, or None: no public source gives it."""
    return next((row.digest for row in image_digests() if row.image == image), None)


@cache
def cached_registries(cloud: str) -> tuple[CachedRegistry, ...]:
    """Registries that images can come from through a cache of this cloud, in the order of the file."""
    return tuple(row for row in load("cached_registries", CachedRegistry) if row.cloud == cloud)


@cache
def runtime_options(runtime: str, version: str | None = None) -> frozenset[str]:
    """Option names that a release of a runtime accepts: {"--model", ...}. Empty: not known.

    Without `version`, those of all releases that images are pinned to.
    """
    rows = (row for row in load("runtime_options", RuntimeOption) if row.runtime == runtime)
    return frozenset(row.option for row in rows if version in (None, row.version))


@cache
def tpu_topologies(accelerator: str) -> tuple[TpuTopology, ...]:
    """Slice shapes of a TPU, fewest chips first, and of one shape the one with fewest machines first."""
    rows = (row for row in load("tpu_topologies", TpuTopology) if row.accelerator == accelerator)
    return tuple(sorted(rows, key=lambda row: (row.chips, row.hosts)))


@cache
def throughputs() -> tuple[Throughput, ...]:
    """All published figures, in the order of the file."""
    return load("throughput", Throughput)


@cache
def throughput(model: str, precision: str, accelerator: str) -> tuple[Throughput, ...]:
    """Published figures for exactly this model, precision and accelerator. Empty: unknown, not zero."""
    return tuple(
        row for row in throughputs() if (row.model, row.precision, row.accelerator) == (model, precision, accelerator)
    )


@cache
def model_shapes() -> tuple[ModelShape, ...]:
    """The shapes of published models, in the order of the file."""
    return load("model_shapes", ModelShape)


def model_shape(model: str) -> ModelShape | None:
    """The shape of a published model, or None: unknown."""
    return _model_shapes_by_id().get(model)


@cache
def load_machines() -> tuple[Machine, ...]:
    """Machine types in the order of the file."""
    return load("machines", Machine)


@cache
def load_offerings() -> tuple[Offering, ...]:
    """Offerings in the order of the file."""
    return load("offerings", Offering)


@cache
def _accelerators_by_name() -> dict[str, Accelerator]:
    return {row.name: row for row in accelerators()}


@cache
def _machines_by_name() -> dict[tuple[str, str], Machine]:
    return {(row.cloud, row.name): row for row in load_machines()}


@cache
def _regions_by_name() -> dict[tuple[str, str], Region]:
    return {(row.cloud, row.name): row for row in regions()}


@cache
def _offerings_by_place() -> dict[tuple[str, str, str], Offering]:
    return {(row.cloud, row.region, row.machine): row for row in load_offerings()}


@cache
def _kind_rules_by_cloud() -> dict[tuple[str, str], KindRule]:
    return {(row.cloud, row.kind): row for row in kind_rules()}


@cache
def _ownership_by_place() -> dict[tuple[str, str, str], Ownership]:
    return {(row.component, row.cloud, row.vendor): row for row in ownership()}


@cache
def _model_shapes_by_id() -> dict[str, ModelShape]:
    return {row.id: row for row in model_shapes()}
