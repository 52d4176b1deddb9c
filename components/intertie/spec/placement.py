"""Where a pipeline runs: cloud, region, role, standby tier, and what is there already."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import Cidr, Cloud, Jurisdiction, LabelKey, LabelValue, Slug, Spec, TagKey, TagValue
from intertie.spec.capacity import CapacityClaim, Ladder, MachineName, ZoneName
from intertie.spec.cluster import ClusterSpec
from intertie.spec.collector import CollectorChoice
from intertie.spec.fields import NotAllowed, Number, Switch, Text, Whole
from intertie.spec.interconnect import InterconnectChoice
from intertie.spec.registry import RegistryChoice
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


class Egress(StrEnum):
    """How nodes and pods reach what is outside their network."""

    NAT = "nat"
    NONE = "none"


class Network(Spec):
    """The placement's place in the address plan, and the ways in and out."""

    cidr: Cidr | None = None
    """Address range of the network, /16 to /20. Default: a /18 of 10.64.0.0/10 or 10.128.0.0/9, fixed by the names."""
    pods: Cidr | None = None
    """Address range of the pods, where the cloud keeps it apart (AKS, GKE). Default: a /18 of 100.64.0.0/10."""
    interconnects: tuple[InterconnectChoice, ...] = ()
    """Placements whose networks are connected with this one: a name where somebody else connects them, or
    `{to: …, kind: peering | vpn}` where Intertie does. A private endpoint over several clouds needs it."""
    asn: Annotated[int, Whole(64512, 65514)] | None = None
    """Number by which routers of other networks know this one's. Default: fixed by the names."""
    egress: Egress = Egress.NAT
    """`nat`, or `none`: images come from `registry`, weights from the bucket, and nothing reaches the internet."""
    endpoints: Annotated[bool, Switch()] = True
    """Private endpoints for registry, storage, keys, secrets, logs and identity, instead of the way out."""
    flow_logs: Annotated[bool, Switch()] = True
    """Records of who talked to whom, kept as long as the cluster's logs."""


class State(Spec):
    """Where the stack's state and secrets key live. They should not fail together with the placement."""

    backend: Annotated[
        str,
        Text(
            r"^(s3|azblob|gs|file|https)://[A-Za-z0-9._~/?=&%:-]+$",
            "an address that starts with s3://, azblob://, gs://, file:// or https://",
            300,
        ),
    ]
    """Backend URL for `pulumi login`."""
    secrets_provider: (
        Annotated[
            str,
            Text(r"^[a-z]+(://[A-Za-z0-9._~/?=&%:@-]+)?$", "passphrase, or an address such as awskms://alias/…", 300),
        ]
        | None
    ) = None
    """Secrets provider for `pulumi stack init`."""


class Account(Spec):
    """The account that the placement belongs to. Identifiers only, never credentials."""

    id: Annotated[
        str,
        Text(
            r"^[A-Za-z0-9][A-Za-z0-9-]{3,62}$", "an account, subscription or project, as text: quote one of digits", 63
        ),
    ]
    """AWS account id, Azure subscription id, or Google project id."""
    deployer: (
        Annotated[
            str,
            Text(
                r"^(arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+"
                r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[a-z0-9-]+@[a-z0-9.-]+)$",
                "the ARN of a role, the object id of an Entra principal, or the email of a service account",
                300,
            ),
        ]
        | None
    ) = None
    """Who runs Pulumi, as `intertie bootstrap` makes it. Without: whoever creates a cluster administers it."""


TaintText = Annotated[
    str,
    Text(
        r"^[A-Za-z0-9./_-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$",
        "a taint such as nvidia.com/gpu=present:NoSchedule",
        400,
    ),
]


class ExistingPool(Spec):
    """A node pool of a cluster that is adopted: what cannot be asked without the cluster's credentials."""

    name: Annotated[
        str, Text(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "up to 63 lower case letters, digits, hyphens", 63)
    ]
    """Name of the pool."""
    accelerator: AcceleratorName | None = None
    """Accelerator of its nodes. Without: a CPU pool."""
    per_node: Annotated[int, Whole(1, 64)] | None = None
    """Accelerators of one node."""
    machine: MachineName | None = None
    """Machine type, if the catalogue knows it."""
    nodes: Annotated[int, Whole(1, 10_000)] = 1
    """Most nodes that the pool may have."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Node labels that select the pool."""
    taints: tuple[TaintText, ...] = ()
    """Taints of the nodes, as kubectl writes them: `key=value:NoSchedule`."""


