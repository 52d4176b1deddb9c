"""The parts that rules stand on: waivers, places, changes, leaks, conditions, results, and how they are told."""

from datetime import date
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from intertie.graph import wire
from intertie_policies import accessor, describe, places, region, registry, secret_text, waivers, wire_changes
from intertie_policies.accessor import State, Trace
from intertie_policies.changes import applied
from intertie_policies.conditions import When, is_given, reach, spelled
from intertie_policies.config import Settings, Waiver
from intertie_policies.resources import Index, Node, Resource, Stack
from intertie_policies.results import Remediated, Report, Result, merged
from intertie_policies.rule import Change, Level, Verdict
from intertie_policies.tags import find, tag

# ---------------------------------------------------------------------- values


def test_judging_notes_only_what_could_be_anything_and_a_test_may_ask_for_all() -> None:
    props = {"a": "x", "b": wire.UNKNOWN, "c": [1]}
    for every, paths in ((False, ["b", "c"]), (True, ["a", "b", "c", "d"])):
        trace = Trace(every)
        value = accessor.read(props, "urn", trace)
        assert [value[key].text for key in "abcd"] == ["x", None, None, None]
        assert [accessor.show(read.path) for read in trace.reads] == paths


def test_a_secret_inside_is_told_where_it_begins_and_is_given_without_being_noted() -> None:
    trace = Trace()
    value = accessor.read(
        {"a": "[secret]", "b": {wire.SIGNATURE: wire.SECRET_SIGNATURE, "plaintext": '"x"'}}, "", trace
    )
    assert value["a"].given
    assert value["b"].given
    assert trace.reads == []
    assert value["a"]["c"][0].text is None
    assert [(accessor.show(read.path), read.state, read.asked) for read in trace.reads] == [("a", State.HIDDEN, "")]


def test_an_index_beside_the_list_is_absent_and_one_from_its_end_is_not() -> None:
    items = accessor.read({"a": [1, 2]})["a"]
    assert [items[index].number for index in (0, 1, -1, -2)] == [1, 2, 2, 1]
    assert [items[index].state for index in (2, -3)] == [State.ABSENT, State.ABSENT]
    assert items["x"].state is State.UNKNOWN


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ({wire.SIGNATURE: wire.OUTPUT_SIGNATURE, "plaintext": "1"}, State.HIDDEN),
        ({wire.SIGNATURE: wire.OUTPUT_SIGNATURE, "value": None}, State.ABSENT),
        ({wire.SIGNATURE: 3}, State.UNKNOWN),
        ({wire.SIGNATURE: {"a": 1}}, State.UNKNOWN),
        ({wire.SIGNATURE: wire.ASSET_SIGNATURE, "text": "x"}, State.KNOWN),
        (f"arn:{wire.UNKNOWN}", State.UNKNOWN),
        ("x" * len(wire.UNKNOWN), State.KNOWN),
    ],
)
def test_envelopes_are_opened_or_told(raw: Any, state: State) -> None:
    assert accessor.read({"a": raw})["a"].state is state


def test_envelopes_in_each_other_are_opened_eight_deep_and_hidden_below() -> None:
    for depth, state in ((7, State.KNOWN), (8, State.HIDDEN)):
        raw: Any = "x"
        for _ in range(depth):
            raw = {wire.SIGNATURE: wire.SECRET_SIGNATURE, "value": raw}
        assert accessor.read({"a": raw})["a"].state is state


def test_text_number_and_flag_take_each_others_spellings_and_nothing_else() -> None:
    value = accessor.read({"i": 8.0, "f": 0.5, "t": True, "inf": "inf", "nan": "nan", "big": 10**400, "FALSE": "False"})
    assert (value["i"].text, value["f"].text, value["t"].text) == ("8", "0.5", None)
    assert [value[key].number for key in ("f", "t", "inf", "nan", "big")] == [0.5, None, None, None, None]
    assert (value["FALSE"].flag, value["i"].flag) == (False, None)


