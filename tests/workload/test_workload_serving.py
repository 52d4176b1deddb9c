"""TLS, limits, drains, priorities and waking: what a stage that carries paying traffic has."""

from dataclasses import replace

import kubernetes_validate
import pytest

from intertie import catalog
from intertie.workload import charts, check_args
from support import plans
from support.pipelines import generate, planned
from support.rendered import DOOR, MODEL, case, on_trial, on_trial_at_the_door, woken
from support.workloads import container, endpoint, handle, manifests, objects, option, pinned, pod, stage_spec

# ---------------------------------------------------------------------- certificate


def test_a_certificate_can_be_issued_and_renewed_in_the_cluster() -> None:
    plan = on_trial()
    made = objects(plan, handle(plan))
    spec = made["certificate"]["spec"]
    assert (spec["secretName"], spec["dnsNames"]) == ("chat-tls", ["chat.example.com"])
    assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": "Issuer", "name": "chat"}
    assert spec["renewBefore"] == "720h"  # a month, of three that it lasts
    acme = made["issuer"]["spec"]["acme"]
    assert acme["email"] == "platform@example.com"
    assert acme["server"].startswith("https://acme-")
    (parent,) = acme["solvers"][0]["http01"]["gatewayHTTPRoute"]["parentRefs"]
    assert (parent["name"], parent["sectionName"]) == ("chat", "http")
    assert "cert-manager" in [chart.role for chart in charts(plan, handle(plan))]


def test_the_gateway_answers_the_issuer_and_routes_nothing_there() -> None:
    plan = on_trial()
    made = objects(plan, handle(plan))
    assert [each["port"] for each in made["gateway"]["spec"]["listeners"]] == [443, 80]
    assert made["gateway-route"]["spec"]["parentRefs"] == [{"name": "chat", "sectionName": "https"}]


def test_a_challenge_by_dns_needs_no_open_port() -> None:
    dns = {"cloudDNS": {"project": "acme-dns"}}
    plan = on_trial(certificate={"email": "platform@example.com", "challenge": "dns", "dns": dns})
    made = objects(plan, handle(plan))
    assert made["issuer"]["spec"]["acme"]["solvers"] == [{"dns01": dns}]
    assert [each["port"] for each in made["gateway"]["spec"]["listeners"]] == [443]


def test_an_issuer_of_the_organisation_is_used_and_not_made() -> None:
    plan = on_trial_at_the_door()
    made = objects(plan, handle(plan))
    assert "issuer" not in made
    assert made["certificate"]["spec"]["issuerRef"]["kind"] == "ClusterIssuer"
    assert made["certificate"]["spec"]["issuerRef"]["name"] == "acme-ca"


def test_without_a_wish_the_organisations_own_certificate_is_taken_from_its_secret() -> None:
    assert not {"certificate", "issuer"} & set(objects(plans.plan()))


@pytest.mark.parametrize(
    "certificate",
    [{}, {"issuer": "acme-ca", "email": "a@example.com"}, {"email": "a@example.com", "challenge": "dns"},
     {"email": "a@example.com", "dns": {"cloudDNS": {}}}],
)  # fmt: skip
def test_a_certificate_that_nobody_could_issue_is_refused(certificate: dict) -> None:
    with pytest.raises(ValueError, match=r"expected (either `issuer`|`dns`)"):
        planned(endpoint={**DOOR, "certificate": certificate})


@pytest.mark.parametrize("door", [{"access": "private"}, {"access": "public", "allow": ["198.51.100.0/24"]}])
def test_a_challenge_that_the_issuer_could_not_reach_is_refused(door: dict) -> None:
    certificate = {"certificate": {"email": "platform@example.com"}}
    with pytest.raises(Exception, match=r"endpoint\.certificate\.challenge: found http, with .* let in"):
        planned(endpoint={**DOOR, **door, **certificate})


# ---------------------------------------------------------------------- limits


def test_limits_of_the_description_are_the_gateways() -> None:
    plan = on_trial()
    made = objects(plan, handle(plan))
    backend, client = made["gateway-backend-limits"]["spec"], made["gateway-client-limits"]["spec"]
    assert backend["requestBuffer"] == {"limit": "8Mi"}
    assert made["gateway-route"]["spec"]["rules"][0]["timeouts"]["request"] == "900s"
    assert client["timeout"]["http"]["streamIdleTimeout"] == "300s"


def test_each_of_two_proxies_lets_a_caller_have_half_of_the_rate() -> None:
    plan = on_trial()
    limit = objects(plan, handle(plan))["gateway-backend-limits"]["spec"]["rateLimit"]
    (rule,) = limit["local"]["rules"]
    assert rule["limit"] == {"requests": 60, "unit": "Minute"}
    assert rule["clientSelectors"] == [{"sourceCIDR": {"type": "Distinct", "value": "0.0.0.0/0"}}]
    replicas = objects(plan, handle(plan))["gateway-proxies"]["spec"]["provider"]["kubernetes"]["envoyDeployment"]
    assert replicas == {"replicas": 2}


def test_without_a_rate_nobody_is_held_back() -> None:
    assert "rateLimit" not in objects(plans.plan())["gateway-backend-limits"]["spec"]


def test_connections_are_kept_known_to_load_balancers_that_forget_silent_ones() -> None:
    made = objects(plans.plan())
    for role in ("gateway-backend-limits", "gateway-client-limits"):
        assert made[role]["spec"]["tcpKeepalive"]["idleTime"] == "60s"


# ---------------------------------------------------------------------- drain