ComponentName = Annotated[
    str, Text(r"^[a-z][a-z0-9-]*$", "a component such as nvidia-device-plugin or keda, in lower case", 40)
]


class Adopt(Spec):
    """An existing cluster. Its kubeconfig is a secret of the stack (`inference:kubeconfig`), never written here."""

    pools: Annotated[tuple[ExistingPool, ...], Field(min_length=1)]
    """Pools that stages may use."""
    provides: tuple[ComponentName, ...] = ()
    """Components that the cluster has already and that are not installed again: `nvidia-device-plugin`,
    `nvidia-metrics-exporter`, `keda`, ... `metrics-server` is never installed: stages scaled on CPU need it."""
    weights: (
        Annotated[
            str,
            Text(
                r"^(s3|gs|azblob|https)://[A-Za-z0-9._~/-]+$",
                "an address that starts with s3://, gs://, azblob:// or https://",
                300,
            ),
        ]
        | None
    ) = None
    """Bucket with the weights, readable from the cluster's pods."""
    collector: CollectorChoice | None = None
    """Who collects metrics there: `google-managed`, `azure-managed`, or the long form for `prometheus-operator` and
    `annotations`. Default: pods carry annotations, and answer nobody outside of the pipeline."""


OneOrMoreClaims = Annotated[Ladder, BeforeValidator(_ladder, json_schema_input_type=Ladder | CapacityClaim)]


class PlacementSpec(Spec):
    """One place where the pipeline runs or can be made to run."""

    cloud: Cloud
    """`aws`, `azure`, `gcp`; `other` for a cluster that is adopted and that none of them runs."""
    region: Annotated[
        str,
        Text(r"^[a-z][a-z0-9-]*[a-z0-9]$", "a region as the cloud writes it, such as us-east-1 or swedencentral", 40),
    ]
    """Region, as the cloud writes it."""
    zones: tuple[ZoneName, ...] = ()
    """Zones for accelerator pools. Which zones offer a machine type differs by account: the cloud's console tells."""
    jurisdiction: Jurisdiction | None = None
    """Jurisdiction, where the catalogue does not know the region (`cloud: other`)."""
    role: Role = Role.PRIMARY
    """`primary`, `failover`, or `active` (serves its share beside others)."""
    tier: Tier | None = None
    """`hot`, `warm`, `pilot` or `cold`. Default: hot for primary and active, warm for failover."""
    capacity: dict[Slug, OneOrMoreClaims] = Field(default_factory=dict)
    """Ladder per stage. Default: on-demand, then spot."""
    adopt: Adopt | None = None
    """Use this existing cluster instead of making one."""
    cluster: ClusterSpec | None = None
    """How the cluster is run. Default: `cluster` of the description, whose place this takes as a whole."""
    network: Network = Network()
    """Address range, interconnects, and the ways in and out."""
    account: Account | None = None
    """Account, subscription or project."""
    registry: RegistryChoice | None = None
    """Registry that mirrors the images, or caches of registries. Default: images come from where they are."""
    weights: (
        Annotated[str, Text(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "the bare name of a bucket, 3 to 63 characters", 63)]
        | None
    ) = None
    """Name of an existing bucket with the weights. Default: one is made."""
    state: State | None = None
    """State backend and secrets provider."""
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    """Further tags of this placement."""
    prices: dict[MachineName, Annotated[float, Number(0, 1e6, "US dollars")]] = Field(default_factory=dict)
    """Your own prices of machine types, US dollars per hour: they win over list prices, on demand and reserved."""

    @property
    def mirror(self) -> str | None:
        """Registry and path that mirrors the images, if one does."""
        return self.registry.host if self.registry is not None else None

    @property
    def standby(self) -> Tier:
        """The tier that holds, given or default."""
        return self.tier or (Tier.WARM if self.role is Role.FAILOVER else Tier.HOT)

    @model_validator(mode="after")
    def _other_is_adopted(self) -> Self:
        if self.cloud is Cloud.OTHER and (self.adopt is None or self.jurisdiction is None):
            raise NotAllowed("`adopt` (the cluster's pools) and `jurisdiction` beside `cloud: other`")
        return self
