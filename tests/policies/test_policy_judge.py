"""How rules are run: unknown is not a pass, a crash is a violation, waivers and levels hold."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intertie.graph import wire
from intertie_policies import registry
from intertie_policies.config import read
from intertie_policies.engine import Judge, matches
from intertie_policies.resources import Node
from intertie_policies.rule import Change, Context, Level, Rule, Verdict, Violation, fail, rule, stack_rule

TODAY = date(2026, 11, 22)
KEY = "aws:kms/key:Key"


def made(check: Callable[..., Any], make: Any = rule, **kwargs: Any) -> Rule:
    return make("mine", "region", types=[KEY], description="d.", rationale="r.", remediation="m.", **kwargs)(check)


def judge(only: Rule, configuration: Any = None, **kwargs: Any) -> Judge:
    found = read(configuration or {}, {*registry.ids(), only.id})
    return Judge(configuration=found, rules=(only,), today=TODAY, **kwargs)


def results(only: Rule, *nodes: Node, configuration: Any = None, **kwargs: Any) -> list[Any]:
    return (
        judge(only, configuration, **kwargs)
        .everything(nodes or (Node(KEY, "k", "urn:k", {"a": wire.UNKNOWN, "b": "x"}),))
        .results
    )


def reads_a(resource: Any, _context: Context) -> Iterator[Violation]:
    if resource["a"].text == "wrong":
        yield fail(resource, "wrong")


def test_a_rule_that_says_nothing_after_reading_an_unknown_has_not_passed() -> None:
    (result,) = results(made(reads_a))
    assert (result.result, result.level, result.path) == (Verdict.UNKNOWN, Level.MANDATORY, "a")
    assert "earlier stack" in result.message


def test_what_only_apply_can_know_passes_a_preview_and_is_asked_again_during_an_update() -> None:
    only = made(reads_a, apply_time_only=["a"])
    assert results(only) == []
    assert [each.result for each in results(only, applying=True)] == [Verdict.UNKNOWN]


def test_a_rule_that_crashes_fails_and_is_named_and_the_others_go_on() -> None:
    def crash(resource: Any, _context: Context) -> Iterator[Violation]:
        yield fail(resource, "said before")
        raise ZeroDivisionError("oh")

    found = Judge(rules=(made(crash), registry.find("region-allowed")), today=TODAY).everything(
        [Node(KEY, "k", "urn:k")]
    )
    messages = [result.message for result in found.results if result.rule == "mine"]
    assert messages == ["said before", "the rule mine itself failed (ZeroDivisionError: oh); that is not a pass"]
    assert found.verdict == "fail"
    assert {result.rule for result in found.results} == {"mine", "region-allowed"}


def test_a_stack_rule_that_reads_an_unknown_of_one_resource_tells_that_one() -> None:
    only = made(lambda stack, _: [each["a"].text for each in stack] and [], stack_rule)
    good, bad = Node(KEY, "good", "urn:good", {"a": "x"}), Node(KEY, "bad", "urn:bad", {"a": wire.UNKNOWN})
    assert [(each.name, each.result) for each in results(only, good, bad)] == [("bad", Verdict.UNKNOWN)]


def test_a_stack_rule_does_not_run_without_resources_of_its_types() -> None:
    assert (
        results(made(lambda stack, _: [fail(stack, "ran")], stack_rule), Node("aws:s3/bucket:Bucket", "b", "urn:b"))
        == []
    )


WAIVER = {"rule": "mine", "resource": "urn:key-*", "owner": "security", "reason": "until it is moved"}


@pytest.mark.parametrize(
    ("change", "waived"),
    [
        ({"expires": "2026-11-22"}, True),
        ({"expires": "2026-11-21"}, False),
        ({"expires": "2026-11-23", "resource": "*"}, False),
        ({"expires": "2026-11-23", "resource": "audit-log"}, True),
        ({"expires": "2026-11-23", "resource": "other-key"}, False),
        ({"expires": "2026-11-23", "rule": "region-allowed"}, False),
    ],
)
def test_a_waiver_covers_its_rule_and_resource_until_its_last_day(change: Any, waived: bool) -> None:
    configuration = {"configuration": {"waivers": [{**WAIVER, **change}]}}
    node = Node(KEY, "audit-log", "urn:key-1")
    (result,) = results(made(lambda each, _: [fail(each, "wrong")]), node, configuration=configuration)
    assert (bool(result.waived), result.stops) == (waived, not waived)


DEV = {"stacks": ["*-dev"], "highest": "advisory"}
OFF = {"environment": "dev", "environments": {"dev": {"levels": {"mine": "disabled"}}}}
LEVELS = {
    "the pack's": ({}, "", Level.MANDATORY),
    "by hand": ({"mine": "advisory"}, "", Level.ADVISORY),
    "of all": ({"all": "advisory"}, "", Level.ADVISORY),
    "by hand before all": ({"all": "advisory", "mine": {"enforcementLevel": "mandatory"}}, "", Level.MANDATORY),
    "at most the environment's": ({"configuration": {"environments": {"dev": DEV}}}, "a-dev", Level.ADVISORY),
    "not that of another environment": ({"configuration": {"environments": {"dev": DEV}}}, "a", Level.MANDATORY),
    "the environment's own": ({"configuration": OFF}, "", None),
}


@pytest.mark.parametrize("case", LEVELS)
def test_the_level_of_a_rule_is(case: str) -> None:
    configuration, stack, level = LEVELS[case]
    found = results(made(lambda each, _: [fail(each, "wrong")]), configuration=configuration, stack=stack)
    assert [each.level for each in found] == ([level] if level else [])


def test_a_remediation_is_made_once_shown_and_leaves_the_original_alone() -> None:
    only = made(
        lambda each, _: [] if each["tags"]["owner"].text else [fail(each, "no owner")],
        remedy=lambda each, _: [Change(("tags", "owner"), "me")] if each["tags"]["owner"].absent else [],
    )
    configuration = {"configuration": {"remediate": ["mine"]}}
    props = {"tags": {"a": "b"}}
    report = judge(only, configuration).everything([Node(KEY, "k", "urn:k", props)])
    assert report.results == []
    assert [(each.path, each.value) for each in report.remediated] == [("tags.owner", "me")]
    assert props == {"tags": {"a": "b"}}
    again = judge(only, configuration).everything([Node(KEY, "k", "urn:k", {"tags": {"owner": "me"}})])
    assert again.remediated == []


def test_nothing_is_remediated_unless_the_configuration_names_the_rule() -> None:
    only = made(lambda each, _: [fail(each, "wrong")], remedy=lambda _each, _context: [Change(("a",), 1)])
    assert judge(only).everything([Node(KEY, "k", "urn:k")]).remediated == []


def test_the_same_resources_give_the_same_results_in_the_same_order() -> None:
    nodes = [Node(KEY, f"k{number}", f"urn:{number}", {"region": "ap-south-1"}) for number in range(20)]
    first, second = (Judge(today=TODAY).everything(nodes).to_json() for _ in range(2))
    assert first == second
    assert [each["urn"] for each in first["results"] if each["rule"] == "region-allowed"] == [
        node.urn for node in nodes
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "same"),
    [
        ("a.b", ("a", "b"), True),
        ("a[*].b", ("a", 3, "b"), True),
        ("a.*", ("a", "x"), True),
        ("a", ("a", "b"), False),
        ("a.b", ("a",), False),
        ("a[*]", ("a", "x"), False),
    ],
)
def test_a_declared_path_covers_exactly_that_property(pattern: str, path: Any, same: bool) -> None:
    assert matches(pattern, path) is same


def test_levels_of_rules_are_known_to_both_packs() -> None:
    for each in registry.rules():
        assert each.level("production") in (Level.MANDATORY, Level.ADVISORY), each.id
        assert replace(each, levels={}).level("production") is Level.DISABLED
