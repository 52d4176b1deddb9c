"""Budgets that the clouds keep: whose costs they count, when they tell, and that none is made where something lacks."""

from functools import cache
from typing import Any

import pytest

from intertie.graph import check
from intertie.plan import Plan
from intertie.plan.budgets import thresholds
from support.building import Built, build
from support.plans import plan, spec

MONEY: dict[str, Any] = {
    "monthly_usd": 120000.5,
    "alerts": ["ml-costs@example.com", "platform@example.com"],
    "since": "2026-12",
    "billing_account": "01A2B3-C4D5E6-F7A8B9",
}
BUDGET = {
    "aws": "aws:budgets/budget:Budget",
    "azure": "azure-native:consumption:Budget",
    "gcp": "gcp:billing/budget:Budget",
}
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"budget-{cloud}")) for cloud in BUDGET]


def budgeted(cloud: str, without: str = "", **changes: Any) -> Plan:
    money = {key: value for key, value in MONEY.items() if key != without}
    return plan(cloud, spec=spec(cloud, budget=money), **changes)


@cache
def made(cloud: str) -> Built:
    return build(budgeted(cloud))


def budget(cloud: str) -> dict[str, Any]:
    return made(cloud).inputs(BUDGET[cloud], "budget")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_budget_is_spelt_right_and_asks_nothing_of_the_cloud(cloud: str) -> None:
    assert check(made(cloud).graph) == ()
    assert not [each for each in made(cloud).graph.invokes if "budget" in each.token.lower()]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("lacking", ["alerts", "monthly_usd"])
def test_without_a_budget_or_anybody_to_tell_there_is_none(cloud: str, lacking: str) -> None:
    bare = plan(cloud, spec=spec(cloud)) if lacking == "monthly_usd" else budgeted(cloud, without=lacking)
    assert not build(bare).graph.of_type(BUDGET[cloud])


@pytest.mark.parametrize(("cloud", "lacking"), [("azure", "since"), ("gcp", "billing_account")])
def test_what_a_cloud_needs_is_needed_there_alone(cloud: str, lacking: str) -> None:
    assert not build(budgeted(cloud, without=lacking)).graph.of_type(BUDGET[cloud])
    assert build(budgeted("aws", without=lacking)).graph.of_type(BUDGET["aws"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cold_placement_keeps_its_budget(cloud: str) -> None:
    cold = budgeted(cloud, tier="cold", renders=("artifacts", "identity"))
    assert len(build(cold).graph.of_type(BUDGET[cloud])) == 1


def test_the_budget_of_aws_counts_what_carries_the_placements_tags() -> None:
    found = budget("aws")
    assert (found["limitAmount"], found["limitUnit"], found["timeUnit"]) == ("120000.5", "USD", "MONTHLY")
    tags = {each["tags"]["key"]: each["tags"]["values"] for each in found["filterExpression"]["ands"]}
    assert tags == {"pipeline": ["chat"], "placement": ["here"]}
    assert "costFilters" not in found
    assert found["name"].startswith("chat")  # what the deploy role may name


def test_the_budget_of_azure_counts_both_resource_groups_and_begins_with_a_month() -> None:
    found, group = budget("azure"), made("azure").inputs("azure-native:resources:ResourceGroup", "group")
    cluster = made("azure").inputs("azure-native:containerservice:ManagedCluster", "cluster")
    dimension = found["filter"]["dimensions"]
    assert (dimension["name"], dimension["operator"]) == ("ResourceGroupName", "In")
    assert dimension["values"] == [group["resourceGroupName"], cluster["nodeResourceGroup"]]
    assert found["timePeriod"] == {"startDate": "2026-12-01T00:00:00Z"}
    assert made("azure").one(BUDGET["azure"], "budget").ignore_changes == ("timePeriod",)
    assert found["amount"] == 120000.5


def test_the_budget_of_google_is_of_one_project_and_tells_by_channels() -> None:
    found, graph = budget("gcp"), made("gcp").graph
    assert found["billingAccount"] == "01A2B3-C4D5E6-F7A8B9"
    assert found["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "120000", "nanos": 500_000_000}
    assert found["budgetFilter"]["labels"] == {"placement": "here"}
    addresses = [each.inputs["labels"]["email_address"] for each in graph.of_type(CHANNEL)]
    assert addresses == MONEY["alerts"]
    assert len(found["allUpdatesRule"]["monitoringNotificationChannels"]) == 2
    services = {each.inputs["service"] for each in graph.of_type("gcp:projects/service:Service")}
    assert {"billingbudgets.googleapis.com", "monitoring.googleapis.com"} <= services


def test_the_number_of_a_project_is_read_off_a_service_agent_or_the_update_ends() -> None:
    import pulumi

    from intertie.platforms.gke.budget import _numbered

    assert _numbered("service-123456789012@gcp-sa-secretmanager.iam.gserviceaccount.com") == "projects/123456789012"
    with pytest.raises(pulumi.RunError, match="no project number"):
        _numbered("agent@example.com")


def told(cloud: str) -> set[tuple[str, float]]:
    """(basis, share of the amount) at which each cloud tells somebody."""
    found = budget(cloud)
    if cloud == "aws":
        for each in found["notifications"]:
            assert each["subscriberEmailAddresses"] == MONEY["alerts"]
            assert (each["thresholdType"], each["comparisonOperator"]) == ("PERCENTAGE", "GREATER_THAN")
        return {(each["notificationType"], each["threshold"] / 100) for each in found["notifications"]}
    if cloud == "azure":
        rows = found["notifications"].values()
        assert all(each["contactEmails"] == MONEY["alerts"] and each["enabled"] for each in rows)
        return {(each["thresholdType"], each["threshold"] / 100) for each in rows}
    return {(each["spendBasis"], each["thresholdPercent"]) for each in found["thresholdRules"]}


def test_every_cloud_tells_at_the_same_points() -> None:
    names = {
        "aws": {"actual": "ACTUAL", "forecast": "FORECASTED"},
        "azure": {"actual": "Actual", "forecast": "Forecasted"},
        "gcp": {"actual": "CURRENT_SPEND", "forecast": "FORECASTED_SPEND"},
    }
    for cloud, words in names.items():
        assert told(cloud) == {(words[each.basis], each.percent / 100) for each in thresholds()}