def test_a_replica_finishes_the_longest_stream_before_it_goes() -> None:
    plan = on_trial()
    made = objects(plan, handle(plan))
    spec = pod(made["generate-deployment"])
    assert spec["terminationGracePeriodSeconds"] == 15 + 900 + 15
    assert option(container(made["generate-deployment"])["args"], "--shutdown-timeout") == "900"
    assert made["gateway-proxies"]["spec"]["shutdown"] == {"drainTimeout": "900s"}


def test_a_grace_that_is_too_short_for_streams_is_kept_and_said() -> None:
    plan = planned(stage={"grace": "2m"}, endpoint=DOOR)
    assert plan.stage("generate").grace_seconds == 120
    assert any("grace: answers that last longer than 2m are cut" in note for note in plan.notes)


def test_spot_nodes_that_go_sooner_are_said() -> None:
    said = "takes spot nodes back within 30 seconds to 2 minutes"
    written = planned(where={"capacity": {"generate": ["on-demand", "spot"]}})
    assert any(said in note for note in written.notes)
    by_default = planned()
    assert {pool.kind for pool in by_default.accelerator_pools()} == {"on-demand", "spot"}
    assert any(said in note for note in by_default.notes)
    bought = planned(where={"capacity": {"generate": ["on-demand"]}})
    assert not any(said in note for note in bought.notes)


# ---------------------------------------------------------------------- priority


def test_urgent_stages_take_the_place_of_others_and_patient_ones_wait() -> None:
    plan = on_trial()
    made = objects(plan, handle(plan))
    high, low = made["priority-high"], made["priority-low"]
    assert high["value"] > low["value"] > 0
    assert (high["preemptionPolicy"], low["preemptionPolicy"]) == ("PreemptLowerPriority", "Never")
    assert pod(made["prepare-deployment"])["priorityClassName"] == high["metadata"]["name"] == "chat-high"
    assert pod(made["generate-deployment"])["priorityClassName"] == "chat-low"
    assert "priority-high" in manifests(plan, handle(plan))["prepare-deployment"].needs
    for body in (high, low):
        kubernetes_validate.validate(body, catalog.KUBERNETES, strict=True)


def test_without_a_word_stages_are_as_everything_else() -> None:
    made = objects(plans.plan())
    assert "priorityClassName" not in pod(made["generate-deployment"])
    assert not [role for role in made if role.startswith("priority-")]


# ---------------------------------------------------------------------- scale to zero


def test_a_stage_at_zero_is_woken_by_those_who_wait_in_another() -> None:
    plan = woken()
    scaler = objects(plan, handle(plan))["generate-autoscaler"]["spec"]
    assert scaler["minReplicaCount"] == 0
    asked = scaler["triggers"][0]["metadata"]
    assert asked["url"] == "http://prepare.chat.svc.cluster.local:8000/metrics"
    assert asked["valueLocation"] == "prepare_waiting_requests"
    assert scaler["cooldownPeriod"] >= plan.stage("generate").load_seconds
    assert check_args(plan.stage("generate")) == ()


def test_the_scaler_may_ask_the_stage_that_shows_who_waits() -> None:
    plan = woken()
    made = objects(plan, handle(plan))

    def scalers(role: str) -> bool:
        return "keda-operator" in str(made[role]["spec"]["ingress"])

    assert scalers("prepare-ingress")
    assert not scalers("generate-ingress")


def test_without_anybody_to_wake_it_a_stage_keeps_one_replica() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", replicas={"min": 0, "max": 4})
    (problem,) = check_args(replace(plan.stage("generate"), min_replicas=0))
    assert "scaling: {stage: ..., metric: ...}" in problem.hint


@pytest.mark.parametrize("scaling", [{"stage": "nobody", "metric": "waiting"}, {"stage": "prepare"}])
def test_a_metric_that_nobody_shows_is_refused(scaling: dict) -> None:
    with pytest.raises(Exception, match=r"scaling\.(stage|metric)"):
        planned(stage={"scaling": scaling})


# ---------------------------------------------------------------------- canary, as planned


def test_a_canary_becomes_a_stage_of_the_plan() -> None:
    plan = on_trial()
    trial = plan.stage("generate-canary")
    assert (trial.canary_of, trial.weight, trial.min_replicas) == ("generate", 10, 2)
    assert trial.pools == plan.stage("generate").pools
    assert plan.stages[-1] is trial


def test_a_canary_of_a_placement_at_rest_has_no_replicas() -> None:
    stage = generate(model=MODEL, canary={"revision": "8a7b9c0"})
    plan = planned(
        stages=[stage],
        where={"tier": "pilot", "role": "failover"},
        others={"main": {"cloud": "aws", "region": "us-east-1"}},
    )
    assert plan.stage("generate-canary").max_replicas == 0


@pytest.mark.parametrize("model", [MODEL | {"revision": "8a7b9c0"}, {"id": "acme/model", "parameters": "8e9"}])
def test_a_canary_needs_another_revision_beside_it(model: dict) -> None:
    with pytest.raises(Exception, match=r"canary\.revision"):
        planned(stages=[generate(model=model, canary={"revision": "8a7b9c0"})])


def test_a_stage_may_not_be_called_like_anothers_canary() -> None:
    stages = [generate(model=MODEL, canary={"revision": "8a7b9c0"}), {**generate(), "name": "generate-canary"}]
    with pytest.raises(Exception, match="kept for them"):
        planned(stages=[stages[0], {**stages[1], "after": ["generate"]}])


def test_the_certificate_that_is_issued_here_needs_no_secret_from_a_store() -> None:
    from intertie.plan.secrets import needs

    assert [need.name for need in needs(on_trial())] == []
    assert [need.name for need in needs(endpoint(plans.plan(), tls_secret="edge"))] == ["edge"]
    assert [need.name for need in needs(case("woken")[0])] == ["edge"]
