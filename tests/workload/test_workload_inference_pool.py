"""Inference-pool routing: the pool, its picker, and how the gateway's proxies ask it and do without it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.workload import charts, check_args, render
from support import plans
from support.pipelines import PREPARE, generate, planned
from support.rendered import DOOR, MODEL, TRIAL, case, on_trial, picked, picked_at_the_door
from support.workloads import container, handle, objects, spanning, variables

DESTINATION = "x-gateway-destination-endpoint"


def made(name: str = "inference-pool") -> dict[str, dict[str, Any]]:
    plan, cluster = case(name)
    return objects(plan, cluster)


def picker(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return found["generate-picker"]["spec"]["template"]["spec"]


def said(plan: Plan) -> list[str]:
    return [f"{problem.found}: {problem.hint}" for stage in plan.stages for problem in check_args(stage)]


def test_a_pool_is_the_stages_replicas_and_names_their_picker() -> None:
    spec = made()["generate-pool"]["spec"]
    assert spec["selector"]["matchLabels"] == made()["generate-deployment"]["spec"]["selector"]["matchLabels"]
    assert spec["targetPorts"] == [{"number": 8000}]
    assert spec["endpointPickerRef"] == {"name": "generate-picker", "port": {"number": 9002}, "failureMode": "FailOpen"}


def test_of_replicas_over_several_nodes_leaders_alone_are_in_the_pool() -> None:
    chosen = made("inference-pool-entry")["generate-pool"]["spec"]["selector"]["matchLabels"]
    leader = made("inference-pool-entry")["generate-group"]["spec"]["leaderWorkerTemplate"]["leaderTemplate"]
    worker = made("inference-pool-entry")["generate-group"]["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    assert chosen.items() <= leader["metadata"]["labels"].items()
    assert not chosen.items() <= worker["metadata"]["labels"].items()


def test_the_pools_definition_is_installed_where_the_cluster_lacks_it() -> None:
    definition = made()["inference-pool-definition"]
    assert definition["kind"] == "CustomResourceDefinition"
    assert definition["spec"]["group"] == "inference.networking.k8s.io"
    assert [each["name"] for each in definition["spec"]["versions"]] == ["v1"]
    assert "inference-pool-definition" not in made("inference-pool-entry")


def test_proxies_send_a_request_where_the_picker_says_and_else_to_the_fewest() -> None:
    wanted = {"type": "LeastRequest", "endpointOverride": {"extractFrom": [{"header": DESTINATION}]}}
    assert made()["generate-pooled-limits"]["spec"]["loadBalancer"] == wanted
    assert made("inference-pool-entry")["gateway-backend-limits"]["spec"]["loadBalancer"] == wanted
    assert made()["gateway-backend-limits"]["spec"]["loadBalancer"] == {"type": "LeastRequest"}


@pytest.mark.parametrize(
    ("name", "route"), [("inference-pool", "generate-pooled-route"), ("inference-pool-entry", "gateway-route")]
)
def test_requests_pass_by_the_picker_and_answers_do_not(name: str, route: str) -> None:
    found = made(name)
    spec = found["generate-picker-asking"]["spec"]
    (asked,) = spec["extProc"]
    assert spec["targetRefs"][0]["name"] == found[route]["metadata"]["name"]
    assert asked["backendRefs"] == [{"name": "generate-picker", "port": 9002}]
    assert asked["processingMode"] == {"request": {"body": "FullDuplexStreamed"}}
    assert asked["backendSettings"]["timeout"]["tcp"]["connectTimeout"] == "1s"
    assert found["generate-picker-service"]["spec"]["ports"][0]["port"] == 9002


@pytest.mark.parametrize(("name", "listener"), [("inference-pool", "http"), ("inference-pool-entry", "https")])
def test_without_a_picker_requests_are_served_all_the_same(name: str, listener: str) -> None:
    found = made(name)
    spec = found["generate-picker-fail-open"]["spec"]
    gateway = found["generate-pooled" if listener == "http" else "gateway"]
    assert spec["targetRef"]["name"] == gateway["metadata"]["name"]
    assert listener in [each["name"] for each in gateway["spec"]["listeners"]]
    (patch,) = spec["jsonPatches"]
    assert patch["name"] == f"chat/{gateway['metadata']['name']}/{listener}"
    policy = found["generate-picker-asking"]["metadata"]["name"]
    assert f"ext_proc/envoyextensionpolicy/chat/{policy}/extproc/0" in patch["operation"]["jsonPath"]
    assert (patch["operation"]["path"], patch["operation"]["value"]) == ("/failure_mode_allow", True)


def test_the_gateway_takes_patches_only_where_a_pool_needs_one() -> None:
    def allowed(plan: Plan) -> Any:
        (chart,) = [each for each in charts(plan, handle(plan)) if each.role == "envoy-gateway"]
        return chart.values.get("config")

    assert allowed(picked()) == {"envoyGateway": {"extensionApis": {"enableEnvoyPatchPolicy": True}}}
    assert allowed(on_trial()) is None


@pytest.mark.parametrize(
    ("name", "policy"),
    [("inference-pool", "generate-picker-callers"), ("inference-pool-entry", "gateway-client-limits")],
)
def test_no_caller_chooses_a_replica_by_itself(name: str, policy: str) -> None:
    assert made(name)[policy]["spec"]["headers"]["earlyRequestHeaders"]["remove"] == [DESTINATION]


def test_a_picker_reads_no_request_that_is_refused_or_over_its_rate() -> None:
    order = made("inference-pool-entry")["gateway-proxies"]["spec"]["filterOrder"]
    after = ["envoy.filters.http.rbac", "envoy.filters.http.local_ratelimit"]
    assert order == [{"name": "envoy.filters.http.ext_proc", "after": each} for each in after]
    assert "filterOrder" not in made()["gateway-proxies"]["spec"]


def test_two_pickers_choose_at_the_same_time_apart_from_each_other() -> None:
    found = made()
    assert found["generate-picker"]["spec"]["replicas"] == 2
    assert found["generate-picker"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert found["generate-picker-disruptions"]["spec"]["maxUnavailable"] == 1
    topologies = [each["topologyKey"] for each in picker(found)["topologySpreadConstraints"]]
    assert topologies == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert not any("leader-election" in each for each in container(found["generate-picker"])["args"])


def test_a_picker_runs_without_rights_on_its_node_and_says_how_it_is() -> None:
    pod = picker(made())
    (one,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "@sha256:" in one["image"]
    assert one["resources"]["limits"] == {"memory": "2Gi"}
    assert one["readinessProbe"]["grpc"]["port"] == one["livenessProbe"]["grpc"]["port"] == 9003


def test_a_picker_may_read_pools_and_pods_of_its_namespace_and_nothing_else() -> None:
    found = made()
    rules = found["generate-picker-rights"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert sorted(name for rule in rules for name in rule["resources"]) == [
        "inferencemodelrewrites",
        "inferenceobjectives",
        "inferencepools",
        "pods",
    ]
    assert found["generate-picker-binding"]["roleRef"]["name"] == found["generate-picker-rights"]["metadata"]["name"]
    assert not [each for each in found.values() if each["kind"] == "ClusterRole"]


def test_proxies_and_pickers_speak_tls_under_an_authority_of_their_own() -> None:
    found = made()
    issued, trust = found["generate-picker-certificate"]["spec"], found["generate-picker-trust"]["spec"]
    assert issued["dnsNames"] == [trust["validation"]["hostname"]] == ["generate-picker.chat.svc"]
    assert trust["validation"]["caCertificateRefs"][0]["name"] == issued["secretName"]
    assert trust["targetRefs"][0]["name"] == found["generate-picker-service"]["metadata"]["name"]
    assert issued["issuerRef"]["name"] == found["pickers-issuer"]["metadata"]["name"]
    assert found["pickers-issuer"]["spec"]["ca"]["secretName"] == found["pickers-authority"]["spec"]["secretName"]
    assert found["pickers-authority"]["spec"]["isCA"] is True
    volumes = {each["name"]: each for each in picker(found)["volumes"]}
    assert volumes["certificate"]["secret"]["secretName"] == issued["secretName"]
    assert {"--cert-path=/certificate", "--enable-cert-reload=true"} <= set(container(found["generate-picker"])["args"])
    assert "cert-manager" in [chart.role for chart in charts(*case("inference-pool"))]


def test_only_proxies_ask_a_picker_and_it_asks_replicas_for_their_metrics_alone() -> None:
    found = made()
    policy = found["generate-picker-policy"]["spec"]
    asking, collecting = policy["ingress"]
    owner = asking["from"][0]["podSelector"]["matchLabels"]["gateway.envoyproxy.io/owning-gateway-name"]
    assert owner == found["generate-pooled"]["metadata"]["name"]
    assert (asking["ports"][0]["port"], collecting["ports"][0]["port"]) == (9002, 9090)
    chosen = {"podSelector": {"matchLabels": found["generate-deployment"]["spec"]["selector"]["matchLabels"]}}
    assert policy["egress"] == [{"to": [chosen], "ports": [{"port": 8000, "protocol": "TCP"}]}]
    pods = found["generate-picker"]["spec"]["selector"]["matchLabels"]
    assert policy["podSelector"]["matchLabels"] == pods
    callers = [source for rule in found["generate-ingress"]["spec"]["ingress"] for source in rule["from"]]
    assert {"podSelector": {"matchLabels": pods}} in callers


def test_the_collector_asks_pickers_for_their_metrics() -> None:
    found = made()
    spec = found["generate-picker-monitor"]["spec"]
    assert spec["podMetricsEndpoints"][0]["portNumber"] == 9090
    assert spec["selector"]["matchLabels"] == found["generate-picker"]["spec"]["selector"]["matchLabels"]
    unwatched = objects(picked(), handle(picked()))["generate-picker"]["spec"]["template"]["metadata"]
    assert unwatched["annotations"]["prometheus.io/port"] == "9090"


@pytest.mark.parametrize(("name", "engine"), [("inference-pool", "vllm"), ("inference-pool-entry", "sglang")])
def test_a_picker_reads_the_metrics_of_the_stages_own_runtime(name: str, engine: str) -> None:
    told = json.loads(made(name)["generate-picker-config"]["data"]["plugins.json"])
    assert {"type": "core-metrics-extractor", "parameters": {"defaultEngine": engine}} in told["plugins"]
    (profile,) = told["schedulingProfiles"]
    assert {each["pluginRef"] for each in profile["plugins"]} < {each["type"] for each in told["plugins"]}


def test_stages_before_a_pool_call_it_through_its_gateway() -> None:
    url = variables(made()["prepare-deployment"])["GENERATE_URL"]
    assert url == "http://chat-generate-pooled.envoy-gateway-system.svc.cluster.local:80"


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        ({"runtime": "triton"}, "inference-pool with runtime triton"),
        ({"canary": TRIAL, "model": MODEL}, "inference-pool and a canary"),
        ({"replicas": 1}, "there is nothing to choose from"),
    ],
)
def test_a_stage_that_no_picker_can_choose_for_is_refused(stage: dict[str, Any], why: str) -> None:
    plan = planned(stages=[PREPARE, {**generate(routing="inference-pool", **stage), "after": ["prepare"]}])
    assert why in "\n".join(said(plan))


def test_a_stage_of_its_own_image_has_no_metrics_that_a_picker_knows() -> None:
    assert "inference-pool with runtime custom" in "\n".join(
        said(planned(stages=[{**PREPARE, "routing": "inference-pool"}]))
    )


def test_a_pool_that_works_is_not_refused() -> None:
    assert said(picked()) == said(picked_at_the_door()) == []


def test_a_pool_needs_a_gateway_of_the_pinned_release_before_it() -> None:
    plan = planned(stages=[generate(routing="inference-pool")])
    with pytest.raises(PlanError, match="name an `endpoint`"):
        render(plan, handle(plan))
    with pytest.raises(PlanError, match=r"take envoy-gateway out of `adopt\.provides`"):
        render(picked(), handle(picked(), provided=frozenset({"envoy-gateway"})))


def test_without_a_pool_nothing_of_it_is_rendered() -> None:
    plan = spanning(plans.plan())
    kinds = {each.kind for each in render(plan, handle(plan))}
    assert kinds.isdisjoint({"InferencePool", "EnvoyExtensionPolicy", "EnvoyPatchPolicy", "CustomResourceDefinition"})


def test_each_pooled_stage_has_a_picker_of_its_own_under_one_authority() -> None:
    second = {**generate(routing="inference-pool"), "name": "judge", "after": ["generate"]}
    first = {**generate(routing="inference-pool"), "after": ["prepare"]}
    plan = planned(stages=[PREPARE, first, second], endpoint=DOOR)
    found = objects(plan, handle(plan))
    assert {"generate-picker", "judge-picker"} <= set(found)
    assert found["generate-pool"]["spec"]["endpointPickerRef"] != found["judge-pool"]["spec"]["endpointPickerRef"]
    rendered = render(replace(plan, tier="pilot"), handle(plan))
    assert sum(each.role == "pickers-authority" for each in rendered) == 1
