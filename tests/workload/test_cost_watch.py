"""The budget guard and the exporter in the cluster: what they may do, how they are called, who may ask them."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes_validate import validate

from intertie.contract import MetricsBinding
from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec
from intertie.workload import Manifest, render
from intertie.workload.cost_watch import facts
from support import plans
from support.workloads import handle

OPERATOR = MetricsBinding(("monitoring.coreos.com/v1", "PodMonitor"), ("monitoring.coreos.com/v1", "PrometheusRule"),
                          ("monitoring",))  # fmt: skip
IMAGE = "ghcr.io/acme/intertie@sha256:" + "a" * 64


def plan(**watch: Any) -> Plan:
    found = plans.plan()
    data = found.spec.model_dump(mode="json", exclude_unset=True)
    data["budget"] = {"monthly_usd": 90_000, "watch": {"image": IMAGE, **watch}}
    return resolve(PipelineSpec.model_validate(data), found.placement)


def rendered(found: Plan, **changes: Any) -> dict[str, Manifest]:
    return {made.role: made for made in render(found, handle(found, **changes))}


def of(roles: dict[str, Manifest]) -> dict[str, Manifest]:
    return {role: made for role, made in roles.items() if "intertie-" in role or role.startswith("cost-")}


def test_nothing_is_installed_unless_it_is_asked_for() -> None:
    assert not of(rendered(plans.plan()))


def test_every_object_is_of_kubernetes_own_kinds_and_valid() -> None:
    found = of(rendered(plan()))
    assert {"intertie-guard", "intertie-exporter", "intertie-exporter-service", "cost-dashboard"} <= set(found)
    for made in found.values():
        validate(json.loads(json.dumps(made.body)), "1.35", strict=True)


def test_the_guard_may_patch_autoscalers_and_nothing_else() -> None:
    rules = rendered(plan())["intertie-guard-rights"].body["rules"]
    writes = {(rule["apiGroups"][0], name, verb) for rule in rules for name in rule["resources"]
              for verb in rule["verbs"] if verb not in ("get", "list", "watch")}  # fmt: skip
    assert writes == {
        ("keda.sh", "scaledobjects", "patch"),
        ("autoscaling", "horizontalpodautoscalers", "patch"),
        ("", "configmaps", "patch"),
        ("", "configmaps", "create"),
    }
    patched = next(rule for rule in rules if "patch" in rule["verbs"] and rule["resources"] == ["configmaps"])
    assert patched["resourceNames"] == ["intertie-guard"]
    nodes = rendered(plan())["intertie-guard-nodes"].body["rules"]
    assert nodes == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]}]


def test_the_exporter_may_only_read() -> None:
    found = rendered(plan())
    for role in ("intertie-exporter-rights", "intertie-exporter-nodes"):
        assert {verb for rule in found[role].body["rules"] for verb in rule["verbs"]} <= {"get", "list"}


def words(found: Plan) -> list[str]:
    job = rendered(found)["intertie-guard"].body["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return job["containers"][0]["command"]


def test_the_guard_only_says_what_it_would_do_until_it_is_told_to_act() -> None:
    assert "--act" not in words(plan())
    assert "--act" in words(plan(act=True))


def test_a_placement_may_have_a_budget_of_its_own() -> None:
    found = plan()
    assert words(found)[words(found).index("--budget") + 1] == "90000.00"
    own = plan(monthly_usd={found.placement: 1500})
    assert words(own)[words(own).index("--budget") + 1] == "1500.00"


def test_the_guards_command_is_one_that_the_command_line_takes() -> None:
    from typer.main import get_command

    from intertie.cli.app import app

    found = rendered(plan(act=True))
    exporter = found["intertie-exporter"].body["spec"]["template"]["spec"]["containers"][0]["command"]
    for line in (words(plan(act=True)), exporter):
        command = get_command(app).commands[line[1]]  # type: ignore[attr-defined]
        command.make_context(line[1], list(line[2:]))


def test_the_exporter_reads_the_facts_that_are_rendered(tmp_path: Any) -> None:
    from intertie.money.exporter.snapshot import read_facts

    path = tmp_path / "facts.json"
    path.write_text(rendered(plan())["intertie-exporter-facts"].body["data"]["facts.json"])
    facts = read_facts(path)
    assert (facts.namespace, facts.budget_usd) == (plan().namespace, 90_000)
    assert facts.models


def test_only_the_collector_may_ask_the_exporter() -> None:
    policy = rendered(plan(), metrics=OPERATOR)["intertie-exporter-policy"].body["spec"]
    (source,) = policy["ingress"][0]["from"]
    assert source["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}


def test_monitor_and_rules_are_of_the_collectors_kinds() -> None:
    found = rendered(plan(), metrics=OPERATOR)
    assert found["intertie-exporter-monitor"].kind == "PodMonitor"
    assert found["cost-rules"].kind == "PrometheusRule"
    assert "intertie-exporter-monitor" not in rendered(plan())


@pytest.mark.parametrize("role", ["intertie-guard", "intertie-exporter"])
def test_no_container_has_a_privilege(role: str) -> None:
    spec = rendered(plan())[role].body["spec"]
    pod = (spec.get("jobTemplate") or {"spec": spec})["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not [key for key in container if key in ("env", "envFrom")], "no credential is handed in"


def test_a_budget_of_a_placement_that_is_not_there_is_refused(tmp_path: Any) -> None:
    from intertie.errors import InputError
    from intertie.spec import read_file

    chat = (Path(__file__).parents[2] / "stacks" / "specs" / "chat.yaml").read_text()
    path = tmp_path / "chat.yaml"
    path.write_text(re.sub(r"(?m)^budget:.*\n(  .*\n)*", "", chat) + WATCH)
    with pytest.raises(InputError, match=r"aws-use9.*\n?.*aws-use1"):
        read_file(path)


WATCH = f"""
budget:
  monthly_usd: 90000
  watch:
    image: {IMAGE}
    monthly_usd: {{aws-use9: 100}}
"""


def test_reserved_machines_are_told_to_the_exporter_with_the_place_that_the_cluster_has() -> None:
    reserved = plans.accelerator_pool("aws", "odcr", rank=1, max_nodes=3, claim=plans.claim("odcr", id="cr-0abc"))
    described = plan()
    made = facts(
        replace(described, pools=(*described.pools, reserved)), handle(described, prices="aws", region="us-east-1")
    )
    (commitment,) = made["commitments"]
    assert {key: commitment[key] for key in ("kind", "region", "machine", "quantity")} == {
        "kind": "odcr",
        "region": "us-east-1",
        "machine": reserved.machine,
        "quantity": 3,
    }
    assert made["cloud"] == "aws"
