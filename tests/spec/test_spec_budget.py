"""The budget of a description: what is taken, and what is refused with which words."""

from typing import Any

import pytest

from support.descriptions import problems_of, small

MONEY = {"monthly_usd": 1000}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"alerts": "ml-costs@example.com"},
        {"alerts": [f"team{number}@example.com" for number in range(5)]},
        {"since": "2026-12", "billing_account": "01A2B3-C4D5E6-F7A8B9"},
    ],
)
def test_a_budget_is_taken(more: dict[str, Any]) -> None:
    assert not problems_of(small(budget={**MONEY, **more}))


@pytest.mark.parametrize(
    ("more", "path", "allowed"),
    [
        ({"alerts": "nobody"}, "budget.alerts", "an address such as platform@example.com"),
        ({"alerts": ["a@example.com", "b"]}, "budget.alerts[1]", "an address such as platform@example.com"),
        ({"alerts": [f"t{number}@example.com" for number in range(6)]}, "budget.alerts", "at most 5"),
        ({"since": "2026-13"}, "budget.since", "a month such as 2026-12"),
        ({"since": "2026-12-01"}, "budget.since", "a month such as 2026-12"),
        ({"billing_account": "01a2b3-c4d5e6-f7a8b9"}, "budget.billing_account", "a billing account of Google Cloud"),
        ({"monthly_usd": 0}, "budget.monthly_usd", "an amount of dollars above 0"),
    ],
)
def test_a_budget_of_another_form_is_refused_in_words(more: dict[str, Any], path: str, allowed: str) -> None:
    (problem,) = problems_of(small(budget={**MONEY, **more}))
    assert problem.path == path
    assert allowed in problem.allowed
