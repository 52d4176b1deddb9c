"""A cluster that is there already: nothing of it is made or changed, only said to the workload.

    pools.py     how pods get onto the pools that the description names
    network.py   whether the gateway's load balancer is public
    storage.py   where the weights are

What cannot be asked without the cluster's credentials comes from the description (`adopt`); the credentials come from
the stack's configuration.
"""

import pulumi

from intertie.contract import Bound, BuildOptions, ClusterHandle
from intertie.errors import InputError, PlanError
from intertie.plan import Plan
from intertie.platforms.existing import network, pools, storage

__all__ = ["build"]


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """What a workload has to know of the adopted cluster. None when the tier has nothing on it.

    Raises InputError when the stack has no kubeconfig, PlanError when pods could not tell the pools apart.
    """
    if "workload" not in plan.renders:
        return None
    problems = pools.problems(plan)
    if problems:
        raise PlanError(plan.placement, problems)
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=_kubeconfig(plan, options.kubeconfig),
        pools=pools.bindings(plan),
        storage=storage.binding(plan),
        gateway=network.gateway(plan),
        registry=plan.where.registry,
        provided=pools.provided(plan),
    )


def _kubeconfig(plan: Plan, given: Bound | None) -> pulumi.Output[str]:
    if given is None or (isinstance(given, str) and not given.strip()):
        raise InputError(
            f"placement {plan.placement!r} adopts a cluster, and the stack has no kubeconfig for it: "
            "pulumi config set --secret inference:kubeconfig < kubeconfig.yaml"
        )
    return pulumi.Output.secret(given)
