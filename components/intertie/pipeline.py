"""`InferencePipeline`: a placement of a described pipeline, whole. It joins plan, platform and workload."""

from typing import Any, NotRequired, TypedDict

import pulumi

from intertie.boundary import plan_of, told_plainly
from intertie.clusters import BY_PLATFORM
from intertie.contract import ClusterHandle
from intertie.plan import Plan
from intertie.plan.peers import peers_of, pending
from intertie.workloads import InferenceWorkload, InferenceWorkloadArgs


class InferencePipelineArgs(TypedDict):
    """What a placement of a pipeline is made from."""

    spec: Any
    """The description of the pipeline, as in `stacks/specs/*.yaml`."""
    placement: str
    """Name of the placement in the description: where this stack runs."""
    kubeconfig: NotRequired[pulumi.Input[str] | None]
    """Kubeconfig of the existing cluster, for a placement with `adopt`. A secret."""
    lift_deletion_protection: NotRequired[bool | None]
    """Take the cluster's deletion protection off, so that it can be destroyed after this update."""
    contract_prices: NotRequired[str | None]
    """Text of a price file (CSV) with what you pay: guard and exporter of `budget.watch` meter with it."""
    peers: NotRequired[Any]
    """Placement → what its stack publishes as `interconnects` for this one: addresses or ids. Plain data."""
    interconnect_keys: NotRequired[pulumi.Input[dict[str, str]] | None]
    """Placement → key of the tunnels to it, 32 to 128 printable characters. A secret."""


class InferencePipeline(pulumi.ComponentResource):
    """A containerized GPU inference pipeline at one placement: cluster, pools, identity, storage and stages."""

    cluster_name: pulumi.Output[str | None]
    """Name of the cluster; none when the placement's tier has no cluster."""
    kubeconfig: pulumi.Output[str | None]
    """Kubeconfig of the cluster, a secret."""
    namespace: pulumi.Output[str]
    """Namespace of the pipeline's objects."""
    endpoint: pulumi.Output[str | None]
    """Address that callers use, if the description has an endpoint."""
    weights: pulumi.Output[str | None]
    """Where replicas look for weights, in a folder `<model id>/<revision>`; none when they come from the hub."""
    interconnects: pulumi.Output[dict[str, list[str]]]
    """Placement → what its stack must be told as `peers` for this one."""
    notes: pulumi.Output[list[str]]
    """What the plan wants you to know."""

    def __init__(
        self,
        name: str,
        args: InferencePipelineArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("intertie:index:InferencePipeline", name, None, opts)
        with told_plainly():
            plan = plan_of(args)
        for note in plan.notes:
            pulumi.log.info(note, self)
        with told_plainly():
            remains = pending(plan, peers_of(plan, args.get("peers")))
        handle, kubeconfig = self._cluster(name, plan, args)
        if handle is not None or (plan.platform == "existing" and "workload" in plan.renders):
            self._workload(name, plan, args, handle)
        self.cluster_name = pulumi.Output.from_input(plan.cluster if "cluster" in plan.renders else None)
        self.kubeconfig = pulumi.Output.secret(kubeconfig)
        self.namespace = pulumi.Output.from_input(plan.namespace)
        self.endpoint = pulumi.Output.from_input(f"https://{plan.endpoint.host}" if plan.endpoint else None)
        self.weights = pulumi.Output.from_input(_weights(plan, handle))
        self.interconnects = pulumi.Output.from_input(dict(handle.interconnects) if handle else {})
        self.notes = pulumi.Output.from_input([*plan.notes, *remains])
        self.register_outputs(
            {
                "clusterName": self.cluster_name,
                "kubeconfig": self.kubeconfig,
                "namespace": self.namespace,
                "endpoint": self.endpoint,
                "weights": self.weights,
                "interconnects": self.interconnects,
                "notes": self.notes,
            }
        )

    def _cluster(self, name: str, plan: Plan, args: InferencePipelineArgs) -> tuple[ClusterHandle | None, Any]:
        """The placement's own cluster, or the kubeconfig of the one that is adopted."""
        if plan.platform == "existing":
            return None, args.get("kubeconfig")
        cluster = BY_PLATFORM[plan.platform](
            f"{name}-cluster",
            {
                "spec": plan.spec,
                "placement": plan.placement,
                "lift_deletion_protection": args.get("lift_deletion_protection"),
                "peers": args.get("peers"),
                "interconnect_keys": args.get("interconnect_keys"),
            },
            pulumi.ResourceOptions(parent=self),
        )
        return cluster.handle, cluster.kubeconfig

    def _workload(self, name: str, plan: Plan, args: InferencePipelineArgs, handle: ClusterHandle | None) -> None:
        workload: InferenceWorkloadArgs = {"spec": plan.spec, "placement": plan.placement}
        if (prices := args.get("contract_prices")) is not None:
            workload["contract_prices"] = prices
        if handle is not None:
            workload["handle"] = handle
        elif (kubeconfig := args.get("kubeconfig")) is not None:
            workload["kubeconfig"] = kubeconfig
        InferenceWorkload(f"{name}-workload", workload, pulumi.ResourceOptions(parent=self))


def _weights(plan: Plan, handle: ClusterHandle | None) -> Any:
    """The bucket of the placement's cluster, or the one that an adopted cluster's pods can read."""
    if plan.where.adopt is not None:
        return plan.where.adopt.weights
    return handle.storage.weights_uri if handle else None
