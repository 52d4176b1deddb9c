"""Spans of requests: who sends them where, how many, and what is not in them."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.workload import charts, render
from support.pipelines import PREPARE, generate, planned
from support.rendered import DOOR, case, picked, traced
from support.workloads import container, handle, objects, option, pinned, variables

INSIDE = "http://collector.observability.svc:14317"


def made(plan: Plan | None = None) -> dict[str, dict[str, Any]]:
    plan = plan or traced()
    return objects(plan, handle(plan))


@pytest.mark.parametrize("proxies", ["gateway-proxies", "generate-pooled-proxies"])
def test_proxies_send_a_part_of_all_spans_to_the_collector(proxies: str) -> None:
    found = made()
    tracing = found[proxies]["spec"]["telemetry"]["tracing"]
    assert tracing["samplingFraction"] == {"numerator": 50_000, "denominator": 1_000_000}
    assert tracing["provider"]["type"] == "OpenTelemetry"
    (reference,) = tracing["provider"]["backendRefs"]
    assert (reference["kind"], reference["name"]) == ("Backend", found["traces-collector"]["metadata"]["name"])


def test_a_collector_outside_is_spoken_to_under_tls_and_one_inside_by_its_full_name() -> None:
    outside, inside = made()["traces-collector"]["spec"], made(traced(INSIDE))["traces-collector"]["spec"]
    assert outside["endpoints"] == [{"fqdn": {"hostname": "otlp.example.com", "port": 4317}}]
    assert outside["tls"] == {"wellKnownCACertificates": "System"}
    assert inside == {"endpoints": [{"fqdn": {"hostname": "collector.observability.svc.cluster.local", "port": 14317}}]}


def test_the_gateway_takes_the_address_of_a_collector_only_where_one_is_named() -> None:
    def switched(plan: Plan) -> Any:
        (chart,) = [each for each in charts(plan, handle(plan)) if each.role == "envoy-gateway"]
        return chart.values["config"]["envoyGateway"]["extensionApis"]

    assert switched(traced()) == {"enableEnvoyPatchPolicy": True, "enableBackend": True}
    assert switched(picked()) == {"enableEnvoyPatchPolicy": True}


def test_no_caller_decides_what_is_traced() -> None:
    removed = made()["gateway-client-limits"]["spec"]["headers"]["earlyRequestHeaders"]["remove"]
    assert removed == ["traceparent", "tracestate"]
    inner = made()["generate-picker-callers"]["spec"]["headers"]["earlyRequestHeaders"]["remove"]
    assert "traceparent" not in inner
    entered = planned(stages=[generate()], endpoint=DOOR)
    assert "headers" not in made(entered)["gateway-client-limits"]["spec"]


def test_vllm_sends_spans_of_what_the_proxies_chose() -> None:
    one = container(made()["generate-deployment"])
    assert option(one["args"], "--otlp-traces-endpoint") == "https://otlp.example.com:4317"
    told = variables(made()["generate-deployment"])
    assert told["OTEL_SERVICE_NAME"] == "chat-generate"
    assert (told["OTEL_TRACES_SAMPLER"], told["OTEL_TRACES_SAMPLER_ARG"]) == ("parentbased_traceidratio", "0.05")
    assert "OTEL_EXPORTER_OTLP_TRACES_INSECURE" not in told
    assert variables(made(traced(INSIDE))["generate-deployment"])["OTEL_EXPORTER_OTLP_TRACES_INSECURE"] == "true"


def test_nothing_asks_for_details_or_credentials_in_spans() -> None:
    text = str(made())
    assert "--collect-detailed-traces" not in text
    assert "OTEL_EXPORTER_OTLP_HEADERS" not in text
    for proxies in ("gateway-proxies", "generate-pooled-proxies"):
        tracing = made()[proxies]["spec"]["telemetry"]["tracing"]
        assert set(tracing) == {"samplingFraction", "provider"}
        assert "openTelemetry" not in tracing["provider"]


def test_a_stage_that_sends_spans_may_reach_the_collector_and_no_other_may() -> None:
    outside = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 4317, "protocol": "TCP"}]}
    assert outside in made()["generate-ingress"]["spec"]["egress"]
    assert outside not in made()["prepare-ingress"]["spec"]["egress"]
    namespace = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "observability"}}}
    inside = {"to": [namespace], "ports": [{"port": 14317, "protocol": "TCP"}]}
    assert inside in made(traced(INSIDE))["generate-ingress"]["spec"]["egress"]


@pytest.mark.parametrize(
    ("runtime", "accelerator", "vendor"), [("sglang", "h100", "nvidia"), ("vllm", "trainium1", "neuron")]
)
def test_a_runtime_without_the_exporter_is_not_told_to_trace(runtime: str, accelerator: str, vendor: str) -> None:
    plan = pinned(traced(), runtime, accelerator, vendor)
    assert "--otlp-traces-endpoint" not in str(made(plan)["generate-deployment"])


def test_who_names_an_endpoint_of_their_own_keeps_it() -> None:
    own = ["--otlp_traces_endpoint=https://mine.example.com:4317"]
    stage = {**generate(args=own), "after": ["prepare"]}
    told = {"traces": {"endpoint": "https://otlp.example.com"}}
    plan = planned(stages=[PREPARE, stage], observability=told, endpoint=DOOR)
    one = container(made(plan)["generate-deployment"])
    assert "https://otlp.example.com:4317" not in one["args"]
    assert own[0] in one["args"]


def test_the_clusters_own_gateway_is_not_told_to_trace() -> None:
    plan = planned(stages=[generate()], observability={"traces": {"endpoint": INSIDE}}, endpoint=DOOR)
    with pytest.raises(PlanError, match=r"observability\.traces"):
        render(plan, handle(plan, provided=frozenset({"envoy-gateway"})))


def test_without_traces_nothing_of_them_is_rendered() -> None:
    plan, cluster = case("inference-pool")
    assert "otlp" not in str(objects(plan, cluster)).lower()
    assert "traces-collector" not in objects(plan, cluster)


def test_without_a_gateway_only_the_runtime_sends_spans() -> None:
    told = {"traces": {"endpoint": "https://otlp.example.com"}}
    found = made(planned(stages=[generate()], observability=told))
    assert "traces-collector" not in found
    assert option(container(found["generate-deployment"])["args"], "--otlp-traces-endpoint")


@pytest.mark.parametrize(
    "endpoint",
    ["http://otlp.example.com:4317", "https://user:secret@otlp.example.com", "otlp.example.com:4317", "https://a/v1/traces"],
)  # fmt: skip
def test_spans_leave_the_cluster_under_tls_alone_and_without_credentials_in_the_address(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="https://<host>"):
        traced(endpoint)


@pytest.mark.parametrize("sample", [0, -1, 1.5])
def test_a_part_of_the_requests_is_above_nothing_and_at_most_all(sample: float) -> None:
    told = {"traces": {"endpoint": "https://otlp.example.com", "sample": sample}}
    with pytest.raises(ValidationError, match="above 0"):
        planned(stages=[generate()], observability=told)


def test_the_smallest_part_is_still_one() -> None:
    plan = planned(stages=[generate()], observability={"traces": {"endpoint": INSIDE, "sample": 1e-9}}, endpoint=DOOR)
    rendered = made(replace(plan, tier="warm"))["gateway-proxies"]
    assert rendered["spec"]["telemetry"]["tracing"]["samplingFraction"]["numerator"] == 1
