"""Whom alerts reach: each cloud writes to the addresses of the description, and to nobody without any."""

import json
from functools import cache
from typing import Any

import pytest

from intertie.graph import check
from intertie.plan import Plan
from intertie.plan.alerts import alerts
from intertie.plan.cost_rules import cost_alerts
from intertie.platforms.eks.monitoring_alerts import definition, key_policy, topic_policy
from intertie.platforms.gke.monitoring_alerts import plainly, seconds
from support.building import Built, build
from support.plans import plan, spec

PAGE, TICKET = ["oncall@example.com", "pager@example.com"], ["platform@example.com"]
APART = {"page": PAGE, "ticket": TICKET}
WATCHED = {"monthly_usd": 9e4, "watch": {"image": "ghcr.io/acme/intertie@sha256:" + "a" * 64}}
SUBSCRIPTION, TOPIC = "aws:sns/topicSubscription:TopicSubscription", "aws:sns/topic:Topic"
GROUP, RULES = "azure-native:monitor:ActionGroup", "azure-native:alertsmanagement:PrometheusRuleGroup"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
MANAGER = "aws:amp/alertManagerDefinition:AlertManagerDefinition"
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
KINDS = {"aws": SUBSCRIPTION, "azure": GROUP, "gcp": CHANNEL}
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"alerts-{cloud}")) for cloud in KINDS]
WORKSPACE = "arn:aws-us-gov:aps:us-gov-west-1:123456789012:workspace/ws-1"


def told(cloud: str, who: Any = APART, **changes: Any) -> Plan:
    return plan(cloud, spec=spec(cloud, alerts=who, budget=WATCHED), **changes)


@cache
def made(cloud: str) -> Built:
    return build(told(cloud))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_tells_people_is_spelt_right(cloud: str) -> None:
    assert check(made(cloud).graph) == ()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_anybody_to_tell_there_is_nothing_that_tells(cloud: str) -> None:
    graph = build(plan(cloud)).graph
    assert not graph.of_type(KINDS[cloud])
    assert not [each for each in graph if each.type in (TOPIC, POLICY, MANAGER)]


def addresses(cloud: str, graph: Any) -> list[str]:
    """Who is written to, in order."""
    if cloud == "aws":
        return [each.inputs["endpoint"] for each in graph.of_type(SUBSCRIPTION)]
    if cloud == "azure":
        return [one["emailAddress"] for each in graph.of_type(GROUP) for one in each.inputs["emailReceivers"]]
    return [each.inputs["labels"]["email_address"] for each in graph.of_type(CHANNEL)]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_writes_to_the_same_people(cloud: str) -> None:
    assert addresses(cloud, made(cloud).graph) == [*PAGE, *TICKET]
    assert addresses(cloud, build(told(cloud, [*PAGE, PAGE[0]])).graph) == PAGE


