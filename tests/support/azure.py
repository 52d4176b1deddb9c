"""Placements on Azure: a pool for every kind of capacity, and the stacks that come of them."""

from dataclasses import replace
from functools import cache
from typing import Any

from intertie.plan import Plan, PoolPlan
from support.building import Built, build
from support.plans import accelerator_pool, claim, plan, spec, spec_data

AZ = "azure-native:"
CLUSTER = f"{AZ}containerservice:ManagedCluster"
POOL = f"{AZ}containerservice:AgentPool"
ROLE = f"{AZ}authorization:RoleAssignment"

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
RESERVED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/acme-reserved"
CRG = f"{RESERVED}/providers/Microsoft.Compute/capacityReservationGroups/a100"
KINDS = ("crg", "azure-block", "on-demand", "spot")


def pool(rank: int, kind: str, identifier: str = CRG, **changes: Any) -> PoolPlan:
    """A pool of A100 machines without a fabric, obtained in the given way, as step `rank` of its stage's ladder."""
    fields: dict[str, Any] = {"machine": "Standard_NC96ads_A100_v4", "per_node": 4, "fabric": "none"}
    if kind in ("crg", "azure-block"):
        fields["claim"] = claim(kind, id=identifier, zone="1", count=2)
    return accelerator_pool("azure", kind, rank, **{**fields, **changes})


def joined(rank: int, kind: str, **changes: Any) -> PoolPlan:
    """A pool of H100 machines that InfiniBand joins, for replicas over two of them."""
    fields: dict[str, Any] = {"machine": "Standard_ND96isr_H100_v5", "per_node": 8, "fabric": "infiniband", "hosts": 2}
    return pool(rank, kind, **{**fields, **changes})


def placed(**changes: Any) -> Plan:
    """A plan with one on-demand pool."""
    return plan("azure", (pool(0, "on-demand"),), **changes)


@cache
def ladder() -> Built:
    """A stack whose ladder has every kind of capacity; step n is the pool `generate<n>`."""
    return build(plan("azure", tuple(pool(rank, kind) for rank, kind in enumerate(KINDS))))


@cache
def plain() -> Built:
    """A stack with one on-demand pool, `generate0`."""
    return build(placed())


@cache
def other() -> Built:
    """The plain stack with other zones, Kubernetes, grace, registry and existing weights."""
    data = spec_data("azure")
    data["stages"][1]["grace"] = "2h"
    data["placements"]["here"] |= {"registry": "acme.azurecr.io/mirror", "weights": "acmemodels.llama"}
    described = spec("azure", **data)
    base = placed(spec=described, zones=("1", "2", "3"), kubernetes="1.36")
    stages = tuple(replace(stage, spec=told) for stage, told in zip(base.stages, described.stages, strict=True))
    return build(replace(base, stages=stages))
