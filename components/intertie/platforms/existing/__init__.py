"""A cluster that is there already: nothing of it is made or changed, only said to the workload.

    pools.py        how pods get onto the pools that the description names
    network.py      whether the gateway's load balancer is public
    storage.py      where the weights are
    monitoring.py   who collects metrics, and how it is told what to ask for

What cannot be asked without the cluster's credentials comes from the description (`adopt`); the credentials come from
the stack's configuration.
"""

import asyncio
from typing import Any

import pulumi

from intertie.contract import Bound, BuildOptions, ClusterHandle
from intertie.errors import InputError, PlanError
from intertie.plan import Plan
from intertie.platforms.existing import monitoring, network, pools, storage

__all__ = ["build"]


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """What a workload has to know of the adopted cluster. None when the tier has nothing on it.

    Raises InputError when an update has no kubeconfig, PlanError when pods could not tell the pools apart.
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
        metrics=monitoring.binding(plan),
        prices=plan.cloud,
        region=plan.region,
        registry=plan.where.mirror,
        provided=pools.provided(plan),
    )


def _kubeconfig(plan: Plan, given: Bound | None) -> pulumi.Output[str]:
    """The secret that the stack holds. A preview does without: nobody needs a credential to see what would be made."""
    if given is not None and not (isinstance(given, str) and not given.strip()):
        return pulumi.Output.secret(given)
    missing = (
        f"placement {plan.placement!r} adopts a cluster, and the stack has no kubeconfig for it: "
        "pulumi config set --secret inference:kubeconfig < kubeconfig.yaml"
    )
    if not pulumi.runtime.is_dry_run():
        raise InputError(missing)
    pulumi.log.warn(missing)
    return _unknown_secret()


def _unknown_secret() -> pulumi.Output[str]:
    """A value that only the update will know."""

    def settled(value: bool | str) -> Any:
        future: asyncio.Future[Any] = asyncio.Future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), settled(""), settled(False), settled(True))
