"""A new revision beside the one that serves: its share, its own objects, and how a failing one loses its share."""

from dataclasses import replace
from typing import Any

import pytest

from intertie.plan import Plan
from intertie.workload import canary
from support.rendered import case, on_trial, on_trial_at_the_door
from support.workloads import container, handle, objects, option, variables

SHARES = [("generate", 90), ("generate-canary", 10)]


def weights(route: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["name"], each["weight"]) for each in route["spec"]["rules"][0]["backendRefs"]]


def made(plan: Plan) -> dict[str, dict[str, Any]]:
    return objects(plan, handle(plan))


def test_a_canary_is_the_stage_with_other_weights_and_a_count_of_its_own() -> None:
    found = made(on_trial())
    stable, trial = found["generate-deployment"], found["generate-canary-deployment"]
    assert option(container(stable)["args"], "--revision") == "6f6073b"
    assert option(container(trial)["args"], "--revision") == "8a7b9c0"
    assert trial["spec"]["replicas"] == 2
    assert container(trial)["resources"] == container(stable)["resources"]
    assert stable["spec"]["selector"] != trial["spec"]["selector"]
    assert "generate-canary-autoscaler" not in found


def test_at_the_door_the_gateways_route_splits_the_requests() -> None:
    assert weights(made(on_trial_at_the_door())["gateway-route"]) == SHARES


def test_inside_a_gateway_of_its_own_splits_them() -> None:
    found = made(on_trial())
    assert weights(found["generate-split-route"]) == SHARES
    service = found["generate-split-proxies"]["spec"]["provider"]["kubernetes"]["envoyService"]
    assert service["type"] == "ClusterIP"
    url = variables(found["prepare-deployment"])["GENERATE_URL"]
    assert url == f"http://{service['name']}.envoy-gateway-system.svc.cluster.local:80"
    assert "GENERATE_CANARY_URL" not in variables(found["prepare-deployment"])


def test_the_splitting_gateways_service_has_a_name_that_an_address_can_hold() -> None:
    """Kubernetes takes no more than 63 characters; pipeline and stage may have 30 each."""
    plan = on_trial()
    stages = {each.name: replace(each, name=each.name.replace("generate", "g" * 30)) for each in plan.stages}
    trial = replace(stages["generate-canary"], canary_of="g" * 30)
    long = replace(plan, namespace="n" * 30, stages=(stages["prepare"], stages["generate"], trial))
    service = canary.address(long, stages["generate"]).removeprefix("http://").partition(".")[0]
    assert len(service) <= 63
    assert service.startswith(f"{'n' * 30}-{'g' * 20}")
    (proxies,) = [each for each in canary.objects(long) if each.kind == "EnvoyProxy"]
    assert proxies.body["spec"]["provider"]["kubernetes"]["envoyService"]["name"] == service


def test_inside_only_the_splitting_gateway_reaches_either_revision() -> None:
    found = made(on_trial())
    gateway = canary.proxies(on_trial(), on_trial().stage("generate"))
    for stage in ("generate", "generate-canary"):
        first = found[f"{stage}-ingress"]["spec"]["ingress"][0]
        assert first["from"] == [gateway]
    assert found["prepare-ingress"]["spec"]["egress"][0] == {
        "to": [gateway],
        "ports": [{"port": 10080, "protocol": "TCP"}],
    }


@pytest.mark.parametrize(
    ("plan", "role"), [(on_trial, "generate-split-limits"), (on_trial_at_the_door, "gateway-backend-limits")]
)
def test_replicas_that_fail_lose_their_share_without_anybody_looking(plan, role: str) -> None:
    health = made(plan())[role]["spec"]["healthCheck"]
    assert health["passive"]["consecutive5XxErrors"] == 5
    assert health["passive"]["maxEjectionPercent"] == 50
    assert health["panicThreshold"] == 0


def test_without_a_canary_nothing_is_split() -> None:
    found = objects(*case("hot-ladder"))
    assert not [role for role in found if "split" in role or "canary" in role]
    assert "healthCheck" not in found["gateway-backend-limits"]["spec"]
    assert "weight" not in found["gateway-route"]["spec"]["rules"][0]["backendRefs"][0]


def test_a_pipeline_without_a_door_splits_all_the_same() -> None:
    from intertie.workload import charts
    from support.pipelines import PREPARE, generate, planned
    from support.rendered import MODEL, TRIAL

    stage = {**generate(model=MODEL, canary=TRIAL), "after": ["prepare"]}
    plan = planned(stages=[PREPARE, stage])
    assert {"gateway-class", "generate-split"} <= set(made(plan))
    assert "envoy-gateway" in [chart.role for chart in charts(plan, handle(plan))]
