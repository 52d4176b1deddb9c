"""Whom alerts reach: what a description may say, who gets which severity, and what a plan says where nobody is told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.plan import Plan
from intertie.plan.alerts import alerts
from intertie.plan.prerequisites import prerequisites
from intertie.plan.recipients import check_recipients, desk_of, desks
from intertie.plan.site import Site
from intertie.plan.trail import Trail
from intertie.spec import read_data
from support.pipelines import choice, planned
from support.plans import plan, spec, spec_data

ADDRESSES = st.lists(st.sampled_from([f"desk{n}@example.com" for n in range(4)]), min_size=1, max_size=5)


def told(who: Any) -> Plan:
    return plan("aws", spec=spec("aws", alerts=who))


@pytest.mark.parametrize("who", ["oncall@example.com", ["oncall@example.com"], {"page": "oncall@example.com"}])
def test_one_desk_is_told_of_everything_where_no_other_is_named(who: Any) -> None:
    (desk,) = desks(told(who))
    assert (desk.severities, desk.addresses) == (("critical", "warning"), ("oncall@example.com",))


@given(page=ADDRESSES, ticket=ADDRESSES | st.just([]))
def test_every_alert_reaches_exactly_one_desk_and_nobody_twice(page: list[str], ticket: list[str]) -> None:
    made = told({"page": page, "ticket": ticket})
    for alert in alerts(made):
        (own,) = [desk for desk in desks(made) if alert.severity in desk.severities]
        assert own == desk_of(made, alert.severity)
        wanted = page if alert.severity == "critical" or not ticket else ticket
        assert list(own.addresses) == list(dict.fromkeys(wanted))


def test_without_recipients_there_is_no_desk() -> None:
    assert desks(plan("aws")) == ()
    assert desk_of(plan("aws"), "critical") is None


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("nobody", "an address such as platform@example.com"),
        ([], "alerts"),
        ({"ticket": "desk@example.com"}, "page"),
        ({"page": [f"a{n}@example.com" for n in range(6)]}, "5"),
    ],
)
def test_recipients_that_cannot_be_are_refused(who: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_data(spec_data(alerts=who))


def notes(**changes: Any) -> list[str]:
    return [note for note in planned(**changes).notes if "reach" in note]


def test_in_production_nobody_is_left_to_believe_that_somebody_is_woken() -> None:
    (note,) = notes(environment="production")
    assert "nobody will be woken" in note
    assert "add `alerts:" in note
    assert not notes(environment="development")
    assert not notes(environment="production", alerts="oncall@example.com")


def test_a_plan_says_who_is_woken_and_who_is_not() -> None:
    made = planned(alerts={"page": "oncall@example.com", "ticket": "desk@example.com"})
    chosen = choice(made, "placements.here.alerts")
    assert chosen.chosen == "oncall@example.com"
    assert "desk@example.com" in chosen.why


def test_on_aws_each_address_is_told_to_follow_a_link_first() -> None:
    told_of = [each.name for each in prerequisites(planned("aws", alerts=["a@example.com", "b@example.com"]))
               if each.kind == "address"]  # fmt: skip
    assert told_of == ["a@example.com", "b@example.com"]
    assert not [each for each in prerequisites(planned("gcp", alerts="a@example.com")) if each.kind == "address"]


@pytest.mark.parametrize(("tier", "notes"), [("cold", 0), ("pilot", 1), ("warm", 1)])
def test_where_nothing_runs_nobody_counts_on_being_woken(tier: str, notes: int) -> None:
    where = {"cloud": "aws", "region": "us-east-1", "role": "failover", "tier": tier}
    trail = Trail()
    check_recipients(Site.of(spec("aws", placements={"here": where}), "here"), trail)
    assert len(trail.notes) == notes
