"""Plans and clusters whose rendered objects are recorded, and given to a real API server."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from intertie.contract import (
    ClusterHandle,
    FabricLibrary,
    GatewayBinding,
    IdentityBinding,
    MetricsBinding,
    SecretsBinding,
    StorageBinding,
)
from intertie.plan.types import Plan
from support import plans
from support.pipelines import PREPARE, generate, planned
from support.workloads import binding, endpoint, handle, pinned, spanning, stage_spec


def ladder() -> Plan:
    """A pinned image on a ladder of three pools."""
    claim = plans.claim("odcr", id="cr-0abc", machine="p5.48xlarge", zone="us-east-1b", count=2)
    reserved = plans.accelerator_pool("aws", "odcr", 0, claim=claim)
    pools = (reserved, plans.accelerator_pool("aws", "on-demand", 1), plans.accelerator_pool("aws", "spot", 2))
    return pinned(plans.plan("aws", pools))


def with_bucket(plan: Plan) -> ClusterHandle:
    return handle(
        plan,
        storage=StorageBinding("s3://chat-weights", {"AWS_REGION": "us-east-1"}),
        identity=IdentityBinding({"eks.example.com/role": "serving"}, {"identity.example.com/use": "true"}),
        gateway=GatewayBinding({"load-balancer.example.com/scheme": "internet-facing"}),
    )


def fabric(plan: Plan) -> ClusterHandle:
    far = binding("generate0", fabric_resources={"fabric.example.com/nic": "32"}, fabric_env={"NCCL_DEBUG": "WARN"})
    cluster = with_bucket(plan)
    return replace(cluster, pools={**cluster.pools, "generate0": far})


def claimed(plan: Plan) -> ClusterHandle:
    """Fabric interfaces that pods claim, and the library that speaks over them."""
    library = FabricLibrary(
        "images.example.com/fabric:1", "/install.sh", "/out", "/usr/local/fabric", "environment.sh", {"NCCL_NET": "far"}
    )
    far = binding("generate0", fabric_devices={"nic.fabric.example.com": 8}, fabric_library=library)
    cluster = with_bucket(plan)
    return replace(cluster, pools={**cluster.pools, "generate0": far})


def gated() -> Plan:
    """Gated weights, API keys and the organisation's own certificate: a secret of every kind."""
    model = {"id": "acme/gated", "parameters": "8e9", "token_secret": "hub-token"}
    plan = stage_spec(pinned(plans.plan()), "generate", model=model)
    return endpoint(plan, auth={"kind": "api-key", "secret": "callers"}, tls_secret="edge.tls")


def with_store(plan: Plan) -> ClusterHandle:
    provider = {"aws": {"service": "SecretsManager", "region": "us-east-1"}}
    return handle(plan, secrets=SecretsBinding(provider, {"identity.example.com/client": "1234"}))


def watched(kind: str, *, rules: tuple[str, str] = ("", "")) -> Callable[[Plan], ClusterHandle]:
    """A cluster whose collector reads monitors of this kind."""
    api, _, name = kind.rpartition("/")
    return lambda plan: handle(plan, metrics=MetricsBinding((api, name), rules, ("collectors",), ("10.64.0.0/21",)))


