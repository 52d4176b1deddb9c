"""What holds for every plan, whatever the description: and whatever it is, there is a plan or a list of problems."""

import json
import re
from ipaddress import IPv4Network
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from intertie import catalog
from intertie.errors import PlanError, Problem
from intertie.plan import Plan, StagePlan, resolve
from intertie.plan.ladder import BOUGHT
from intertie.spec import CapacityKind, PipelineSpec
from support.pipelines import EVERYWHERE

GROUP = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/capacityReservationGroups/g"
NAMES = st.sampled_from(["generate", "embed-a", "embeda", "rank", "a", "prepare-the-very-long-request"])
ACCELERATORS = st.lists(
    st.sampled_from([row.name for row in catalog.accelerators()]), min_size=1, max_size=4, unique=True
)
ZONES = {"aws": "{region}{letter}", "azure": "1", "gcp": "{region}-{letter}", "other": "{letter}"}
REGIONS = {
    "aws": ["us-east-1"] * 3 + ["us-west-2"] * 2 + ["nowhere-1"], "azure": ["swedencentral", "eastus"],
    "gcp": ["europe-west4", "us-central1"], "other": ["hall-1"],
}  # fmt: skip


@st.composite
def claims(draw: st.DrawFn, cloud: str, region: str) -> dict[str, Any]:
    own = [row.kind for row in catalog.kind_rules() if row.cloud == cloud]
    kind = draw(st.sampled_from([*own * 4, *(kind.value for kind in CapacityKind)]))
    step: dict[str, Any] = {"kind": kind}
    rows = [row.name for row in catalog.machines(cloud) if row.accelerator] if cloud != "other" else ["x"]
    for field, values in (
        ("machine", st.sampled_from(rows)), ("count", st.integers(1, 40)),
        ("zone", st.sampled_from("abc").map(lambda letter: ZONES[cloud].format(region=region, letter=letter))),
    ):  # fmt: skip
        if draw(st.integers(0, 3)) == 0 or (field == "zone" and kind in ("odcr", "reservation")):
            step[field] = draw(values)
    if kind not in ("on-demand", "spot", "flex-start"):
        step["id"] = draw(st.sampled_from(["cr-0abc", GROUP, "my-reservation"]))
    if kind in ("capacity-block", "azure-block", "future-reservation") and draw(st.booleans()):
        step |= {
            "start": "2027-02-01T11:30:00Z",
            "end": draw(st.sampled_from(["2027-02-08T11:30:00Z", "2028-02-08T11:30:00Z"])),
        }
    return step


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    known = [row.id for row in catalog.model_shapes()]
    model = {
        "id": draw(st.sampled_from([*known, "acme/own"])),
        "parameters": draw(st.sampled_from([1, 10**9, 10**9, 8 * 10**9, 8 * 10**9, 7 * 10**10, 4 * 10**11, 10**13])),
        "precision": draw(st.sampled_from(["bf16", "bf16", "bf16", "fp8", "int4"])),
        "context": draw(st.sampled_from([1, 1000, 4096, 8192, 200_000])),
        "concurrency": draw(st.sampled_from([1, 1, 4, 16])),
    }
    if draw(st.booleans()):
        model["architecture"] = {
            "layers": draw(st.integers(1, 128)),
            "kv_heads": draw(st.integers(1, 16)),
            "head_dim": 128,
        }
    return model


