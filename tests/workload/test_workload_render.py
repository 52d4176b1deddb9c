"""Everything that is rendered, as a whole: valid, complete, in order, the same every time."""

import json
from typing import Any

import kubernetes_validate
import pytest

from intertie import catalog
from intertie.contract import GatewayBinding, IdentityBinding, StorageBinding
from intertie.errors import InputError
from intertie.workload import charts, render
from support import plans
from support.golden import as_yaml, assert_golden
from support.rendered import CASES, case, ladder
from support.workloads import PLAIN, binding, handle, manifests, stage_spec


@pytest.mark.parametrize("name", CASES)
def test_every_object_that_is_not_custom_is_valid_for_the_pinned_kubernetes(name: str) -> None:
    plain = [made for made in render(*case(name)) if made.api_version in PLAIN]
    assert len(plain) >= 12
    for made in plain:
        kubernetes_validate.validate(json.loads(json.dumps(made.body)), catalog.KUBERNETES, strict=True)


def test_the_validator_refuses_a_misspelt_field() -> None:
    deployment = manifests(ladder())["generate-deployment"].body
    broken: dict[str, Any] = json.loads(json.dumps(deployment))
    broken["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, catalog.KUBERNETES, strict=True)


@pytest.mark.parametrize("name", CASES)
def test_rendered_objects_are_as_recorded(name: str) -> None:
    plan, cluster = case(name)
    made = [dict(manifest.body) for manifest in render(plan, cluster)]
    installed = [{"chart": c.chart, "version": c.version, "namespace": c.namespace} for c in charts(plan, cluster)]
    assert_golden(f"workload/{name}.yaml", as_yaml([{"charts": installed}, *made]))


@pytest.mark.parametrize("name", CASES)
def test_every_object_comes_after_what_it_needs(name: str) -> None:
    plan, cluster = case(name)
    there = {chart.role for chart in charts(plan, cluster)}
    for made in render(plan, cluster):
        assert there.issuperset(made.needs), f"{made.role} needs {made.needs}"
        there.add(made.role)


@pytest.mark.parametrize("name", CASES)
def test_roles_and_objects_are_unique(name: str) -> None:
    made = render(*case(name))
    assert len({one.role for one in made}) == len(made)
    identities = {(one.api_version, one.kind, one.body["metadata"].get("namespace"), one.name) for one in made}
    assert len(identities) == len(made)


def test_the_same_plan_gives_the_same_objects() -> None:
    assert render(*case("hot-ladder")) == render(*case("hot-ladder"))


def test_every_object_carries_the_labels_that_money_is_split_by() -> None:
    own = [made for made in render(*case("hot-ladder")) if made.body["metadata"].get("namespace") != "kube-system"]
    for made in own:
        labels = made.body["metadata"]["labels"]
        assert labels["cost_center"] == "ml-4711", made.role
        assert labels["owner"] == "search-platform", made.role
        assert labels["app.kubernetes.io/managed-by"] == "intertie", made.role


def test_values_that_are_not_known_yet_pass_through_untouched() -> None:
    class Later:
        """Stands for an output: nobody may look inside."""

        def __str__(self) -> str:
            raise AssertionError("looked inside an output")

        def __iter__(self) -> Any:
            raise AssertionError("looked inside an output")

    later = Later()
    plan = ladder()
    cluster = handle(
        plan,
        kubeconfig=later,
        registry=later,
        storage=StorageBinding(later, {"REGION": later}),
        identity=IdentityBinding({"example.com/role": later}),
        gateway=GatewayBinding({"example.com/subnet": later}),
    )
    made = manifests(plan, cluster)
    serving = made["generate-deployment"].body["spec"]["template"]["spec"]["containers"][0]
    assert serving["image"].parts[0] is later
    assert serving["args"][0].parts[0] is later
    assert {"name": "REGION", "value": later} in serving["env"]
    assert made["generate-account"].body["metadata"]["annotations"]["example.com/role"] is later
    service = made["gateway-proxies"].body["spec"]["provider"]["kubernetes"]["envoyService"]
    assert service["annotations"]["example.com/subnet"] is later


def test_a_pool_that_the_cluster_does_not_have_is_refused_with_those_it_has() -> None:
    plan = ladder()
    cluster = handle(plan, pools={"general": binding("general")})
    with pytest.raises(InputError, match=r"stage 'generate' runs on pool 'generate0'.*has: general"):
        render(plan, cluster)


def test_an_image_lies_in_the_mirror_under_its_path_without_the_host() -> None:
    plan = ladder()
    made = manifests(plan, handle(plan, registry="mirror.example.com/acme"))
    images = {
        role: made[role].body["spec"]["template"]["spec"]["containers"][0]["image"]
        for role in ("prepare-deployment", "generate-deployment", "nvidia-device-plugin")
    }
    plugin = catalog.image_digest("nvcr.io/nvidia/k8s-device-plugin:v0.17.4")
    assert images == {
        "prepare-deployment": f"mirror.example.com/acme/acme/prepare@{plans.DIGEST}",
        "generate-deployment": "mirror.example.com/acme/vllm/vllm-openai:v0.29.0",
        "nvidia-device-plugin": f"mirror.example.com/acme/nvidia/k8s-device-plugin:v0.17.4@{plugin}",
    }


def test_a_stage_is_told_where_the_stages_that_come_after_it_are() -> None:
    plan = stage_spec(ladder(), "generate", port=9000)
    env = manifests(plan)["prepare-deployment"].body["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "GENERATE_URL", "value": "http://generate.chat.svc.cluster.local:9000"} in env