def test_texts_of_a_list_a_lone_text_and_values_around_it() -> None:
    value = accessor.read({"a": ["x", 3, [1]], "b": "y", "c": ""})
    assert (value["a"].texts, value["b"].texts, value["c"].texts) == (("x", "3"), ("y",), ())
    assert value["b"].derived("z").text == "z"
    assert accessor.absent(value, "q", 1).path == ("q", 1)
    assert accessor.undecided(value, "q").unknown
    assert accessor.show(()) == "(all)"


# ---------------------------------------------------------------------- conditions and changes


def test_conditions_hold_for_any_item_and_say_themselves() -> None:
    root = accessor.read({"pools": [{"size": "A"}, {"size": "B2"}], "off": False, "zero": {}, "open": wire.UNKNOWN})
    assert [value.text for value in reach(root, "pools[*].size")] == ["A", "B2"]
    found = When("pools[*].size", ("b*",)).found(root)
    assert found is not None
    assert found.path == ("pools", 1, "size")
    assert When("pools[*].size", ("c",)).found(root) is None
    assert When("pools", several=True).found(root) is not None
    assert When("pools[*].size", several=True).found(root) is None
    assert [is_given(root[key]) for key in ("pools", "off", "zero", "open", "none")] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert (spelled(root["off"]), spelled(root["none"]), spelled(root["pools"][0]["size"])) == ("false", "", "a")
    assert [str(When("a")), str(When("a", ("x", "y"))), str(When("a", several=True))] == ["a", "a x or y", "several a"]


CHANGES = [
    ({}, ("a", "b"), {"a": {"b": 1}}),
    ({"a": None}, ("a", "b"), {"a": {"b": 1}}),
    ({"a": {"c": 2}}, ("a", "b"), {"a": {"c": 2, "b": 1}}),
    ({"a": "x"}, ("a", "b"), {"a": "x"}),
    ({"a": [{"b": 0}, {"b": 0}]}, ("a", 1, "b"), {"a": [{"b": 0}, {"b": 1}]}),
    ({"a": [3]}, ("a", 1), {"a": [3]}),
    ({"a": {"b": 3}}, ("a", 0), {"a": {"b": 3}}),
]


@pytest.mark.parametrize(("before", "path", "after"), CHANGES)
def test_a_change_is_made_alike_in_plain_data_and_on_the_wire(before: Any, path: Any, after: Any) -> None:
    assert applied(before, Change(path, 1)) == after
    properties = json_format.ParseDict(before, struct_pb2.Struct())
    wire_changes.apply(properties, Change(path, 1))
    assert json_format.MessageToDict(properties) == after


# ---------------------------------------------------------------------- waivers, places, leaks


def waiver(resource: str, expires: date = date(2026, 11, 22)) -> Waiver:
    return Waiver(rule="r", resource=resource, owner="security", reason="until it is moved", expires=expires)


@pytest.mark.parametrize(
    ("resource", "holds"),
    [("urn:k[0]", True), ("*[0]*abcd", False), ("k-one*", True), ("k-*", False), ("*one*", False), ("*-one-", False)],
)
def test_a_waiver_names_resources_by_urn_or_name_and_something_in_particular(resource: str, holds: bool) -> None:
    settings = Settings(waivers=(waiver(resource),))
    found = waivers.holding(settings, "r", "urn:k[0]", "k-one-", date(2026, 11, 22))
    assert bool(found) is holds


def test_why_a_waiver_does_not_hold() -> None:
    today = date(2026, 11, 22)
    assert waivers.why_invalid(waiver("abcd"), today, 180) == ""
    assert waivers.why_invalid(waiver("abc"), today, 180) == "'abc' names almost everything"
    assert waivers.why_invalid(waiver("abcd", date(2026, 11, 21)), today, 180) == "it expired on 2026-11-21"
    assert waivers.shown(waiver("abcd")) == "security until 2026-11-22: until it is moved"


