"""Plans and clusters whose rendered objects are recorded, and given to a real API server."""

from collections.abc import Callable
from dataclasses import replace

from intertie.contract import ClusterHandle, GatewayBinding, IdentityBinding, SecretsBinding, StorageBinding
from intertie.plan.types import Plan
from support import plans
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


def gated() -> Plan:
    """Gated weights, API keys and the organisation's own certificate: a secret of every kind."""
    model = {"id": "acme/gated", "parameters": "8e9", "token_secret": "hub-token"}
    plan = stage_spec(pinned(plans.plan()), "generate", model=model)
    return endpoint(plan, auth={"kind": "api-key", "secret": "callers"}, tls_secret="edge.tls")


def with_store(plan: Plan) -> ClusterHandle:
    provider = {"aws": {"service": "SecretsManager", "region": "us-east-1"}}
    return handle(plan, secrets=SecretsBinding(provider, {"identity.example.com/client": "1234"}))


CASES: dict[str, tuple[Callable[[], Plan], Callable[[Plan], ClusterHandle]]] = {
    "hot-ladder": (ladder, with_bucket),
    "several-nodes": (lambda: spanning(pinned(plans.plan())), fabric),
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
    "no-endpoint": (lambda: replace(ladder(), spec=plans.spec(endpoint=None)), handle),
}


def case(name: str) -> tuple[Plan, ClusterHandle]:
    make, cluster = CASES[name]
    plan = make()
    return plan, cluster(plan)
