"""Spans of requests, where the description names a collector: from the gateway's proxies and from vLLM.

No prompt is in them. Proxies tell path, status and times of a request, never its body or its headers beyond the user
agent; vLLM tells counts of tokens, times and sampling parameters (vllm 0.29.0, tracing). Credentials are in neither.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from intertie.errors import PlanError, Problem
from intertie.plan import Plan, StagePlan
from intertie.spec.observability import Traces
from intertie.workload.manifest import Manifest, metadata
from intertie.workload.runtimes import given_options, own_image, pinned, runtime_module

PORT = 4317
"""OTLP over gRPC. Source: OpenTelemetry protocol specification."""
ROLE = "traces-collector"
DECIDED = ("traceparent", "tracestate")
"""Headers by which a caller would decide what is traced. Source: W3C Trace Context."""
_OPTION = "--otlp-traces-endpoint"
_WITH_EXPORTER = {("vllm", "0.29.0")}
"""Runtimes whose package requires the exporter: others stop when they are told to trace. Source: metadata of the
published packages (Requires-Dist of vllm 0.29.0; in sglang 0.5.18 it is the extra `tracing`)."""
_PARTS = 1_000_000


def asked(plan: Plan) -> Traces | None:
    return plan.spec.observability.traces if plan.spec.observability is not None else None


def objects(plan: Plan, *, gateways: bool, own_gateway: bool) -> tuple[Manifest, ...]:
    """Where proxies find the collector; () where nothing is traced or no gateway is made.

    Raises PlanError where the gateway is the cluster's own: whether it takes such an object is not known.
    """
    wanted = asked(plan)
    if wanted is None or not gateways:
        return ()
    if own_gateway:
        raise PlanError(plan.placement, [_unknown_gateway()])
    host, port = _address(wanted)
    spec: dict[str, Any] = {"endpoints": [{"fqdn": {"hostname": host, "port": port}}]}
    if not _inside(wanted):
        spec["tls"] = {"wellKnownCACertificates": "System"}
    body = {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "Backend",
        "metadata": metadata(plan, _name(plan)),
        "spec": spec,
    }
    return (Manifest(ROLE, body, needs=("namespace", "envoy-gateway")),)


def telemetry(plan: Plan, service: str) -> dict[str, Any]:
    """Part of an EnvoyProxy: what its proxies tell, under the name `service`."""
    wanted = asked(plan)
    if wanted is None:
        return {}
    collector = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": _name(plan)}
    part = {"numerator": max(1, round(wanted.sample * _PARTS)), "denominator": _PARTS}
    provider = {"type": "OpenTelemetry", "serviceName": service, "backendRefs": [collector]}
    return {"telemetry": {"tracing": {"samplingFraction": part, "provider": provider}}}


def traced(plan: Plan, stage: StagePlan) -> bool:
    """Whether the stage's runtime sends spans: it can, and nothing else was told to it."""
    row = pinned(stage)
    if asked(plan) is None or row is None or own_image(stage):
        return False
    canonical = runtime_module(row.runtime).canonical
    given = {canonical(option) for _, option in given_options(stage.spec.args)}
    return (row.runtime, row.version) in _WITH_EXPORTER and _OPTION not in given


def arguments(plan: Plan, stage: StagePlan) -> tuple[str, ...]:
    wanted = asked(plan)
    return (_OPTION, _url(wanted)) if wanted is not None and traced(plan, stage) else ()


def environment(plan: Plan, stage: StagePlan) -> Mapping[str, str]:
    """As OpenTelemetry's SDK reads it. What a proxy decided for a request is kept to."""
    wanted = asked(plan)
    if wanted is None or not traced(plan, stage):
        return {}
    insecure = {"OTEL_EXPORTER_OTLP_TRACES_INSECURE": "true"} if _inside(wanted) else {}
    return {
        "OTEL_SERVICE_NAME": f"{plan.spec.name}-{stage.name}",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": f"{wanted.sample:g}",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        **insecure,
    }


def egress(plan: Plan, stage: StagePlan) -> list[dict[str, Any]]:
    """Rules by which the stage's pods reach the collector, and nothing else there."""
    wanted = asked(plan)
    if wanted is None or not traced(plan, stage):
        return []
    host, port = _address(wanted)
    where: dict[str, Any] = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    if _inside(wanted):
        where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": host.split(".")[1]}}}
    return [{"to": [where], "ports": [{"port": port, "protocol": "TCP"}]}]


def _name(plan: Plan) -> str:
    return f"{plan.spec.name}-traces"


def _inside(wanted: Traces) -> bool:
    return wanted.endpoint.startswith("http://")


def _address(wanted: Traces) -> tuple[str, int]:
    """Host and port. Names within the cluster in full, so that no search list is gone through."""
    parts = urlsplit(wanted.endpoint)
    host = re.sub(r"\.svc$", ".svc.cluster.local", parts.hostname or "") if _inside(wanted) else parts.hostname or ""
    return host, parts.port or PORT


def _url(wanted: Traces) -> str:
    host, port = _address(wanted)
    return f"{wanted.endpoint.partition('://')[0]}://{host}:{port}"


def _unknown_gateway() -> Problem:
    return Problem(
        "observability.traces",
        "traces with the cluster's own gateway",
        "the pinned Envoy Gateway",
        "take envoy-gateway out of `adopt.provides`, or set tracing up in that gateway: whether it takes the address "
        "of a collector (Backend) is not known",
    )