def limited() -> Plan:
    """Objectives, a reservation that ends, an endpoint: an alert of every kind."""
    end = {"id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2}
    claim = plans.claim("capacity-block", start="2027-01-11T11:30:00Z", end="2027-01-18T11:30:00Z", **end)
    pools = (plans.accelerator_pool("aws", "capacity-block", 0, claim=claim), plans.accelerator_pool("aws", "spot", 1))
    return stage_spec(pinned(plans.plan("aws", pools)), "generate", objective={"ttft_p95": "800ms"})


TRIAL = {"revision": "8a7b9c0", "weight": 10, "replicas": 2}
MODEL = {"id": "acme/model", "revision": "6f6073b", "parameters": "8e9"}
DOOR = {"host": "chat.example.com", "auth": "oidc"}


def on_trial(**changes: Any) -> Plan:
    """A new revision of a stage that another one calls, which is the more urgent of the two."""
    stage = generate(model=MODEL, canary=TRIAL, objective={"ttft_p95": "800ms"}, priority="low")
    prepare = {**PREPARE, "priority": "high"}
    limits = {"requests_per_minute": 120, "request_size": "8Mi", "stream": "15m", "quiet": "5m"}
    door = {
        **DOOR,
        "access": "public",
        "allow": ["0.0.0.0/0"],
        "limits": limits,
        "certificate": {"email": "platform@example.com"},
        **changes,
    }
    return planned(stages=[prepare, {**stage, "after": ["prepare"]}], endpoint=door)


def on_trial_at_the_door() -> Plan:
    """A new revision of the stage that callers reach, with a certificate of the organisation's issuer."""
    stage = generate(model=MODEL, canary=TRIAL)
    return planned("gcp", stages=[stage], endpoint={**DOOR, "certificate": {"issuer": "acme-ca"}})


def woken() -> Plan:
    """A stage that has no replicas while nobody waits in the one before it."""
    waiting = {"stage": "prepare", "metric": "prepare_waiting_requests", "target": 2}
    stage = generate(replicas={"min": 0, "max": 4}, scaling=waiting)
    return planned(stages=[PREPARE, {**stage, "after": ["prepare"]}], endpoint={**DOOR, "tls_secret": "edge"})


def picked() -> Plan:
    """A stage that another one calls, whose replicas a picker chooses from."""
    stage = generate(routing="inference-pool")
    return planned(stages=[PREPARE, {**stage, "after": ["prepare"]}], endpoint=DOOR)


def picked_at_the_door() -> Plan:
    """The same of the stage that callers reach, with replicas over several nodes."""
    limits = {"requests_per_minute": 120}
    stage = generate(runtime="sglang", routing="inference-pool")
    plan = planned("gcp", stages=[stage], endpoint={**DOOR, "limits": limits})
    return spanning(pinned(plan, "sglang"))


def traced(endpoint: str = "https://otlp.example.com", **changes: Any) -> Plan:
    """Spans of a stage that another one calls through a gateway of its own."""
    stage = {**generate(routing="inference-pool"), "after": ["prepare"]}
    told = {"traces": {"endpoint": endpoint, "sample": 0.05}}
    return planned(stages=[PREPARE, stage], observability=told, endpoint=DOOR, **changes)


PROMETHEUS = "monitoring.coreos.com/v1"

CASES: dict[str, tuple[Callable[[], Plan], Callable[[Plan], ClusterHandle]]] = {
    "hot-ladder": (ladder, with_bucket),
    "several-nodes": (lambda: spanning(pinned(plans.plan())), fabric),
    "several-nodes-claims": (lambda: spanning(pinned(plans.plan())), claimed),
    "pilot": (lambda: replace(pinned(plans.plan("gcp")), tier="pilot"), handle),
    "neuron": (lambda: pinned(plans.plan(), "vllm", "trainium2", "neuron"), handle),
    "tpu": (lambda: pinned(plans.plan("gcp"), "vllm", "tpu-v6e", "google"), handle),
    "amd-sglang-keys": (
        lambda: endpoint(pinned(plans.plan("azure"), "sglang", "mi300x", "amd"), auth={"kind": "api-key"}),
        lambda plan: handle(plan, registry="acme.azurecr.io/mirror"),
    ),
    "triton": (
        lambda: endpoint(pinned(plans.plan(), "triton"), auth={"kind": "oidc", "issuer": "https://id.example.com"}),
        with_bucket,
    ),
    "secrets": (gated, with_store),
    "watched": (limited, watched(f"{PROMETHEUS}/PodMonitor", rules=(PROMETHEUS, "PrometheusRule"))),
    "watched-managed": (
        lambda: pinned(plans.plan("gcp"), "triton"),
        lambda plan: replace(
            watched("monitoring.googleapis.com/v1/PodMonitoring", rules=("monitoring.googleapis.com/v1", "Rules"))(
                plan
            ),
            storage=StorageBinding("gs://chat-weights"),
        ),
    ),
    "canary": (on_trial, handle),
    "canary-entry": (on_trial_at_the_door, handle),
    "woken": (woken, handle),
    "inference-pool": (picked, watched(f"{PROMETHEUS}/PodMonitor")),
    "traced": (traced, handle),
    "inference-pool-entry": (picked_at_the_door, lambda plan: handle(plan, provided=frozenset({"inference-pool"}))),
    "no-endpoint": (lambda: replace(ladder(), spec=plans.spec(endpoint=None)), handle),
}


def case(name: str) -> tuple[Plan, ClusterHandle]:
    make, cluster = CASES[name]
    plan = make()
    return plan, cluster(plan)
