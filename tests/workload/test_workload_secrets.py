"""Secrets come from the cloud's store, and only where the cluster can ask one."""

from dataclasses import replace

import pytest

from intertie.contract import SECRETS_ACCOUNT, SecretsBinding
from intertie.plan.secrets import needs
from intertie.workload import charts
from support import plans
from support.rendered import gated, with_store
from support.workloads import endpoint, handle, manifests, objects, pinned

STORED = {"hub-token": "chat-here-hub-token", "callers": "chat-here-callers", "edge.tls": "chat-here-edge-tls"}


def test_a_plan_says_which_secrets_it_needs_and_what_is_in_them() -> None:
    found = {need.name: need for need in needs(gated())}
    assert {name: need.key for name, need in found.items()} == STORED
    assert found["hub-token"].fields == ("token",)
    assert found["edge.tls"].fields == ("tls.crt", "tls.key")
    assert found["callers"].fields == ()


def test_a_secret_that_two_stages_share_is_needed_once() -> None:
    plan = gated()
    twice = replace(plan, stages=(*plan.stages, plan.stage("generate")))
    names = [need.name for need in needs(twice)]
    assert names.count("hub-token") == 1


def test_without_gated_weights_and_keys_only_the_certificate_is_needed() -> None:
    assert [need.name for need in needs(plans.plan())] == ["chat-tls"]
    assert needs(replace(plans.plan(), spec=plans.spec(endpoint=None))) == ()


def test_each_secret_is_copied_from_the_store_under_its_own_name() -> None:
    made = objects(gated(), with_store(gated()))
    copies = {role: body for role, body in made.items() if body["kind"] == "ExternalSecret"}
    assert set(copies) == {f"{name}-secret" for name in STORED}
    for name, key in STORED.items():
        spec = copies[f"{name}-secret"]["spec"]
        assert spec["target"]["name"] == name
        assert spec["dataFrom"] == [{"extract": {"key": key}}]
        assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": "chat"}
        assert spec["target"]["deletionPolicy"] == "Retain"
    assert copies["edge.tls-secret"]["spec"]["target"]["template"]["type"] == "kubernetes.io/tls"
    assert "template" not in copies["hub-token-secret"]["spec"]["target"]


def test_the_store_is_asked_as_the_cluster_says() -> None:
    plan = gated()
    made = objects(plan, with_store(plan))
    assert made["secret-store"]["spec"]["provider"] == {"aws": {"service": "SecretsManager", "region": "us-east-1"}}
    account = made["secrets-account"]
    assert account["metadata"]["name"] == SECRETS_ACCOUNT
    assert account["metadata"]["annotations"] == {"identity.example.com/client": "1234"}


def test_values_of_the_binding_pass_through_untouched() -> None:
    later = object()
    plan = gated()
    cluster = handle(plan, secrets=SecretsBinding({"azurekv": {"vaultUrl": later}}, {"client": later}))
    made = objects(plan, cluster)
    assert made["secret-store"]["spec"]["provider"]["azurekv"]["vaultUrl"] is later
    assert made["secrets-account"]["metadata"]["annotations"]["client"] is later


def test_the_controller_is_installed_only_where_there_is_a_store_to_ask() -> None:
    plan = gated()
    assert "external-secrets" in [chart.role for chart in charts(plan, with_store(plan))]
    assert "external-secrets" not in [chart.role for chart in charts(plan, handle(plan))]
    assert not [body for body in objects(plan).values() if body["kind"] in ("SecretStore", "ExternalSecret")]


def test_a_controller_that_the_cluster_has_is_not_installed_again() -> None:
    plan = gated()
    cluster = handle(plan, secrets=SecretsBinding({"aws": {}}), provided=frozenset({"external-secrets"}))
    assert "external-secrets" not in [chart.role for chart in charts(plan, cluster)]
    assert manifests(plan, cluster)["secret-store"].needs == ("namespace", "secrets-account")


@pytest.mark.parametrize(
    ("role", "secret"),
    [("generate-deployment", "hub-token"), ("gateway-auth", "callers"), ("gateway", "edge.tls")],
)
def test_what_cannot_work_without_a_secret_comes_after_it(role: str, secret: str) -> None:
    plan = gated()
    assert f"{secret}-secret" in manifests(plan, with_store(plan))[role].needs
    assert f"{secret}-secret" not in manifests(plan)[role].needs


def test_no_value_of_a_secret_is_part_of_what_is_rendered() -> None:
    plan = endpoint(pinned(plans.plan()), auth="api-key")
    for body in objects(plan, with_store(plan)).values():
        assert body["kind"] != "Secret"