@pytest.mark.parametrize(
    ("expires", "most", "holds"),
    [
        (date(2027, 5, 21), None, True), (date(2027, 5, 22), None, False), (date(2999, 1, 1), None, False),
        (date(2026, 12, 2), 10, True), (date(2026, 12, 3), 10, False), (date(2027, 11, 23), 366, True),
    ],
)  # fmt: skip
def test_a_waiver_that_ends_later_than_the_organisation_allows_is_over_broad_and_does_not_hold(
    expires: date, most: int | None, holds: bool
) -> None:
    today, one = date(2026, 11, 22), waiver("k-one-*", expires)
    settings = Settings(waivers=(one,)) if most is None else Settings(waivers=(one,), longest_waiver_days=most)
    assert (waivers.holding(settings, "r", "urn:k", "k-one-a", today) is one) is holds
    why = waivers.why_invalid(one, today, settings.longest_waiver_days)
    assert (why == "") is holds
    assert holds or why.startswith(f"over-broad: it ends on {expires}, ")


def test_why_a_waiver_is_too_long_names_the_days_and_the_last_day_allowed() -> None:
    why = waivers.why_invalid(waiver("k-one-*", date(2029, 11, 22)), date(2026, 11, 22), 30)
    assert why == "over-broad: it ends on 2029-11-22, 1,096 days from now; allowed: 30, to 2026-12-22"


@pytest.mark.parametrize(
    ("cloud", "place", "law"),
    [
        ("aws", "us-east-1", "us"), ("aws", "eu-central-1a", "eu"), ("azure", "Sweden Central", "eu"),
        ("gcp", "europe-west4-b", "eu"), ("gcp", "EU", "eu"), ("gcp", "eur5", "eu"), ("gcp", "nam4", "us"),
        ("gcp", " US ", "us"), ("gcp", "nam-eur-asia1", "global"), ("aws", "mars-1", None), ("aws", "eu", None),
    ],
)  # fmt: skip
def test_the_law_of_a_place(cloud: str, place: str, law: str | None) -> None:
    assert places.jurisdiction(cloud, place) == law


@pytest.mark.parametrize(
    ("cloud", "text", "name"),
    [
        ("aws", "us-east-1a", "us-east-1"), ("aws", "us-west-2-lax-1a", "us-west-2"),
        ("aws", "us-gov-west-1", "us-gov-west-1"),
        ("gcp", "us-east1-b", "us-east1"), ("gcp", "us-east1", "us-east1"), ("azure", "West Europe", "westeurope"),
    ],
)  # fmt: skip
def test_the_region_of_a_zone(cloud: str, text: str, name: str) -> None:
    assert region.region_name(text, cloud) == name


def resource(type_: str, props: Any = None, config: Any = None, **relations: Any) -> Resource:
    return Resource(Node(type_, "r", "urn:r", props or {}, **relations), Trace(), None, config or {})


def test_a_region_is_the_resources_own_else_its_providers_else_the_configured_one() -> None:
    east = Node("pulumi:providers:aws", "east", "urn:east", {"region": "eu-west-1"})
    config = {"aws:region": "us-east-1", "gcp:zone": "us-central1-a"}
    kms = "aws:kms/key:Key"
    assert resource(kms, {"region": "us-west-2"}, config, provider_node=east).region.text == "us-west-2"
    assert resource(kms, {}, config, provider_node=east).region.text == "eu-west-1"
    assert resource(kms, {}, config).region.text == "us-east-1"
    assert resource(kms, {}, config, provider="urn:pulumi:providers:aws::default_7::id").region.text == "us-east-1"
    assert resource(kms, {}, config, provider="urn:elsewhere::id").region.unknown
    assert resource(kms).region.absent
    assert resource("gcp:storage/bucket:Bucket", {}, config).region.text == "us-central1"
    assert resource("gcp:compute/disk:Disk", {"zone": "us-east1-b"}, config).region.text == "us-east1"
    assert resource("random:index/randomId:RandomId", {"region": "x"}, config).region.absent


def test_a_pool_lies_where_its_cluster_lies_and_on_azure_anything_where_its_group_lies() -> None:
    cluster = Node("gcp:container/cluster:Cluster", "c", "urn:c", {"location": "europe-west4-a"})
    pool = Node("gcp:container/nodePool:NodePool", "p", "urn:p", {}, depends_on=("urn:c",))
    group = Node("azure-native:resources:ResourceGroup", "g", "urn:g", {"location": "West Europe"})
    disk = Node("azure-native:compute:Disk", "d", "urn:d", {}, depends_on=("urn:g",))
    stack = Stack(Index((cluster, pool, group, disk)))
    found = {each.name: each.region.text for each in stack}
    assert found == {"c": "europe-west4", "p": "europe-west4", "g": "westeurope", "d": "westeurope"}