def test_on_aws_a_topic_is_encrypted_and_only_this_workspace_may_write_to_it() -> None:
    key = made("aws").one("aws:kms/key:Key", "alerts-key")
    for topic in made("aws").graph.of_type(TOPIC):
        assert topic.property_dependencies["kmsMasterKeyId"] == (key.urn,)
    (statement,) = json.loads(topic_policy(WORKSPACE, "arn:topic"))["Statement"]
    assert statement["Principal"] == {"Service": "aps.amazonaws.com"}
    assert statement["Action"] == ["sns:Publish", "sns:GetTopicAttributes"]
    assert statement["Resource"] == "arn:topic"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": WORKSPACE},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_on_aws_the_key_lets_the_service_in_for_this_account_alone() -> None:
    own, publish = json.loads(key_policy(WORKSPACE))["Statement"]
    assert own["Principal"] == {"AWS": "arn:aws-us-gov:iam::123456789012:root"}
    assert publish["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    assert publish["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_on_aws_what_is_bad_goes_to_one_topic_and_the_rest_to_the_other() -> None:
    from intertie.plan.recipients import desks

    text = definition("us-east-1", desks(told("aws")), ["arn:page", "arn:ticket"])
    config = json.loads(json.loads(text)["alertmanager_config"])
    assert config["route"]["receiver"] == "page"
    assert config["route"]["routes"] == [{"receiver": "ticket", "matchers": ['severity="warning"']}]
    topics = {each["name"]: each["sns_configs"] for each in config["receivers"]}
    assert topics["page"] == [{"topic_arn": "arn:page", "sigv4": {"region": "us-east-1"}}]
    manager = made("aws").one(MANAGER, "alert-manager")
    workspace = made("aws").one("aws:amp/workspace:Workspace", "metrics")
    assert manager.property_dependencies["workspaceId"] == (workspace.urn,)
    used = {urn for each in manager.property_dependencies.values() for urn in each}
    assert used >= {each.urn for each in made("aws").graph.of_type(TOPIC)}
    policies = {each.urn for each in made("aws").graph.of_type("aws:sns/topicPolicy:TopicPolicy")}
    assert policies <= set(manager.depends_on)


def test_on_azure_a_rule_names_the_group_of_its_severity() -> None:
    groups = {each.name.rpartition("-")[2]: each for each in made("azure").graph.of_type(GROUP)}
    assert {each.inputs["groupShortName"] for each in groups.values()} == {"page", "ticket"}
    found = [rule for each in made("azure").graph.of_type(RULES) for rule in each.inputs["rules"] if "alert" in rule]
    assert {rule["labels"]["severity"] for rule in found} == {"critical", "warning"}
    assert all(len(rule["actions"]) == 1 for rule in found)
    bare = build(plan("azure")).graph
    assert not [rule for each in bare.of_type(RULES) for rule in each.inputs["rules"] if rule.get("actions")]


def test_on_google_a_policy_asks_for_this_clusters_series_and_writes_to_its_severitys_people() -> None:
    graph, where = made("gcp").graph, f'cluster="{told("gcp").cluster}"'
    expected = [*alerts(told("gcp"), where), *cost_alerts(told("gcp"))]
    policies = graph.of_type(POLICY)
    asked = [each.inputs["conditions"][0]["conditionPrometheusQueryLanguage"] for each in policies]
    assert [each["query"] for each in asked] == [each.expr for each in expected]
    assert all(where in each.expr for each in alerts(told("gcp"), where) if each.name != "ReservationEnds")
    channels = {each.urn: each.inputs["labels"]["email_address"] for each in graph.of_type(CHANNEL)}
    for policy, alert in zip(policies, expected, strict=True):
        used = [channels[urn] for urn in policy.property_dependencies["notificationChannels"]]
        assert sorted(used) == sorted(PAGE if alert.severity == "critical" else TICKET)
        assert policy.inputs["severity"] == alert.severity.upper()
    assert asked[0]["duration"] == "900s"
    assert asked[0]["disableMetricValidation"] is True


def test_on_google_alerts_are_not_kept_twice() -> None:
    handle, bare = made("gcp").handle, build(plan("gcp")).handle
    assert handle is not None
    assert handle.metrics is not None
    assert not handle.metrics.alerts
    assert bare is not None
    assert bare.metrics is not None
    assert bare.metrics.alerts


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_alerts_of_money_are_among_the_workspaces_where_costs_are_watched(cloud: str) -> None:
    def names(graph: Any) -> set[str]:
        if cloud == "azure":
            rules = [rule for each in graph.of_type(RULES) for rule in each.inputs["rules"]]
        else:
            (kept,) = graph.of_type("aws:amp/ruleGroupNamespace:RuleGroupNamespace")
            rules = [rule for each in json.loads(kept.inputs["data"])["groups"] for rule in each["rules"]]
        return {rule.get("alert") or rule["record"] for rule in rules}

    money = {"BudgetBurnsTooFast", "BudgetGuardStandsStill", "intertie:budget_burn:ratio_6h"}
    assert money <= names(made(cloud).graph)
    assert not money & names(build(plan(cloud)).graph)


@pytest.mark.parametrize(("said", "meant"), [("15m", 900), ("1h", 3600), ("30s", 30)])
def test_durations_are_written_as_google_writes_them(said: str, meant: int) -> None:
    assert seconds(said) == meant


def test_a_summary_for_google_has_no_fields_that_it_does_not_fill_in() -> None:
    assert plainly("{{ $value | humanize }} nodes have no price") == "… nodes have no price"
