"""The plan: what one placement of a pipeline will be. Plain frozen data, no Pulumi, no cloud SDK.

The same description gives the same plan, byte for byte. Every choice is recorded with its reason
(`Choice`), so that `intertie explain` and the error messages speak from the same text.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from intertie.plan.links import Link
from intertie.plan.operations import Operations
from intertie.spec import Claim, EndpointSpec, PipelineSpec, PlacementSpec, StageSpec

LABEL = "intertie.dev"
"""Prefix of the node labels that are ours: `intertie.dev/pool`, `/stage`, `/accelerator`, `/vendor`, `/capacity`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision: where, what, why, and what was passed over with the reason for each."""

    path: str  # stages[generate].accelerator
    chosen: str
    why: str
    rejected: tuple[tuple[str, str], ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Taint:
    """A node taint in Kubernetes' own spelling. `value` is never empty: one cloud refuses that."""

    key: str
    value: str
    effect: str  # NoSchedule | NoExecute | PreferNoSchedule


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """IPv4 ranges of one placement. Ranges of different placements of a pipeline never overlap."""

    network: str  # the whole, /16 to /20
    nodes: str  # lower half of the network: one regional subnet (AKS, GKE)
    private: tuple[str, ...]  # the same half in four parts, one per zone (EKS: nodes and pods)
    public: tuple[str, ...]  # four small ranges, one per zone (load balancers, NAT)
    services: str  # cluster-internal service addresses, in no subnet
    pods: str  # pod addresses where the cloud keeps them apart (GKE secondary range, AKS overlay); EKS: `nodes`

    @property
    def blocks(self) -> tuple[str, str]:
        """Ranges that subnets are cut from: `nodes`, and the one around `public`.

        EKS refuses service addresses inside a range of the VPC, so the VPC has these two and not `network`.
        """
        public = IPv4Network(self.public[0]).supernet(prefixlen_diff=2)
        return self.nodes, str(public)


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """One node pool: one machine type, one way of obtaining it, one set of zones."""

    name: str  # legal on all clouds: ^[a-z][a-z0-9]{0,11}$, unique in the cluster
    role: str  # system | cpu | accelerator
    machine: str
    arch: str  # amd64 | arm64
    min_nodes: int  # totals over all zones
    max_nodes: int
    initial_nodes: int
    zones: tuple[str, ...]  # () = the cloud's choice
    disk_gib: int
    labels: tuple[tuple[str, str], ...]  # Intertie's own, sorted
    taints: tuple[Taint, ...]  # declared by us; what the cloud adds by itself is the platform's to tolerate
    # what follows is of accelerator pools only
    stage: str = ""
    accelerator: str = ""
    vendor: str = ""
    per_node: int = 0  # accelerators per node
    claim: Claim | None = None
    rank: int = 0  # place in the stage's ladder, 0 first
    fabric: str = "none"
    topology: str = ""  # TPU slice shape
    hosts: int = 1  # machines of one replica that must stand close together
    generation: int = 1
    retiring: bool = False  # of an earlier generation: no stage is placed on it, and it shrinks to nothing

    @property
    def surge(self) -> int:
        """Nodes that an upgrade may have beyond the pool's own: no accelerators, which no reservation has to spare."""
        return 0 if self.role == "accelerator" else 1

    @property
    def kind(self) -> str:
        """Capacity kind of the pool; `on-demand` for CPU pools."""
        return str(self.claim.kind) if self.claim else "on-demand"

    @property
    def spot(self) -> bool:
        return self.kind == "spot"


@dataclass(frozen=True, slots=True)
class Sizing:
    """Memory of one replica, in GiB, and what follows from it. `basis` says which figures were known."""

    weights_gib: float
    kv_cache_gib: float
    overhead_gib: float
    usable_gib: float  # of one accelerator, after the share that the runtime leaves free
    accelerators: int  # per replica
    tensor: int
    pipeline: int
    nodes: int  # per replica
    basis: str


@dataclass(frozen=True, slots=True)
class ThroughputPlan:
    """Output tokens per second of one replica. `per_replica` is None when no figure exists: unknown, not 0."""

    per_replica: float | None
    basis: str  # measured | published | unknown
    derate: float  # share of a published figure that is counted on
    source: str
    replicas_for_objective: int | None


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage, resolved for one placement."""

    name: str
    spec: StageSpec
    image: str
    arch: tuple[str, ...]
    min_replicas: int
    max_replicas: int
    pools: tuple[str, ...]  # names in ladder order; CPU stages: the cpu pool
    load_seconds: int  # longest time from start to ready: startup probe
    stream_seconds: int = 3600  # longest answer that is let in
    canary_of: str = ""  # the stage whose new revision this is
    weight: int = 0  # requests in a hundred that a canary gets
    # accelerator stages only
    accelerator: str = ""
    vendor: str = ""
    resource: str = ""  # nvidia.com/gpu
    per_pod: int = 0  # of `resource`, in one pod
    sizing: Sizing | None = None
    throughput: ThroughputPlan | None = None

    @property
    def on_accelerators(self) -> bool:
        return bool(self.accelerator)

    @property
    def grace_seconds(self) -> int:
        """Time that a replica gets to finish its streams when it is told to stop."""
        given = self.spec.grace
        return max(1, round(given.seconds)) if given is not None else self.stream_seconds

    @property
    def multi_node(self) -> bool:
        return self.sizing is not None and self.sizing.nodes > 1


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided for one placement."""

    spec: PipelineSpec
    placement: str
    cloud: str
    region: str
    jurisdiction: str
    role: str
    tier: str
    kubernetes: str
    cluster: str  # physical name, ≤ 40 characters, ^[a-z][a-z0-9-]*[a-z0-9]$
    namespace: str
    zones: tuple[str, ...]  # zones of the cluster's own subnets; () = unknown, the cloud's choice
    addresses: AddressPlan
    tags: tuple[tuple[str, str], ...]  # sorted; legal on every cloud
    pools: tuple[PoolPlan, ...]  # system first, then cpu, then accelerators in ladder order
    stages: tuple[StagePlan, ...]  # in an order in which every stage follows those it comes after
    renders: tuple[str, ...]  # artifacts, identity, network, cluster, pools, workload: what the tier calls for
    choices: tuple[Choice, ...]
    notes: tuple[str, ...] = field(default=())  # what the user should know, though nothing is wrong
    operations: Operations = field(default_factory=Operations)  # how the cluster is run
    links: tuple[Link, ...] = ()  # connections with other placements that are made here

    @property
    def where(self) -> PlacementSpec:
        return self.spec.placements[self.placement]

    @property
    def endpoint(self) -> EndpointSpec | None:
        return self.spec.endpoint

    @property
    def platform(self) -> str:
        """Which platform builds it: `existing` for an adopted cluster, else the cloud's own."""
        if self.where.adopt is not None:
            return "existing"
        return {"aws": "eks", "azure": "aks", "gcp": "gke"}[self.cloud]

    def pool(self, name: str) -> PoolPlan:
        return next(pool for pool in self.pools if pool.name == name)

    def stage(self, name: str) -> StagePlan:
        return next(stage for stage in self.stages if stage.name == name)

    def accelerator_pools(self) -> tuple[PoolPlan, ...]:
        return tuple(pool for pool in self.pools if pool.role == "accelerator")

    def to_json(self) -> dict[str, Any]:
        """`intertie.plan/v1`. The description itself is left out: it is the input."""
        from intertie.plan.serialize import plan_json

        return plan_json(self)
