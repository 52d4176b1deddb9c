"""Plans made by hand, so that the rooms after the plan can be tested without the resolver."""

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from intertie.plan.types import AddressPlan, Plan, PoolPlan, Sizing, StagePlan, Taint, ThroughputPlan
from intertie.spec.pipeline import PipelineSpec
from intertie.spec.stage import StageSpec

DIGEST = "sha256:" + "0" * 64
REGION = {"aws": "us-east-1", "azure": "swedencentral", "gcp": "europe-west4"}
ZONE = {"aws": "us-east-1b", "azure": "1", "gcp": "europe-west4-b"}
MACHINE = {"aws": "p5.48xlarge", "azure": "Standard_ND96isr_H100_v5", "gcp": "a3-highgpu-8g"}
CPU_MACHINE = {"aws": "m7i.xlarge", "azure": "Standard_D4s_v5", "gcp": "n2-standard-4"}


def spec_data(cloud: str = "aws", **changes: Any) -> dict[str, Any]:
    """A two-stage description with one placement named `here`, as a user would write it."""
    data: dict[str, Any] = {
        "name": "chat",
        "owner": "search-platform",
        "cost_center": "ml-4711",
        "environment": "production",
        "residency": ["us", "eu"],
        "stages": [
            {
                "name": "prepare",
                "image": f"ghcr.io/acme/prepare@{DIGEST}",
                "port": 8080,
                "resources": {"cpu": 2, "memory": "4Gi"},
                "replicas": {"min": 2, "max": 6},
            },
            {
                "name": "generate",
                "after": ["prepare"],
                "runtime": "vllm",
                "model": {
                    "id": "meta-llama/Llama-3.3-70B-Instruct",
                    "revision": "6f6073b",
                    "parameters": "70e9",
                    "precision": "fp8",
                    "context": 32768,
                },
                "accelerators": ["h100"],
                "replicas": {"min": 1, "max": 8},
            },
        ],
        "endpoint": {"host": "chat.example.com", "access": "public", "auth": "oidc", "allow": ["198.51.100.0/24"]},
        "placements": {"here": {"cloud": cloud, "region": REGION.get(cloud, "somewhere")}},
    }
    return {**data, **changes}


def spec(cloud: str = "aws", **changes: Any) -> PipelineSpec:
    return PipelineSpec.model_validate(spec_data(cloud, **changes))


def claim(kind: str, **fields: Any) -> Any:
    from intertie.spec.capacity import CapacityClaim

    return TypeAdapter(CapacityClaim).validate_python({"kind": kind, **fields})


def accelerator_pool(cloud: str = "aws", kind: str = "on-demand", rank: int = 0, **changes: Any) -> PoolPlan:
    """A pool of H100 machines for the stage `generate`; `claim` and any other field can be replaced."""
    pool = PoolPlan(
        name=f"generate{rank}",
        role="accelerator",
        machine=MACHINE[cloud],
        arch="amd64",
        min_nodes=0,
        max_nodes=4,
        initial_nodes=1,
        zones=(ZONE[cloud],),
        disk_gib=500,
        labels=(
            ("intertie.dev/accelerator", "h100"),
            ("intertie.dev/capacity", kind),
            ("intertie.dev/pool", f"generate{rank}"),
            ("intertie.dev/stage", "generate"),
            ("intertie.dev/vendor", "nvidia"),
        ),
        taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),),
        stage="generate",
        accelerator="h100",
        vendor="nvidia",
        per_node=8,
        claim=claim(kind) if kind in ("on-demand", "spot", "flex-start") else changes.get("claim"),
        rank=rank,
        fabric={"aws": "efa", "azure": "infiniband", "gcp": "tcpx"}[cloud],
    )
    return replace(pool, **changes)


def cpu_pool(cloud: str, role: str) -> PoolPlan:
    return PoolPlan(
        name="system" if role == "system" else "general",
        role=role,
        machine=CPU_MACHINE[cloud],
        arch="amd64",
        min_nodes=2,
        max_nodes=6,
        initial_nodes=2,
        zones=(),
        disk_gib=100,
        labels=(("intertie.dev/pool", "system" if role == "system" else "general"),),
        taints=(Taint("CriticalAddonsOnly", "true", "NoSchedule"),) if role == "system" else (),
    )


ADDRESSES = AddressPlan(
    network="10.64.0.0/18",
    nodes="10.64.0.0/19",
    private=("10.64.0.0/21", "10.64.8.0/21", "10.64.16.0/21", "10.64.24.0/21"),
    public=("10.64.32.0/24", "10.64.33.0/24", "10.64.34.0/24", "10.64.35.0/24"),
    services="10.64.36.0/22",
    pods="100.64.0.0/18",
)
TAGS = (
    ("cost_center", "ml-4711"),
    ("environment", "production"),
    ("managed_by", "intertie"),
    ("owner", "search-platform"),
    ("pipeline", "chat"),
    ("placement", "here"),
)


def prepare_stage(described: StageSpec) -> StagePlan:
    """A stage that needs no accelerator."""
    return StagePlan(
        name="prepare",
        spec=described,
        image=described.image or "",
        arch=("amd64",),
        min_replicas=2,
        max_replicas=6,
        pools=("general",),
        load_seconds=60,
    )


def generate_stage(described: StageSpec, pools: tuple[PoolPlan, ...]) -> StagePlan:
    """A stage whose replica has four accelerators of one node."""
    return StagePlan(
        name="generate",
        spec=described,
        image="vllm/vllm-openai:v0.11.0",
        arch=("amd64",),
        min_replicas=1,
        max_replicas=8,
        pools=tuple(pool.name for pool in pools),
        load_seconds=900,
        accelerator="h100",
        vendor="nvidia",
        resource="nvidia.com/gpu",
        per_pod=4,
        sizing=Sizing(65.2, 160.0, 8.0, 72.0, 4, 4, 1, 1, "shape from the catalogue"),
        throughput=ThroughputPlan(None, "unknown", 1.0, "", None),
    )


def plan(cloud: str = "aws", pools: tuple[PoolPlan, ...] | None = None, **changes: Any) -> Plan:
    """A hot primary placement of `spec(cloud)`: system, cpu and one accelerator pool."""
    described = changes.pop("spec", None) or spec(cloud)
    accelerated = pools if pools is not None else (accelerator_pool(cloud),)
    made = Plan(
        spec=described,
        placement="here",
        cloud=cloud,
        region=REGION[cloud],
        jurisdiction="us" if cloud == "aws" else "eu",
        role="primary",
        tier="hot",
        kubernetes="1.35",
        cluster="chat-here",
        namespace="chat",
        zones=(),
        addresses=ADDRESSES,
        tags=TAGS,
        pools=(cpu_pool(cloud, "system"), cpu_pool(cloud, "cpu"), *accelerated),
        stages=(prepare_stage(described.stages[0]), generate_stage(described.stages[1], accelerated)),
        renders=("artifacts", "identity", "network", "cluster", "pools", "workload"),
        choices=(),
    )
    return replace(made, **changes)
