"""Which replica of a stage a proxy sends a request to: the one with the fewest, or the one that a picker chooses."""

from collections.abc import Iterator
from typing import Any

from intertie.errors import Problem
from intertie.plan import Plan, StagePlan
from intertie.spec.stage import Routing
from intertie.workload import traces
from intertie.workload.entry import entry

DESTINATION = "x-gateway-destination-endpoint"
"""Header in which a picker tells a proxy address and port of a replica. Source: Gateway API Inference Extension,
endpoint picker protocol."""
RUNTIMES = ("vllm", "sglang")
"""Whose queue and cache the picker's release can read. Source: Gateway API Inference Extension v1.5.0, engines that its
metrics extractor knows; of Triton it knows the TensorRT-LLM backend alone, whose requests are not OpenAI's."""
_PICKER = "envoy.filters.http.ext_proc"
_ASKED_BEFORE = ("envoy.filters.http.rbac", "envoy.filters.http.local_ratelimit")


def is_pooled(stage: StagePlan) -> bool:
    return stage.spec.routing is Routing.INFERENCE_POOL


def pooled(plan: Plan) -> tuple[StagePlan, ...]:
    """The stages whose replicas a picker chooses from."""
    return tuple(stage for stage in plan.stages if is_pooled(stage))


def balancer(stage: StagePlan) -> dict[str, Any]:
    """How proxies choose. Where no picker has answered, or what it named is gone, the replica with the fewest."""
    chosen = {"endpointOverride": {"extractFrom": [{"header": DESTINATION}]}} if is_pooled(stage) else {}
    return {"type": "LeastRequest", **chosen}


def order(stage: StagePlan) -> dict[str, Any]:
    """Part of an EnvoyProxy: the picker is asked last, so that it reads no request that is refused or over its rate."""
    if not is_pooled(stage):
        return {}
    return {"filterOrder": [{"name": _PICKER, "after": other} for other in _ASKED_BEFORE]}


def headers(plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """Part of a ClientTrafficPolicy: no caller chooses a replica by itself, nor what is traced from outside."""
    taken = [DESTINATION] if is_pooled(stage) else []
    if traces.asked(plan) is not None and stage.name == entry(plan).name:
        taken += traces.DECIDED
    return {"headers": {"earlyRequestHeaders": {"remove": taken}}} if taken else {}


def problems(stage: StagePlan) -> Iterator[Problem]:
    """Why a picker could not choose among the stage's replicas."""
    if not is_pooled(stage) or stage.canary_of:
        return
    here, found = f"stages[{stage.name}].routing", "inference-pool"
    if str(stage.spec.runtime) not in RUNTIMES:
        yield Problem(
            here,
            f"{found} with runtime {stage.spec.runtime}",
            f"least-request, or one of the runtimes {', '.join(RUNTIMES)}",
            "a picker chooses by the queue and the cache that a runtime shows, and reads requests as OpenAI's API has "
            "them",
            "Gateway API Inference Extension, model servers",
        )
    if stage.spec.canary is not None:
        yield Problem(
            here,
            f"{found} and a canary",
            "one of them at a time",
            "a picker chooses among all replicas, whatever a route's weights say: take `canary` out, or use "
            "least-request until it is promoted",
        )
    if stage.spec.replicas.max < 2:
        yield Problem(here, f"{found} with one replica", "least-request", "there is nothing to choose from")
