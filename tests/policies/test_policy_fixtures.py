"""Every rule against its fixtures, and against unknowns in the place of everything it reads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intertie.graph import wire
from intertie_policies import registry, testing
from intertie_policies.accessor import State
from intertie_policies.engine import matches
from intertie_policies.rule import Rule
from intertie_policies.testing import Case
from support import mutations

FIXTURES = Path(__file__).parent / "fixtures"
CASES = testing.load_all(FIXTURES)
RULES = registry.rules()
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def of(rule: Rule, outcome: str | None = None) -> list[Case]:
    return [case for case in CASES if case.rule == rule.id and outcome in (None, case.outcome)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_rule_says_of_its_fixture_what_the_fixture_says(case: Case) -> None:
    assert testing.problems(case, testing.judge(case)) == []


@each_rule
def test_a_rule_has_fixtures_that_pass_fail_and_cannot_tell(rule: Rule) -> None:
    for outcome in testing.OUTCOMES:
        assert of(rule, outcome) or (outcome == "unknown" and _asks_no_property(rule)), f"no {outcome} fixture"


def _asks_no_property(rule: Rule) -> bool:
    """Whether it judges by options, relations and the configuration alone: no property, unknown, hides a violation."""
    return all(
        not any(read.state is State.KNOWN for read in testing.reads(case, rule))
        and all(_told(case) <= _told(changed) for changed in _with_something_unknown(case))
        for case in of(rule)
    )


def _told(case: Case) -> set[tuple[str, str, str]]:
    return {(result.result, result.urn, result.message) for result in testing.judge(case)}


def _with_something_unknown(case: Case) -> Iterator[Case]:
    """The case with each property of each resource unknown, at every depth, one at a time."""
    for node in case.nodes:
        for place in mutations.places(node.props):
            props = testing.replaced(node.props, place, wire.UNKNOWN)
            changed = tuple(replace(each, props=props) if each is node else each for each in case.nodes)
            yield replace(case, nodes=changed)


def test_every_fixture_belongs_to_a_rule() -> None:
    assert {file.stem for file in FIXTURES.glob("*.yaml")} <= registry.ids()


@each_rule
def test_no_rule_passes_when_a_property_that_it_reads_is_unknown(rule: Rule) -> None:
    for case in of(rule, "pass"):
        for read, changed in testing.with_unknowns(case, rule):
            excused = any(matches(pattern, read.path) for pattern in rule.apply_time_only)
            results = testing.judge(changed)
            assert results or excused, f"{case.title}: passes with {read.path} unknown"
            assert testing.judge(replace(changed, applying=True)), f"{case.title}: {read.path} unknown during an update"


@each_rule
def test_a_rule_reads_something_in_its_passing_fixtures(rule: Rule) -> None:
    known = [read for case in of(rule, "pass") for read in testing.reads(case, rule) if read.state is State.KNOWN]
    assert known or not of(rule, "unknown")


@each_rule
def test_a_rule_that_always_passes_or_always_fails_is_caught_by_a_fixture(rule: Rule) -> None:
    from intertie_policies.rule import fail

    for broken in (lambda _subject, _context: (), lambda subject, _context: (fail(subject, "broken"),)):
        changed = replace(rule, check=broken)
        assert any(testing.problems(case, testing.judge(case, changed)) for case in of(rule))
