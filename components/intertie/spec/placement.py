"""Where a pipeline runs: cloud, region, role, standby tier, and what is there already."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import Cidr, Cloud, Slug, Spec, TagKey, TagValue
from intertie.spec.capacity import Ladder, MachineName, ZoneName
from intertie.spec.stage import AcceleratorName


class Role(StrEnum):
    """What a placement is for."""

    PRIMARY = "primary"
    FAILOVER = "failover"
    ACTIVE = "active"


class Tier(StrEnum):
    """How ready a placement stands: what is rendered, and what it costs while it waits."""

    HOT = "hot"
    WARM = "warm"
    PILOT = "pilot"
    COLD = "cold"


def _ladder(value: Any) -> Any:
    """One claim stands for a ladder of one."""
    return [value] if isinstance(value, str | dict) else value


class Network(Spec):
    """The placement's place in the address plan."""

    cidr: Cidr | None = None
    """Address range of the network, /16 to /20. Default: a free /16 of 10.64.0.0/10, fixed by the placement's name."""
    interconnects: tuple[Slug, ...] = ()
    """Placements whose networks are connected to this one. A private endpoint over several clouds needs it."""


class State(Spec):
    """Where the stack's state and secrets key live. They should not fail together with the placement."""

    backend: Annotated[str, Field(pattern=r"^(s3|azblob|gs|file|https)://[A-Za-z0-9._~/?=&%-]+$", max_length=300)]
    """Backend URL for `pulumi login`."""
    secrets_provider: Annotated[str, Field(pattern=r"^[a-z]+(://[A-Za-z0-9._~/?=&%:@-]+)?$", max_length=300)] | None = None
    """Secrets provider for `pulumi stack init`."""


class Account(Spec):
    """The account that the placement belongs to. Identifiers only, never credentials."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{3,62}$")]
    """AWS account id, Azure subscription id, or Google project id."""


class ExistingPool(Spec):
    """A node pool of a cluster that is adopted: what cannot be asked without the cluster's credentials."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    """Name of the pool."""
    accelerator: AcceleratorName | None = None
    """Accelerator of its nodes. Without: a CPU pool."""
    per_node: Annotated[int, Field(ge=1, le=64)] | None = None
    """Accelerators of one node."""
    machine: MachineName | None = None
    """Machine type, if the catalogue knows it."""
    nodes: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Most nodes that the pool may have."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Node labels that select the pool."""
    taints: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9./_-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$")], ...] = ()
    """Taints of the nodes, as kubectl writes them: `key=value:NoSchedule`."""


class Adopt(Spec):
    """An existing cluster. Its kubeconfig is a secret of the stack (`inference:kubeconfig`), never of the description."""

    pools: Annotated[tuple[ExistingPool, ...], Field(min_length=1)]
    """Pools that stages may use."""
    provides: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)], ...] = ()
    """Components that the cluster has already, so that they are not installed twice: `nvidia-device-plugin`, `keda`, ..."""
    weights: Annotated[str, Field(pattern=r"^(s3|gs|azblob|https)://[A-Za-z0-9._~/-]+$", max_length=300)] | None = None
    """Bucket with the weights, readable from the cluster's pods."""


class PlacementSpec(Spec):
    """One place where the pipeline runs or can be made to run."""

    cloud: Cloud
    """`aws`, `azure`, `gcp`; `other` for a cluster that is adopted and that none of them runs."""
    region: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*[a-z0-9]$", max_length=40)]
    """Region, as the cloud writes it."""
    zones: tuple[ZoneName, ...] = ()
    """Zones for accelerator pools. Which zones offer a machine type differs by account: the cloud's console tells."""
    jurisdiction: Annotated[str, Field(pattern=r"^[a-z]{2,10}$")] | None = None
    """Jurisdiction, where the catalogue does not know the region (`cloud: other`)."""
    role: Role = Role.PRIMARY
    """`primary`, `failover`, or `active` (serves its share beside others)."""
    tier: Tier | None = None
    """`hot`, `warm`, `pilot` or `cold`. Default: hot for primary and active, warm for failover."""
    capacity: dict[Slug, Annotated[Ladder, BeforeValidator(_ladder)]] = Field(default_factory=dict)
    """Ladder per stage. Default: on-demand, then spot."""
    adopt: Adopt | None = None
    """Use this existing cluster instead of making one."""
    network: Network = Network()
    """Address range and interconnects."""
    account: Account | None = None
    """Account, subscription or project."""
    registry: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:/_-]*$", max_length=200)] | None = None
    """Registry that mirrors the images for this placement. Default: images come from where they are."""
    weights: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    """Name of an existing bucket with the weights. Default: one is made."""
    state: State | None = None
    """State backend and secrets provider."""
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    """Further tags of this placement."""

    @property
    def standby(self) -> Tier:
        """The tier that holds, given or default."""
        return self.tier or (Tier.WARM if self.role is Role.FAILOVER else Tier.HOT)

    @model_validator(mode="after")
    def _other_is_adopted(self) -> Self:
        if self.cloud is Cloud.OTHER and (self.adopt is None or self.jurisdiction is None):
            raise ValueError("cloud 'other' needs `adopt` (the cluster's pools) and `jurisdiction`")
        return self
