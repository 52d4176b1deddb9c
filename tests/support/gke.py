"""Placements on Google Cloud: pools of every kind of capacity and accelerator, and the stacks that come of them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from intertie.graph import Resource
from intertie.plan import Plan, PoolPlan
from intertie.spec import PipelineSpec, PlacementSpec
from support.building import Built, build
from support.plans import accelerator_pool, claim, plan, spec

CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
SERVICE = "gcp:projects/service:Service"

KINDS = ("reservation", "future-reservation", "on-demand", "spot", "flex-start")
WINDOW = {"start": "2027-01-04T00:00:00Z", "end": "2027-02-01T00:00:00Z"}
ZONE = "europe-west4-b"


def pool(kind: str = "on-demand", rank: int = 0, **changes: Any) -> PoolPlan:
    """A pool of one-GPU machines, obtained in the given way, as step `rank` of its stage's ladder."""
    fields: dict[str, Any] = {"machine": "a2-highgpu-1g", "per_node": 1, "fabric": "none", "accelerator": "a100-40gb"}
    if kind in ("reservation", "future-reservation"):
        window = WINDOW if kind == "future-reservation" else {}
        fields["claim"] = claim(kind, id="gpus", zone=ZONE, count=2, **window)
    return accelerator_pool("gcp", kind, rank, **{**fields, **changes})


def tpu_pool(kind: str = "on-demand", hosts: int = 1, **changes: Any) -> PoolPlan:
    """A pool of TPU v6e machines: one machine per replica, or one slice over `hosts` of them."""
    topology = {1: "2x2", 2: "2x4", 4: "4x4"}[hosts]
    labels = tuple((f"intertie.dev/{key}", value) for key, value in (("pool", "generate0"), ("vendor", "google")))
    size = {"min_nodes": 0, "max_nodes": hosts, "initial_nodes": hosts} if hosts > 1 else {}
    fields: dict[str, Any] = {
        "machine": "ct6e-standard-4t", "per_node": 4, "fabric": "ici", "accelerator": "tpu-v6e", "vendor": "google",
        "topology": topology, "hosts": hosts, "taints": (), "labels": labels, **size,
    }  # fmt: skip
    return pool(kind, **{**fields, **changes})


def multi_node(machine: str, fabric: str, kind: str = "on-demand", **changes: Any) -> PoolPlan:
    """A pool of eight-GPU machines, two of which make a replica."""
    return pool(kind, machine=machine, fabric=fabric, **{"per_node": 8, "hosts": 2, **changes})


def described(**here: Any) -> PipelineSpec:
    """The description, with more said about its placement."""
    made = spec("gcp")
    placement = PlacementSpec.model_validate({"cloud": "gcp", "region": "europe-west4", **here})
    return made.model_copy(update={"placements": {"here": placement}})


def placed(*pools: PoolPlan, here: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """A plan with these pools (else one on demand); `here` says more about the placement."""
    if here:
        changes["spec"] = described(**here)
    return plan("gcp", pools or (pool(),), **changes)


@cache
def ladder() -> Built:
    """The stack whose one ladder has a step of every kind."""
    return build(placed(*(pool(kind, rank) for rank, kind in enumerate(KINDS))))


def made(built: Built, name: str = "generate0") -> Resource:
    """The node pool of this name."""
    return built.one(POOL, f"pool-{name}")


@cache
def rendered(planned: PoolPlan) -> Mapping[str, Any]:
    """Inputs of the node pool that this pool of the plan becomes."""
    return made(build(placed(planned)), planned.name).inputs
