"""A plan as `intertie.plan/v1`: plain data in a fixed order, so that the same plan gives the same bytes."""

from dataclasses import fields
from typing import Any

from intertie.plan.types import Choice, Plan, PoolPlan, StagePlan

SCHEMA = "intertie.plan/v1"


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan without the description that it is made from."""
    return {
        "schema": SCHEMA,
        "pipeline": plan.spec.name,
        "placement": plan.placement,
        "cloud": plan.cloud,
        "region": plan.region,
        "jurisdiction": plan.jurisdiction,
        "platform": plan.platform,
        "role": plan.role,
        "tier": plan.tier,
        "kubernetes": plan.kubernetes,
        "cluster": plan.cluster,
        "namespace": plan.namespace,
        "zones": list(plan.zones),
        "addresses": _plain(plan.addresses),
        "operations": _plain(plan.operations),
        **({"links": _plain(plan.links)} if plan.links else {}),
        "tags": dict(plan.tags),
        "pools": [_pool(pool) for pool in plan.pools],
        "stages": [_stage(stage) for stage in plan.stages],
        "renders": list(plan.renders),
        "choices": [_choice(choice) for choice in plan.choices],
        "notes": list(plan.notes),
    }


def _plain(value: Any) -> Any:
    """Frozen data of the plan as what JSON has."""
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _pool(pool: PoolPlan) -> dict[str, Any]:
    claim = pool.claim.model_dump(mode="json", exclude_none=True) if pool.claim is not None else None
    own = {field.name: _plain(getattr(pool, field.name)) for field in fields(pool) if field.name != "claim"}
    return {**own, "labels": dict(pool.labels), "kind": pool.kind, "claim": claim}


def _stage(stage: StagePlan) -> dict[str, Any]:
    return {field.name: _plain(getattr(stage, field.name)) for field in fields(stage) if field.name != "spec"}


def _choice(choice: Choice) -> dict[str, Any]:
    rejected = [{"what": what, "why": why} for what, why in choice.rejected]
    return {**_plain(choice), "rejected": rejected}
