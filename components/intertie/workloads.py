"""`InferenceWorkload`: the pipeline's stages as Kubernetes objects, on a cluster that is there."""

from typing import Any, NotRequired, Optional, TypedDict

import pulumi

from intertie.boundary import plan_of
from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import InputError, PlanError
from intertie.platforms import registry
from intertie.workload import check_args
from intertie.workload.apply import apply


class InferenceWorkloadArgs(TypedDict):
    """What a workload is made from."""

    spec: Any
    """The description of the pipeline, as in `stacks/specs/*.yaml`."""
    placement: str
    """Name of the placement in the description."""
    kubeconfig: NotRequired[Optional[pulumi.Input[str]]]
    """Kubeconfig of the cluster, for a placement with `adopt`."""
    handle: NotRequired[Any]
    """The `handle` of a cluster component. Only within Python: it cannot cross the package boundary."""


class InferenceWorkload(pulumi.ComponentResource):
    """Namespace, stages, services, autoscaling and route of a pipeline on one cluster."""

    namespace: pulumi.Output[str]
    """Namespace of all objects."""

    def __init__(
        self,
        name: str,
        args: InferenceWorkloadArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("intertie:index:InferenceWorkload", name, None, opts)
        plan = plan_of(args)
        problems = [problem for stage in plan.stages for problem in check_args(stage)]
        if problems:
            raise PlanError(plan.placement, problems)
        handle = args.get("handle")
        if handle is None and plan.platform == "existing":
            options = BuildOptions(parent=self, name=name, kubeconfig=args.get("kubeconfig"))
            handle = registry.platform("existing").build(plan, options)
        if not isinstance(handle, ClusterHandle):
            raise InputError(
                f"placement {plan.placement!r} has no cluster to run on: give the `handle` of a cluster component, "
                "or a placement with `adopt` and its kubeconfig"
            )
        apply(plan, handle, parent=self, name=name)
        self.namespace = pulumi.Output.from_input(plan.namespace)
        self.register_outputs({"namespace": self.namespace})
