"""What the plan says of the clouds' own budgets: how much, who is told, and what to add where something lacks."""

from typing import Any

import pytest

from intertie.plan.budgets import cloud_budget, thresholds
from intertie.plan.prerequisites import prerequisites
from intertie.spec import Budget
from support.pipelines import choice, planned

MONEY = {
    "monthly_usd": 120000, "alerts": "ml-costs@example.com", "since": "2026-12",
    "billing_account": "01A2B3-C4D5E6-F7A8B9",
}  # fmt: skip
CLOUDS = ("aws", "azure", "gcp")


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in MONEY.items() if key not in keys}


def notes(cloud: str, budget: dict[str, Any]) -> list[str]:
    return [note for note in planned(cloud, budget=budget).notes if "budget" in note]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_budget_with_all_that_its_cloud_needs_is_a_choice_and_no_warning(cloud: str) -> None:
    plan = planned(cloud, budget=MONEY)
    chosen = choice(plan, "placements.here.budget")
    assert chosen.chosen == "$120,000 a month"
    assert chosen.why.endswith("ml-costs@example.com told at 50 % spent, 80 % spent, 100 % spent, 100 % foreseen")
    assert notes(cloud, MONEY) == []


@pytest.mark.parametrize(
    ("cloud", "lacking", "wanted"),
    [
        ("aws", ["alerts"], ["`budget.alerts` (who is told"]),
        ("azure", ["since"], ["`budget.since` (the month in which the stack is made"]),
        ("gcp", ["billing_account"], ["`budget.billing_account` (the billing account that pays"]),
        ("azure", ["alerts", "since"], ["`budget.alerts`", "`budget.since`"]),
    ],
)
def test_what_lacks_is_said_with_what_to_add(cloud: str, lacking: list[str], wanted: list[str]) -> None:
    (note,) = notes(cloud, without(*lacking))
    assert note.startswith("here has no budget at its cloud, and nobody is told what it costs: add `budget.")
    assert all(text in note for text in wanted)
    assert cloud_budget(planned(cloud, budget=without(*lacking))) is None


def test_aws_needs_neither_a_month_nor_a_billing_account() -> None:
    assert notes("aws", without("since", "billing_account")) == []


def test_without_a_budget_nothing_is_said_and_nothing_is_made() -> None:
    plan = planned()
    assert cloud_budget(plan) is None
    assert not [note for note in plan.notes if "budget" in note]


def test_a_placement_with_a_share_of_its_own_is_held_to_it() -> None:
    watch = {"image": "ghcr.io/acme/intertie:1.0", "monthly_usd": {"here": 30000}}
    found = cloud_budget(planned(budget={**MONEY, "watch": watch}))
    assert found is not None
    assert (found.monthly_usd, found.amount) == (30000, "30000")


@pytest.mark.parametrize(
    ("given", "written"), [(250000, "250000"), (99.5, "99.5"), (0.01, "0.01"), (1e12, "1000000000000")]
)
def test_an_amount_is_written_without_what_it_does_not_need(given: float, written: str) -> None:
    found = cloud_budget(planned(budget={**MONEY, "monthly_usd": given}))
    assert found is not None
    assert found.amount == written


def test_an_address_that_is_given_twice_is_told_once() -> None:
    found = cloud_budget(planned(budget={**MONEY, "alerts": ["a@example.com", "b@example.com", "a@example.com"]}))
    assert found is not None
    assert found.alerts == ("a@example.com", "b@example.com")


def test_points_are_in_order_within_what_every_cloud_takes_and_somebody_is_told_in_time() -> None:
    found = thresholds()
    assert 1 <= len(found) <= 5  # Azure: up to five notifications
    assert all(0 < each.percent <= 100 and each.basis in ("actual", "forecast") for each in found)
    assert all(each.source and each.as_of for each in found)
    assert len({(each.percent, each.basis) for each in found}) == len(found)


def test_on_aws_the_tags_have_to_be_activated_first() -> None:
    wanted = {each.name: each.how for each in prerequisites(planned("aws", budget=MONEY)) if each.kind == "tag"}
    assert set(wanted) == {"pipeline", "placement"}
    assert "TagKey=pipeline,Status=Active" in wanted["pipeline"]
    assert not [each for each in prerequisites(planned("gcp", budget=MONEY)) if each.kind == "tag"]


def test_one_address_stands_for_a_list_of_one() -> None:
    one, listed = Budget.model_validate(MONEY), Budget.model_validate({**MONEY, "alerts": ["ml-costs@example.com"]})
    assert one == listed
