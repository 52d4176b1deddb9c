"""Reads `data/*.csv` once and answers questions about the rows. No network, no cloud SDK, no pydantic."""

from intertie.catalog.types import (
    Accelerator,
    KindRule,
    Machine,
    ModelShape,
    Offering,
    Ownership,
    Region,
    RuntimeImage,
    Throughput,
    TpuTopology,
)

CLOUDS = ("aws", "azure", "gcp")
KUBERNETES = "1.35"
"""The Kubernetes minor version of all clusters, of the schema checks and of the lab (AKS: GA 2026-03, end of life 2027-03)."""


def accelerators() -> tuple[Accelerator, ...]: ...
def accelerator(name: str) -> Accelerator: ...  # KeyError if unknown
def machines(cloud: str | None = None, accelerator: str | None = None) -> tuple[Machine, ...]: ...  # by accelerators, then vCPUs
def machine(cloud: str, name: str) -> Machine: ...  # KeyError if unknown
def regions(cloud: str | None = None) -> tuple[Region, ...]: ...
def region(cloud: str, name: str) -> Region: ...  # KeyError if unknown
def offerings(cloud: str | None = None, machine: str | None = None, region: str | None = None) -> tuple[Offering, ...]: ...
def offered(cloud: str, region: str, machine: str) -> Offering | None: ...
def kind_rules() -> tuple[KindRule, ...]: ...
def kind_rule(cloud: str, kind: str) -> KindRule | None: ...  # None: the cloud has no such kind
def ownership() -> tuple[Ownership, ...]: ...
def owner(component: str, cloud: str, vendor: str = "*") -> Ownership: ...  # KeyError if the table has a gap
def runtime_image(runtime: str, vendor: str, accelerator: str) -> RuntimeImage | None: ...
def runtime_options(runtime: str) -> frozenset[str]: ...  # option names of the pinned release: {"--model", ...}
def tpu_topologies(accelerator: str) -> tuple[TpuTopology, ...]: ...  # by chips
def throughput(model: str, precision: str, accelerator: str) -> tuple[Throughput, ...]: ...
def model_shape(model: str) -> ModelShape | None: ...