@st.composite
def stages(draw: st.DrawFn, name: str, before: list[str]) -> dict[str, Any]:
    low = draw(st.integers(0, 4))
    stage: dict[str, Any] = {
        "name": name,
        "replicas": {"min": low, "max": max(1, low) + draw(st.integers(0, 10))},
        "after": draw(st.lists(st.sampled_from(before), unique=True)) if before else [],
        "resources": {
            "cpu": draw(st.sampled_from([0.5, 1, 1, 2, 2, 4, 100])),
            "memory": draw(st.sampled_from(["1Gi", "1Gi", "1Gi", "40Gi"])),
        },
    }
    sort = draw(st.sampled_from(["cpu", "cpu", "custom", "vllm", "vllm", "sglang"]))
    if sort in ("cpu", "custom"):
        stage["image"] = "ghcr.io/acme/own:1"
    if sort != "cpu":
        wide = ["l4", "a10", "h100", "a100-80gb"] if draw(st.integers(0, 4)) else []
        stage["accelerators"] = list(dict.fromkeys([*draw(ACCELERATORS), *wide]))
    if sort == "custom":
        stage["accelerator_count"] = draw(st.sampled_from([1, 1, 1, 1, 2, 4, 8, 20]))
    if sort in ("vllm", "sglang"):
        stage |= {"runtime": sort, "model": draw(models())}
        if draw(st.integers(0, 2)) == 0:
            stage["objective"] = {"tokens_per_second": draw(st.integers(1, 10**4)), "ttft_p95": "400ms"}
        if draw(st.integers(0, 3)) == 0:
            stage["parallelism"] = {"tensor": draw(st.integers(1, 16)), "pipeline": draw(st.integers(1, 4))}
    return stage


@st.composite
def placements(draw: st.DrawFn, accelerated: list[str], primary: bool) -> dict[str, Any]:
    cloud = draw(st.sampled_from(["aws", "aws", "azure", "gcp", "gcp", "other"]))
    where: dict[str, Any] = {
        "cloud": cloud,
        "region": draw(st.sampled_from(REGIONS[cloud])),
        "role": "primary" if primary else draw(st.sampled_from(["failover", "active"])),
    }
    if draw(st.booleans()):
        where["tier"] = draw(st.sampled_from(["hot", "warm", "pilot", "cold"]))
    if draw(st.booleans()):
        letters = draw(st.lists(st.sampled_from("aabbccx"), max_size=3, unique=True))
        where["zones"] = [ZONES[cloud].format(region=where["region"], letter=letter) for letter in letters]
    if accelerated and draw(st.integers(0, 2)) == 0:
        where["capacity"] = {
            draw(st.sampled_from(accelerated)): draw(st.lists(claims(cloud, where["region"]), min_size=1, max_size=4))
        }
    if cloud == "other" or draw(st.integers(0, 9)) == 0:
        pools = [{"name": "cpu", "nodes": 9}] + [
            {"name": f"p{i}", "accelerator": name, "per_node": 8, "nodes": 4}
            for i, name in enumerate(draw(ACCELERATORS))
        ]
        where["adopt"] = {"pools": pools}
        where.pop("capacity", None)
    if cloud == "other":
        where["jurisdiction"] = "eu"
    if draw(st.integers(0, 6)) == 0:
        where["network"] = {
            "cidr": draw(st.sampled_from(["10.0.0.0/16", "10.0.0.0/20", "172.17.0.0/16", "10.1.0.0/16"]))
        }
    return where


