"""The shapes of the facts. Every row says where it comes from and when that was read.

What has no source is `None` or absent: *unknown*, asked from the user, never guessed.
Clouds, kinds and tiers are plain strings here (`aws`, `odcr`): the catalogue knows nothing of descriptions.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a row comes from, and the day on which its source was read or published (ISO date)."""

    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One accelerator model.

    `usable_mib` is what a program can allocate on one device, not the sticker number.
    """

    name: str  # h100
    title: str  # NVIDIA H100 80GB
    vendor: str  # nvidia | amd | neuron | google
    nominal_gb: float
    usable_mib: int
    precisions: tuple[str, ...]  # that the hardware computes in
    resource: str  # extended resource name: nvidia.com/gpu
    devices: int  # devices that the resource counts per accelerator (1, but for cores)
    link: str  # how devices of one node are joined: nvlink | pcie | xgmi | neuronlink | ici
    fact: Fact


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine type of one cloud."""

    cloud: str  # aws | azure | gcp
    name: str  # p5.48xlarge | Standard_ND96isr_H100_v5 | a3-highgpu-8g
    accelerator: str | None  # name in `accelerators`; None for CPU machines
    count: int  # accelerators per machine
    vcpus: int
    memory_gib: float
    arch: str  # amd64 | arm64
    local_disk_gib: int | None  # NVMe; None: unknown
    fabric: str  # none | efa | infiniband | tcpx | tcpxo | roce | ici
    fabric_nics: int  # network interfaces of the fabric
    image: str  # EKS ami_type | AKS os_sku | GKE image_type
    device_type: str  # GKE accelerator type string or TPU label value; else ""
    disk_type: str  # boot disk type that the machine takes: gp3 | managed | pd-balanced | hyperdisk-balanced
    kinds: tuple[str, ...]  # capacity kinds that this machine type can be had by
    fact: Fact


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of an account that machines of one family count against."""

    cloud: str  # aws | azure | gcp
    machines: str  # start of the names of the machine types, a regular expression
    market: str  # on-demand (reservations too) | spot
    code: str  # as the cloud's API names it; Google: the quota id, `;` and its further dimension
    name: str
    unit: str  # vcpu | accelerator
    fact: Fact


@dataclass(frozen=True, slots=True)
class TpuTopology:
    """One slice shape of a TPU: `chips` over `hosts` machines of one type."""

    accelerator: str  # tpu-v6e
    topology: str  # 2x4
    machine: str  # ct6e-standard-4t
    chips: int
    hosts: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Region:
    """One region of one cloud, and the law that data in it is under."""

    cloud: str
    name: str
    jurisdiction: str  # us | eu | uk | ...
    place: str  # N. Virginia, US
    zones: tuple[str, ...]  # names that the cloud uses in every account; () where unknown or account-specific
    fact: Fact


@dataclass(frozen=True, slots=True)
class Offering:
    """A machine type that a source shows in a region. `zones` is () where no source says which."""

    cloud: str
    machine: str
    region: str
    zones: tuple[str, ...]
    fact: Fact


@dataclass(frozen=True, slots=True)
class KindRule:
    """Whether and how one kind of capacity may be used on one cloud."""

    kind: str
    cloud: str
    needs_zone: bool  # the pool must lie in exactly one named zone
    needs_window: bool  # start and end must be given
    id_pattern: str  # what an identifier of it looks like; "" when it has none
    max_days: int | None  # longest life of a node
    excludes: tuple[str, ...]  # settings that cannot be combined with it
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Ownership:
    """Which party provides one component on one cloud. Exactly one does.

    component: driver | device-plugin | taint | label | autoscaler | metrics-exporter | gateway | scaler | ...
    owner: `cloud` (comes with cluster or node image), `addon` (a switch or managed add-on that the platform
    turns on), or `intertie` (installed by the workload or platform as Kubernetes objects).
    """

    component: str
    cloud: str  # aws | azure | gcp | other
    vendor: str  # nvidia | amd | neuron | google | "*"
    owner: str
    detail: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class RuntimeImage:
    """The image that serves a runtime on one vendor's accelerators, and how it is started."""

    runtime: str  # vllm | sglang | triton
    vendor: str
    image: str
    version: str  # release whose options are checked
    entrypoint: tuple[str, ...]  # command before the options
    accelerators: tuple[str, ...]  # () = all of the vendor
    precisions: tuple[str, ...]  # that the runtime serves on them
    fact: Fact


@dataclass(frozen=True, slots=True)
class ImageDigest:
    """The bytes that a published tag stood for: what the registry answers for the tag, an index where it has one."""

    image: str
    digest: str  # sha256:…
    fact: Fact


@dataclass(frozen=True, slots=True)
class CachedRegistry:
    """A public registry that a cloud's own registry fetches from, once for each image, when nodes ask for it."""

    cloud: str
    host: str  # as images are named: docker.io
    name: str  # short, for names of resources
    address: str  # as the cloud writes the upstream
    credentials: str  # required | optional | none
    fact: Fact


@dataclass(frozen=True, slots=True)
class Throughput:
    """A published figure: output tokens per second of one accelerator."""

    model: str
    precision: str
    accelerator: str
    per_instance: int | None
    input_tokens: int | None
    output_tokens: int | None
    tokens_per_second: float
    kind: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What `config.json` of a published model says of its shape."""

    id: str
    layers: int
    kv_heads: int
    head_dim: int
    fact: Fact


def row_json(row: Any) -> dict[str, Any]:
    """A row as plain data, with its `source` and `as_of` beside the other fields."""
    data = asdict(row)
    fact = data.pop("fact")
    return {**data, **fact}
