"""`EksCluster`, `AksCluster` and `GkeCluster`: the cluster of a placement, usable without the rest.

Each is the same component over another platform: it resolves the plan, lets the platform build, and
hands over kubeconfig and `handle`. Which platform a placement needs follows from the placement; a
component of the wrong one says so instead of building something else.
"""

from typing import Any, ClassVar, NotRequired, TypedDict

import pulumi

from intertie.boundary import plan_of, told_plainly
from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import InputError
from intertie.plan import Plan
from intertie.plan.peers import peers_of, pending
from intertie.platforms import registry


class ClusterArgs(TypedDict):
    """What a cluster is made from."""

    spec: Any
    """The description of the pipeline, as in `stacks/specs/*.yaml`."""
    placement: str
    """Name of the placement in the description."""
    lift_deletion_protection: NotRequired[bool | None]
    """Take the cluster's deletion protection off, so that it can be destroyed after this update."""
    peers: NotRequired[Any]
    """Placement → what its stack publishes as `interconnects` for this one: addresses or ids. Plain data."""
    interconnect_keys: NotRequired[pulumi.Input[dict[str, str]] | None]
    """Placement → key of the tunnels to it, 32 to 128 printable characters. A secret."""


class _Cluster(pulumi.ComponentResource):
    """What the three have in common. Outputs are declared in each: the package analyser reads them there."""

    _platform: ClassVar[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"intertie:index:{type(self).__name__}", name, None, opts)
        with told_plainly():
            plan = self._checked(plan_of(args))
            peers = peers_of(plan, args.get("peers"))
            for remains in pending(plan, peers):
                pulumi.log.warn(remains, self)
            options = BuildOptions(parent=self, name=name, peers=peers, keys=args.get("interconnect_keys"))
            self._handle = registry.platform(plan.platform).build(plan, options)
        self.cluster_name: pulumi.Output[str | None] = pulumi.Output.from_input(plan.cluster if self._handle else None)
        self.kubeconfig: pulumi.Output[str | None] = pulumi.Output.secret(
            self._handle.kubeconfig if self._handle else None
        )
        published = self._handle.interconnects if self._handle else {}
        self.interconnects: pulumi.Output[dict[str, list[str]]] = pulumi.Output.from_input(dict(published))
        outputs = {"clusterName": self.cluster_name, "kubeconfig": self.kubeconfig}
        self.register_outputs({**outputs, "interconnects": self.interconnects})

    def _checked(self, plan: Plan) -> Plan:
        if plan.platform == self._platform:
            return plan
        raise InputError(
            f"{type(self).__name__} builds on {self._platform}, but placement {plan.placement!r} "
            f"is on {plan.platform}; use the component of that platform, or InferencePipeline for any"
        )

    @property
    def handle(self) -> ClusterHandle | None:
        """All that a workload may know of the cluster; None when the tier has no cluster. In-process use only."""
        return self._handle


class EksCluster(_Cluster):
    """The placement's cluster on Amazon EKS: network, cluster, pools, identity, weights bucket."""

    _platform = "eks"

    cluster_name: pulumi.Output[str | None]
    """Name of the cluster; none when the placement's tier has no cluster."""
    kubeconfig: pulumi.Output[str | None]
    """Kubeconfig of the cluster, a secret. It holds no credential: `aws` is asked for a token."""
    interconnects: pulumi.Output[dict[str, list[str]]]
    """Placement → what its stack must be told as `peers` for this one."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)


class AksCluster(_Cluster):
    """The placement's cluster on Azure AKS: network, cluster, pools, identity, weights bucket."""

    _platform = "aks"

    cluster_name: pulumi.Output[str | None]
    """Name of the cluster; none when the placement's tier has no cluster."""
    kubeconfig: pulumi.Output[str | None]
    """Kubeconfig of the cluster, a secret. It holds the certificate of a local account."""
    interconnects: pulumi.Output[dict[str, list[str]]]
    """Placement → what its stack must be told as `peers` for this one."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)


class GkeCluster(_Cluster):
    """The placement's cluster on Google GKE: network, cluster, pools, identity, weights bucket."""

    _platform = "gke"

    cluster_name: pulumi.Output[str | None]
    """Name of the cluster; none when the placement's tier has no cluster."""
    kubeconfig: pulumi.Output[str | None]
    """Kubeconfig of the cluster, a secret. It holds no credential: `gke-gcloud-auth-plugin` is asked for a token."""
    interconnects: pulumi.Output[dict[str, list[str]]]
    """Placement → what its stack must be told as `peers` for this one."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)


BY_PLATFORM: dict[str, type[_Cluster]] = {"eks": EksCluster, "aks": AksCluster, "gke": GkeCluster}
"""The component that builds on each platform. An adopted cluster has none: nothing is built."""
