"""What a plan asks of the account's quotas: the cloud's own names, at most how much, and the words of the request."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.types import Plan, PoolPlan

_SPOT = ("spot", "flex-start")
_PREPAID = ("capacity-block", "azure-block")
"""Bought for a window; no source says that they count against a quota."""


@dataclass(frozen=True, slots=True)
class QuotaNeed:
    """One quota, and the most that the plan's pools together use of it."""

    code: str  # as the cloud's API names it; "" = no source names the one of this machine type
    name: str
    unit: str  # vcpu | accelerator
    needed: int
    pools: tuple[str, ...]
    request: str  # command that asks for it, or that finds its name
    source: str


def quota_needs(plan: Plan) -> tuple[QuotaNeed, ...]:
    """Every quota once, those of accelerators first. Pools grow side by side, so their largest sizes are added up."""
    found: dict[str, QuotaNeed] = {}
    pools = sorted(plan.pools, key=lambda pool: pool.role != "accelerator")
    for pool in pools if plan.platform != "existing" else ():
        for need in _of_pool(plan, pool):
            known = found.get(need.name)
            found[need.name] = _added(plan, known, need) if known else need
    return tuple(found.values())


def _added(plan: Plan, one: QuotaNeed, other: QuotaNeed) -> QuotaNeed:
    needed = one.needed + other.needed
    return QuotaNeed(
        one.code, one.name, one.unit, needed, (*one.pools, *other.pools), _request(plan, one.code, needed), one.source
    )


def _of_pool(plan: Plan, pool: PoolPlan) -> Iterator[QuotaNeed]:
    if pool.kind in _PREPAID or not pool.max_nodes:
        return
    market = "spot" if pool.kind in _SPOT else "on-demand"
    rows = [row for row in catalog.quotas(plan.cloud) if row.market == market and re.match(row.machines, pool.machine)]
    machine = _machine(plan, pool)
    nodes = pool.max_nodes + pool.surge
    for row in rows:
        each = 0 if machine is None else machine.vcpus if row.unit == "vcpu" else machine.count
        needed = nodes * each
        yield QuotaNeed(
            row.code, row.name, row.unit, needed, (pool.name,), _request(plan, row.code, needed), row.fact.source
        )
    if not rows:
        name = f"quota of {pool.machine} ({market})"
        yield QuotaNeed("", name, "vcpu", nodes * (machine.vcpus if machine else 0), (pool.name,), _where(plan), "")


def _machine(plan: Plan, pool: PoolPlan) -> catalog.Machine | None:
    try:
        return catalog.machine(plan.cloud, pool.machine)
    except KeyError:
        return None


def _where(plan: Plan) -> str:
    """Where to look the quota's name up, when no source has it."""
    return {
        "aws": f"aws service-quotas list-service-quotas --service-code ec2 --region {plan.region}",
        "azure": f"az vm list-usage --location {plan.region}",
        "gcp": "gcloud beta quotas info list --service=compute.googleapis.com --project=PROJECT",
    }[plan.cloud]


def _request(plan: Plan, code: str, value: int) -> str:
    account = plan.where.account.id if plan.where.account is not None else ""
    if not code:
        return _where(plan)
    if plan.cloud == "aws":
        return (
            "aws service-quotas request-service-quota-increase --service-code ec2 "
            f"--quota-code {code} --desired-value {value} --region {plan.region}"
        )
    if plan.cloud == "azure":
        scope = f"/subscriptions/{account or 'SUBSCRIPTION'}/providers/Microsoft.Compute/locations/{plan.region}"
        kind = "lowPriority" if code == "lowPriorityCores" else "dedicated"
        return (
            f"az quota update --resource-name {code} --scope {scope} "
            f"--limit-object value={value} limit-object-type=LimitValue --resource-type {kind}"
        )
    quota, _, family = code.partition(";")
    regional = [f"region={plan.region}"] if quota.endswith("-region") else []
    dimensions = ",".join([*regional, *([family] if family else [])])
    return (
        f"gcloud beta quotas preferences create --service=compute.googleapis.com --project={account or 'PROJECT'} "
        f"--quota-id={quota} --preferred-value={value}" + (f" --dimensions={dimensions}" if dimensions else "")
    )