def test_a_tag_is_found_in_any_spelling_and_comes_from_the_provider_too() -> None:
    tags = accessor.read({"Cost-Center": "a", "cost_center": "b", "owner": wire.UNKNOWN})
    assert [find(tags, key).text for key in ("cost_center", "costcenter", "environment")] == ["b", "a", None]
    assert find(tags, "Owner").unknown
    east = Node("pulumi:providers:aws", "e", "urn:e", {"defaultTags": '{"tags": {"Owner": "me"}}'})
    assert tag(resource("aws:kms/key:Key", provider_node=east), "owner").text == "me"
    assert tag(resource("aws:kms/key:Key", {"tags": {"owner": "own"}}, provider_node=east), "owner").text == "own"
    config = {"gcp:defaultLabels": '{"owner": "us"}', "aws:defaultTags": "{"}
    assert tag(resource("gcp:storage/bucket:Bucket", {}, config), "owner").text == "us"
    assert tag(resource("aws:kms/key:Key", {}, config), "owner").text is None
    assert tag(resource("aws:kms/key:Key", {}, config, provider="urn:elsewhere"), "owner").unknown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIAABCDEFGHIJKLMNOP", "an AWS access key"),
        ("x" * 19_990 + " AKIAABCDEFGHIJKLMNOP", ""),
        ("password = hunter22", "a password"),
        ("chat", ""),
    ],
)
def test_what_a_text_gives_away(text: str, kind: str) -> None:
    assert secret_text.secret_in(text) == kind


def test_whom_a_text_gives_away() -> None:
    assert secret_text.person_in("a@example.com", email=True) == "an e-mail address"
    assert secret_text.person_in("a@example.com", email=False) == ""
    assert secret_text.person_in("call +49 170 1234567", email=False) == "a telephone number"
    assert secret_text.person_in("GB82 WEST 1234 5698 7654 32", email=False) == "a bank account (IBAN)"
    assert secret_text.person_in("GB83 WEST 1234 5698 7654 32", email=False) == ""


# ---------------------------------------------------------------------- what was found


def result(level: Level = Level.MANDATORY, verdict: Verdict = Verdict.FAIL, waived: str = "") -> Result:
    return Result(
        "production", "region-allowed", level, verdict, "urn:k", "k", "it lies elsewhere", "move it", "region", waived
    )


def test_a_report_fails_on_what_stops_and_counts_each_kind() -> None:
    found = [
        result(), result(Level.ADVISORY), result(verdict=Verdict.UNKNOWN), result(waived="me"),
        result(Level.ADVISORY, waived="me"),
    ]  # fmt: skip
    report = Report("production", found, [Remediated("r", "urn:k", "k", "tags.a", 1)], resources=7, passed=5)
    assert report.verdict == "fail"
    assert Report("production", found[1:2] + found[3:]).verdict == "pass"
    counts = {"resources": 7, "pass": 5, "fail": 2, "unknown": 1, "waived": 2, "mandatory": 2, "advisory": 1}
    assert report.counts() == counts
    assert report.to_json()["remediated"] == [{"rule": "r", "urn": "urn:k", "name": "k", "path": "tags.a", "value": 1}]
    both = merged([report, Report("baseline", found[1:2], resources=3, passed=1)])
    assert both["verdict"] == "fail"
    assert both["counts"] == {**counts, "pass": 6, "fail": 3, "advisory": 2}
    assert (len(both["results"]), len(both["remediated"])) == (6, 1)
    assert merged([Report("baseline")])["verdict"] == "pass"


def test_a_violation_is_told_with_what_holds_what_was_found_and_what_to_do() -> None:
    rule = registry.find("region-allowed")
    told = describe.message(result(waived="me until then"), rule).splitlines()
    assert told == [rule.description, "region: it lies elsewhere", f"→ {rule.remediation}", "Waived by me until then"]
    assert describe.found(result(verdict=Verdict.UNKNOWN)) == "cannot tell: region: it lies elsewhere"
    assert describe.message(result(), rule).count("\n") == 2
