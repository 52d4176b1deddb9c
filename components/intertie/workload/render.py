"""Plan and cluster → every Kubernetes object of the pipeline, in the order in which they are to be applied. Pure."""

from intertie.contract import ClusterHandle
from intertie.plan import Plan
from intertie.workload import (
    canary,
    certificate,
    cost_watch,
    inference_pool,
    monitoring,
    network,
    priority,
    route,
    secrets,
    stage,
    teams,
    traces,
)
from intertie.workload.components import brings, charts, node_agents
from intertie.workload.manifest import Manifest


def render(plan: Plan, handle: ClusterHandle, prices: str = "") -> tuple[Manifest, ...]:
    """All manifests. Values of the handle that are not known yet pass through untouched.

    Charts (`charts(plan, handle)`) come before them. `needs` of a manifest names only roles that are rendered here or
    there: what the cluster brings by itself is not waited for. `prices`: a price file (CSV), checked.

    Raises PlanError where the cluster cannot run what the plan asks, InputError for a pool that it does not have.
    """
    agents, own_gateway = node_agents(plan, handle), brings(handle, "envoy-gateway")
    manifests = [
        network.namespace(plan, handle),
        *network.policies(plan, handle),
        *teams.bindings(plan, handle),
        *secrets.objects(plan, handle),
        *priority.objects(plan),
        *agents,
        *(made for part in plan.stages for made in stage.objects(plan, part, handle)),
        *certificate.objects(plan),
        *route.objects(plan, handle),
        *canary.objects(plan),
        *inference_pool.objects(plan, handle, own_gateway=own_gateway),
        *traces.objects(plan, gateways=canary.gateways(plan), own_gateway=own_gateway),
        *monitoring.objects(plan, handle, agents),
        *cost_watch.objects(plan, handle, prices),
    ]
    there = {manifest.role for manifest in manifests} | {chart.role for chart in charts(plan, handle)}
    return _in_order([Manifest(made.role, made.body, _kept(made.needs, there)) for made in manifests])


def _kept(needs: tuple[str, ...], there: set[str]) -> tuple[str, ...]:
    return tuple(role for role in needs if role in there)


def _in_order(manifests: list[Manifest]) -> tuple[Manifest, ...]:
    """Each after what it needs, else as given."""
    waiting = {manifest.role: manifest for manifest in manifests}
    assert len(waiting) == len(manifests), "two objects play the same role"
    ordered: list[Manifest] = []
    while waiting:
        ready = next(made for made in waiting.values() if not any(role in waiting for role in made.needs))
        ordered.append(waiting.pop(ready.role))
    return tuple(ordered)
