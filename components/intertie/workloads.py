"""`InferenceWorkload`: the pipeline's stages as Kubernetes objects, on a cluster that is there."""

from typing import Any, NotRequired, TypedDict

import pulumi

from intertie.boundary import contract_prices_of, plan_of, told_plainly
from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import InputError, PlanError
from intertie.plan import Plan
from intertie.platforms import registry
from intertie.workload import check_args
from intertie.workload.apply import apply


class InferenceWorkloadArgs(TypedDict):
    """What a workload is made from."""

    spec: Any
    """The description of the pipeline, as in `stacks/specs/*.yaml`."""
    placement: str
    """Name of the placement in the description."""
    kubeconfig: NotRequired[pulumi.Input[str] | None]
    """Kubeconfig of the cluster, for a placement with `adopt`."""
    handle: NotRequired[Any]
    """The `handle` of a cluster component. Only within Python: it cannot cross the package boundary."""
    contract_prices: NotRequired[str | None]
    """Text of a price file (CSV) with what you pay: guard and exporter of `budget.watch` meter with it."""


class InferenceWorkload(pulumi.ComponentResource):
    """Namespace, stages, services, autoscaling and route of a pipeline on one cluster."""

    namespace: pulumi.Output[str]
    """Namespace of all objects."""

    def __init__(
        self,
        name: str,
        args: InferenceWorkloadArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("intertie:index:InferenceWorkload", name, None, opts)
        with told_plainly():
            plan = _checked(plan_of(args))
            handle = self._handle(name, plan, args)
            prices = contract_prices_of(args.get("contract_prices"), plan, handle)
            apply(plan, handle, parent=self, name=name, prices=prices)
        self.namespace = pulumi.Output.from_input(plan.namespace)
        self.register_outputs({"namespace": self.namespace})

    def _handle(self, name: str, plan: Plan, args: InferenceWorkloadArgs) -> ClusterHandle:
        """The given handle, or that of the adopted cluster."""
        handle = args.get("handle")
        if handle is None and plan.platform == "existing":
            options = BuildOptions(parent=self, name=name, kubeconfig=args.get("kubeconfig"))
            handle = registry.platform("existing").build(plan, options)
        if isinstance(handle, ClusterHandle):
            return handle
        raise InputError(
            f"placement {plan.placement!r} has no cluster to run on: give the `handle` of a cluster component, "
            "or a placement with `adopt` and its kubeconfig"
        )


def _checked(plan: Plan) -> Plan:
    """The plan, if the runtimes know every option that the description gives them."""
    problems = [problem for stage in plan.stages for problem in check_args(stage)]
    if problems:
        raise PlanError(plan.placement, problems)
    return plan
