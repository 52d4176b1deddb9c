"""Plans and clusters to render workloads from, and ways to look into what is rendered."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from intertie import catalog
from intertie.contract import ClusterHandle, PoolBinding, Toleration
from intertie.plan.types import Plan, Sizing, StagePlan
from intertie.workload import Manifest, render
from support import plans

PLAIN = ("v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1")
"""API versions that a bare Kubernetes serves; everything else is a custom resource."""


def binding(pool: str, **more: Any) -> PoolBinding:
    """How pods get onto a pool that a platform made: its label, and the toleration of its taint."""
    accelerated = pool not in ("general", "system")
    taint = (Toleration("nvidia.com/gpu", "Equal", "present"),) if accelerated else ()
    fields: dict[str, Any] = {"selector": {"intertie.dev/pool": pool}, "tolerations": taint, **more}
    return PoolBinding(**fields)


def handle(plan: Plan | None = None, **changes: Any) -> ClusterHandle:
    """A cluster with the plan's pools that brings nothing by itself."""
    names = [pool.name for pool in (plan or plans.plan()).pools]
    fields: dict[str, Any] = {"name": "chat-here", "kubeconfig": "kubeconfig", "pools": {n: binding(n) for n in names}}
    return ClusterHandle(**{**fields, **changes})


def stage_spec(plan: Plan, stage: str, **changes: Any) -> Plan:
    """The plan with fields of one stage's description changed, as a user would write them."""
    data = plan.spec.model_dump(mode="json", exclude_unset=True)
    for described in data["stages"]:
        if described["name"] == stage:
            described.update(changes)
    described = type(plan.spec).model_validate(data)
    stages = tuple(replace(part, spec=next(s for s in described.stages if s.name == part.name)) for part in plan.stages)
    return replace(plan, spec=described, stages=stages)


def staged(plan: Plan, stage: str, **changes: Any) -> Plan:
    """The plan with fields of one stage's plan changed."""
    stages = tuple(replace(part, **changes) if part.name == stage else part for part in plan.stages)
    return replace(plan, stages=stages)


def endpoint(plan: Plan, **changes: Any) -> Plan:
    """The plan with fields of its endpoint changed."""
    data = plan.spec.model_dump(mode="json", exclude_unset=True)
    data["endpoint"] = {**data["endpoint"], **changes} if data["endpoint"] else changes
    return replace(plan, spec=type(plan.spec).model_validate(data))


def pinned(plan: Plan, runtime: str = "vllm", accelerator: str = "h100", vendor: str = "nvidia") -> Plan:
    """The plan whose stage `generate` runs the pinned image of a runtime on an accelerator."""
    row = catalog.runtime_image(runtime, vendor, accelerator)
    assert row is not None
    resource = catalog.accelerator(accelerator).resource
    plan = stage_spec(plan, "generate", runtime=runtime, accelerators=[accelerator])
    pools = tuple(
        replace(pool, vendor=vendor, accelerator=accelerator, labels=(("intertie.dev/vendor", vendor),))
        if pool.role == "accelerator"
        else pool
        for pool in plan.pools
    )
    changed = staged(plan, "generate", image=row.image, accelerator=accelerator, vendor=vendor, resource=resource)
    return replace(changed, pools=pools)


def spanning(plan: Plan, nodes: int = 2) -> Plan:
    """The plan whose stage `generate` needs several nodes for one replica."""
    sizing = Sizing(810.0, 60.0, 16.0, 72.0, 8 * nodes, 8, nodes, nodes, "shape from the catalogue")
    return staged(plan, "generate", sizing=sizing, per_pod=8)


def objects(plan: Plan, cluster: ClusterHandle | None = None) -> dict[str, dict[str, Any]]:
    """What is rendered, by role."""
    return {made.role: dict(made.body) for made in render(plan, cluster or handle(plan))}


def manifests(plan: Plan, cluster: ClusterHandle | None = None) -> dict[str, Manifest]:
    return {made.role: made for made in render(plan, cluster or handle(plan))}


def pod(body: Mapping[str, Any], part: str = "leader") -> dict[str, Any]:
    """The pod spec of a Deployment, DaemonSet or LeaderWorkerSet."""
    spec = body["spec"]
    return (spec.get("template") or spec["leaderWorkerTemplate"][f"{part}Template"])["spec"]


def container(body: Mapping[str, Any], part: str = "leader") -> dict[str, Any]:
    return pod(body, part)["containers"][0]


def variables(body: Mapping[str, Any]) -> dict[str, Any]:
    """The container's environment, by name."""
    return {variable["name"]: variable.get("value") for variable in container(body)["env"]}


def option(args: list[Any], name: str) -> Any:
    """The value that follows an option; fails when it is absent."""
    return args[args.index(name) + 1]


def generate(plan: Plan) -> StagePlan:
    return plan.stage("generate")