@st.composite
def descriptions(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    steps = [draw(stages(name, names[:index])) for index, name in enumerate(names)]
    accelerated = [step["name"] for step in steps if step.get("accelerators")]
    count = draw(st.integers(1, 4))
    return {
        "name": "chat", "owner": "search", "cost_center": "ml", "environment": "production",
        "residency": draw(st.sampled_from([EVERYWHERE, EVERYWHERE, ["us", "eu"], ["us", "eu"], ["us"]])),
        "stages": steps,
        "placements": {f"place-{i}": draw(placements(accelerated, i == 0)) for i in range(count)},
    }  # fmt: skip


def described(data: dict[str, Any]) -> PipelineSpec | None:
    """None where the description itself refuses: what is tested here is the plan."""
    try:
        return PipelineSpec.model_validate(data)
    except ValidationError:
        return None


@given(descriptions())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_description_gives_plans_that_hold_together_or_problems(data: dict[str, Any]) -> None:
    spec, again = described(data), described(data)
    if spec is None or again is None:
        event("refused by the description")
        return
    plans = []
    for name in spec.placements:
        found = plan_or_problems(spec, name)
        if isinstance(found, Plan):
            event("a plan")
            assert json.dumps(found.to_json()) == json.dumps(resolve(again, name).to_json())
            check(found)
            plans.append(found)
        else:
            event("problems")
            assert found
            assert all(problem.path and problem.allowed for problem in found)
            assert len(set(found)) == len(found)
    check_addresses(plans)


def plan_or_problems(spec: PipelineSpec, name: str) -> Plan | tuple[Problem, ...]:
    try:
        return resolve(spec, name)
    except PlanError as error:
        return error.problems


def check(plan: Plan) -> None:
    """What must hold for one plan."""
    assert len({pool.name for pool in plan.pools}) == len(plan.pools)
    assert all(pool.min_nodes <= pool.initial_nodes <= pool.max_nodes for pool in plan.pools)
    assert all(pool.max_nodes >= 1 for pool in plan.pools)
    assert {stage.name for stage in plan.stages} == {stage.name for stage in plan.spec.stages}
    assert plan.jurisdiction in plan.spec.residency
    for stage in plan.stages:
        assert stage.pools
        assert {plan.pool(name).name for name in stage.pools} == set(stage.pools)
        assert stage.load_seconds > 0
        assert stage.min_replicas <= stage.max_replicas
        if stage.on_accelerators:
            check_accelerated(plan, stage)
    if plan.platform != "existing":
        check_made(plan)


def check_accelerated(plan: Plan, stage: StagePlan) -> None:
    sized = stage.sizing
    assert sized is not None
    assert stage.accelerator in stage.spec.accelerators
    assert sized.accelerators == sized.tensor * sized.pipeline
    assert sized.accelerators % sized.nodes == 0
    if stage.spec.model is not None:
        needed = sized.weights_gib + sized.kv_cache_gib + sized.overhead_gib
        assert needed <= sized.accelerators * (sized.usable_gib + 0.02)
    devices = catalog.accelerator(stage.accelerator).devices
    for pool in (plan.pool(name) for name in stage.pools):
        assert pool.accelerator == stage.accelerator
        assert stage.per_pod <= pool.per_node * devices
    if stage.throughput is not None and stage.throughput.replicas_for_objective is not None:
        assert stage.throughput.replicas_for_objective <= stage.spec.replicas.max


def check_made(plan: Plan) -> None:
    """What must hold for a cluster of ours."""
    assert [pool.role for pool in plan.pools[:2]] == ["system", "cpu"]
    assert all(re.fullmatch(r"[a-z][a-z0-9]{0,11}", pool.name) for pool in plan.pools)
    assert len(plan.zones) <= 4
    assert plan.cloud != "aws" or len(plan.zones) >= 2
    for stage in plan.stages:
        if not stage.on_accelerators:
            continue
        pools = [plan.pool(name) for name in stage.pools]
        assert [pool.rank for pool in pools] == sorted(pool.rank for pool in pools)
        bought = [CapacityKind(pool.kind) in BOUGHT for pool in pools]
        assert bought == sorted(bought, reverse=True)
        for pool in pools:
            machine = catalog.machine(plan.cloud, pool.machine)
            assert (machine.accelerator, machine.count) == (stage.accelerator, pool.per_node)
            assert pool.kind in machine.kinds
            assert set(pool.zones) <= set(plan.zones)
            assert pool.min_nodes % pool.hosts == 0
        held = sum(
            pool.min_nodes // pool.hosts if pool.hosts > 1 else pool.min_nodes * (pool.per_node // per_pod(stage))
            for pool in pools
        )
        assert held >= stage.min_replicas


def per_pod(stage: StagePlan) -> int:
    return stage.per_pod // catalog.accelerator(stage.accelerator).devices


def check_addresses(plans: list[Plan]) -> None:
    """Networks of ours never overlap, and neither do ranges of pods."""
    ours = [plan for plan in plans if plan.platform != "existing"]
    ranges = [IPv4Network(plan.addresses.network) for plan in ours]
    ranges += [IPv4Network(plan.addresses.pods) for plan in ours if plan.cloud != "aws"]
    ranges.sort()
    assert not any(a.overlaps(b) for a, b in pairwise(ranges))
