"""What stands between clouds and workloads.

A platform turns a plan into a cluster and hands over a `ClusterHandle`. A handle is all that a
workload may know of the cloud: it never asks which one it is on. Values typed `Bound` may be
Pulumi outputs; the rendering of manifests passes them through without looking inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from intertie.plan import Plan

Bound = Any
"""A plain value, or a Pulumi Output that only the engine can open."""


@dataclass(frozen=True, slots=True)
class Toleration:
    """A pod's toleration, in Kubernetes' spelling. `operator` is `Equal` or `Exists` (then `value` is "")."""

    key: str
    operator: str = "Equal"
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True)
class FabricLibrary:
    """What processes load to talk over a fabric: an image that puts it into the pod before its containers start."""

    image: str  # by its tag; a digest is added where one is known
    install: str  # command of that image's shell that leaves the files in `made`
    made: str  # folder in that image
    path: str  # where containers find the files
    profile: str  # script among them, of bash, that sets the rest of the environment for the machine it runs on
    env: Mapping[str, str] = field(default_factory=dict)  # what the script does not set


@dataclass(frozen=True, slots=True)
class FabricFile:
    """A text that processes read to talk over a fabric, and the variable that tells them where it is."""

    variable: str  # NCCL_TOPO_FILE
    path: str  # in containers; nothing else is in its folder
    text: str


@dataclass(frozen=True, slots=True)
class PoolBinding:
    """How pods get onto one pool, and what they ask for besides the accelerator.

    What is the fabric's is for replicas over several nodes alone. An interface is either a resource that the pod's
    container asks for, or a device that the pod claims (dynamic resource allocation).
    """

    selector: Mapping[str, str]  # node labels
    tolerations: tuple[Toleration, ...] = ()
    fabric_resources: Mapping[str, str] = field(default_factory=dict)  # {"vpc.amazonaws.com/efa": "32"}
    fabric_env: Mapping[str, str] = field(default_factory=dict)  # NCCL and libfabric settings
    fabric_devices: Mapping[str, int] = field(default_factory=dict)  # DeviceClass → how many a pod claims
    fabric_library: FabricLibrary | None = None  # None: the image of the stage has what it takes
    fabric_file: FabricFile | None = None  # None: processes find out by themselves


@dataclass(frozen=True, slots=True)
class IdentityBinding:
    """How a pod proves to the cloud who it is: what to write on its service account and on the pod."""

    service_account_annotations: Mapping[str, Bound] = field(default_factory=dict)
    pod_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StorageBinding:
    """The bucket with the weights, as the runtime's loader writes it: `s3://…`, `gs://…`, `az://…`; None: the hub."""

    weights_uri: Bound | None = None
    env: Mapping[str, Bound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatewayBinding:
    """Annotations that make the gateway's load balancer public or private on this cloud."""

    service_annotations: Mapping[str, Bound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretsBinding:
    """How External Secrets reads the cloud's secret store; keys in it are those of `plan.secrets`."""

    provider: Mapping[str, Any]  # `spec.provider` of a SecretStore; values inside may be `Bound`
    service_account_annotations: Mapping[str, Bound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricsBinding:
    """The collector of the cluster: what it reads monitors and rules from, and where it comes from.

    `monitor` and `rules` are API version and kind; "" where the collector finds pods by their annotations, or where
    rules are not objects of the cluster but the platform's.
    """

    monitor: tuple[str, str] = ("", "")  # ("monitoring.googleapis.com/v1", "PodMonitoring")
    rules: tuple[str, str] = ("", "")  # ("monitoring.coreos.com/v1", "PrometheusRule")
    namespaces: tuple[str, ...] = ()  # whose pods ask for metrics
    ranges: tuple[str, ...] = ()  # addresses from which they are asked for, where the collector is outside
    alerts: bool = True  # False: where rules are objects of the cluster, alerts are the platform's all the same
    labels: Mapping[str, str] = field(default_factory=dict)  # by which the collector chooses monitors and rules


@dataclass(frozen=True, slots=True)
class TeamBinding:
    """Somebody whom the cloud lets connect, and whose rights are the cluster's own RBAC."""

    team: str
    role: str  # view | edit, in the pipeline's namespace; admin, of the cluster
    kind: str  # User | Group
    subject: str  # as the cloud's sign-in calls them to the cluster


@dataclass(frozen=True, slots=True)
class ClusterHandle:
    """All that a workload knows of the place it runs in."""

    name: str  # stable identity of the cluster: a change of kubeconfig alone must not replace objects
    kubeconfig: Bound  # secret
    pools: Mapping[str, PoolBinding]  # by the pool's name in the plan
    identity: IdentityBinding = IdentityBinding()
    storage: StorageBinding = StorageBinding()
    gateway: GatewayBinding = GatewayBinding()
    secrets: SecretsBinding | None = None  # None: whoever runs the cluster puts the secrets there
    metrics: MetricsBinding | None = None  # None: nobody is known to collect; pods carry annotations
    registry: Bound | None = None  # host and path that mirrors images; None: images come from where they are
    prices: str = ""  # whose list prices its machines have: aws, azure, gcp; "" = nobody's that is known
    region: str = ""  # where they are, in that cloud's words: prices and carbon depend on it
    teams: tuple[TeamBinding, ...] = ()  # those whose rights the cloud does not hold itself
    interconnects: Mapping[str, Bound] = field(default_factory=dict)  # placement → what it must be told of this end
    provided: frozenset[str] = frozenset()  # components the cluster has: nothing of these is installed by a workload
    ready: tuple[Any, ...] = ()  # resources that must exist before the first pod: pools, add-ons, bindings


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a platform gets besides the plan: its parent, and values that only exist at run time."""

    parent: Any  # pulumi.Resource
    name: str  # prefix of the children's names
    kubeconfig: Bound | None = None  # for an adopted cluster
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # placement → what is known of its end
    keys: Bound | None = None  # secret: placement → key of the tunnels to it


class Platform(Protocol):
    """One way of getting a cluster. `platforms/<name>/__init__.py` implements it; `registry.py` finds it."""

    def build(self, plan: Plan, options: BuildOptions) -> ClusterHandle | None:
        """Registers the placement's resources. None when the tier has no cluster (`cold`)."""
        ...


def service_account(plan: Plan, stage: str) -> str:
    """Name of the stage's service account in `plan.namespace`: what a platform binds to, and a workload creates."""
    return f"{plan.spec.name}-{stage}"


SECRETS_ACCOUNT = "intertie-secrets"
"""Service account in `plan.namespace` through which secrets are read, where the store is asked by the namespace."""

SECRETS_CONTROLLER = ("external-secrets", "external-secrets")
"""Namespace and service account of the controller, where the store is asked by the controller itself."""
