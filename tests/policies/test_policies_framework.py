"""The framework at its edges: limits of what is read and told, counts, lists of rules, and how a pack is served."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime import _grpc_settings
from pulumi.runtime.proto import analyzer_pb2

from intertie.errors import InputError
from intertie.graph import wire
from intertie_policies import host, listing, reading, registry
from intertie_policies.accessor import Trace
from intertie_policies.config import reading as configuring
from intertie_policies.engine import Judge, clip
from intertie_policies.resources import Index, Node, Resource
from intertie_policies.results import Report, Result, merged
from intertie_policies.rule import Context, Level, Rule, Verdict, fail, rule, stack_rule, unknown

KEY = "aws:kms/key:Key"
TODAY = date(2026, 11, 22)
PARTS: dict[str, Any] = {"description": "d", "rationale": "r", "remediation": "m"}

# ---------------------------------------------------------------------- how much is read


def test_a_file_of_resources_is_read_up_to_256_mib_and_a_configuration_up_to_one(tmp_path: Path) -> None:
    for mib, refuse in ((256, reading.read_file), (1, lambda file: configuring.read_file(file, ()))):
        file = tmp_path / f"{mib}.json"
        with file.open("wb") as empty:
            empty.truncate(mib * 2**20 + 1)
        with pytest.raises(InputError, match=f"larger than {mib * 2**20:,} bytes"):
            refuse(file)


def test_nesting_is_read_ten_thousand_levels_deep_and_refused_where_it_has_no_end() -> None:
    found = reading.parsed("[" * 10_000 + "]" * 10_000, "f")
    for _ in range(9_999):
        (found,) = found
    assert found == []
    with pytest.raises(InputError, match="f: not JSON"):
        reading.parsed("[" * 100_000 + "]" * 100_000, "f")


def test_the_name_in_a_urn_may_hold_its_separator_and_a_urn_may_be_none() -> None:
    urn = "urn:pulumi:live::inference::aws:kms/key:Key::a::b"
    found = reading.read({"resources": [{"urn": urn, "type": KEY}]}, "state")
    assert (found.nodes[0].name, found.stack, found.project) == ("a::b", "live", "inference")
    for other in ("urn:pulumi:live", "arn:x::y"):
        assert reading.read({"resources": [{"urn": other, "type": KEY}]}, "state").stack == ""
    assert reading.read({"resources": [{"urn": "urn:pulumi:live::shop", "type": KEY}]}, "state").project == "shop"


def test_what_is_wrong_is_quoted_up_to_80_characters() -> None:
    long = "x" * 100
    for settings in ({"cost": {"max_hourly_usd": long}}, {"remediate": [long]}):
        with pytest.raises(InputError) as refused:
            configuring.read({"cost-cap": long, "configuration": settings}, registry.ids())
        assert [problem.found for problem in refused.value.problems] == ["'" + "x" * 79] * 2


def test_one_setting_that_is_not_known_is_named_by_the_first_letters() -> None:
    with pytest.raises(InputError, match=r"cost-cap\.a: found no such setting"):
        configuring.read({"cost-cap": {"enforcementLevel": "advisory", "b": 1, "a": 1}}, registry.ids())


# ---------------------------------------------------------------------- judging


def made(check: Any, maker: Any = rule, **how: Any) -> Rule:
    return maker("mine", "capacity", **PARTS, **how)(check)


def judge(only: Rule, **how: Any) -> Judge:
    return Judge(today=TODAY, rules=(only,), **how)


def test_a_message_is_clipped_to_a_thousand_characters() -> None:
    assert clip("x" * 1_000) == "x" * 1_000
    assert clip("x" * 1_001) == "x" * 999 + "…"


def test_five_doubts_are_told_of_one_resource() -> None:
    only = made(lambda each, _: [each[str(number)].text for number in range(9)] and [])
    found, passed = judge(only).resource(Node(KEY, "k", "urn:k", {str(number): wire.UNKNOWN for number in range(9)}))
    assert ([each.path for each in found], passed) == (["0", "1", "2", "3", "4"], 0)


def test_what_passes_is_counted_once_per_rule_and_resource() -> None:
    good = made(lambda _each, _: [])
    nodes = [Node(KEY, "a", "urn:a"), Node(KEY, "b", "urn:b")]
    assert judge(good).resource(nodes[0]) == ([], 1)
    assert judge(made(lambda _each, _: [], stack_rule)).whole(Index(tuple(nodes))) == ([], 1)
    twice = made(lambda stack, _: [fail(each, "no") for each in stack], stack_rule)
    found, passed = judge(twice).whole(Index(tuple(nodes)))
    assert ([each.urn for each in found], passed) == (["urn:a", "urn:b"], 0)
    report = Judge(today=TODAY, rules=(good, made(lambda _each, _: [], stack_rule))).everything(nodes)
    assert (report.resources, report.passed, report.verdict) == (2, 3, "pass")


def test_a_remedy_that_crashes_changes_nothing_and_the_check_still_speaks() -> None:
    def crash(_each: Resource, _context: Context) -> Any:
        raise KeyError("gone")

    only = made(lambda each, _: [fail(each, "wrong")], remedy=crash)
    settings = configuring.Settings(remediate=("mine",))
    report = judge(only, configuration=configuring.Configuration(settings)).everything([Node(KEY, "k", "urn:k")])
    assert (report.remediated, [each.level for each in report.results]) == ([], [Level.MANDATORY])


def test_the_configuration_of_the_stack_reaches_rules_and_goes_before_that_of_the_file() -> None:
    seen: list[Any] = []
    settings = configuring.Settings(stack_config={"aws:region": "us-east-1", "gcp:region": "us-east1"})
    configuration = configuring.Configuration(settings)
    only = made(lambda each, context: seen.append((dict(each.stack_config), context.applying)) or [])
    judge(only, configuration=configuration, stack_config={"aws:region": "eu-west-1"}).resource(Node(KEY, "k"))
    assert seen == [({"aws:region": "eu-west-1", "gcp:region": "us-east1"}, False)]
    assert Context(settings).applying is False


def test_a_doubt_names_the_property_or_says_what_it_was_told_to() -> None:
    node = Resource(Node(KEY, "k", "urn:k", {"a": wire.UNKNOWN}), Trace())
    assert unknown(node, node["a"]["b"]).message.startswith("a is not known before apply")
    assert unknown(node, node["a"]["b"], "who knows").message == "who knows"
    assert unknown(node, node["a"]["b"]).path == "a.b"


def test_counts_and_verdicts_of_no_report_one_report_and_a_waived_one() -> None:
    result = Result("p", "r", Level.MANDATORY, Verdict.FAIL, "urn:k", "k", "m", "m")
    assert (result.path, result.waived, result.stops) == ("", "", True)
    assert Report("p").counts() == dict.fromkeys(
        ("resources", "pass", "fail", "unknown", "waived", "mandatory", "advisory"), 0
    )
    assert merged([])["counts"] == {"resources": 0}
    assert merged([Report("p", resources=1), Report("q", resources=2)])["counts"]["resources"] == 2


def test_a_rule_is_listed_with_all_that_is_known_of_it() -> None:
    found = listing.listed(registry.find("required-tags"))
    assert (found["id"], found["subject"], found["scope"], found["remediates"]) == (
        "required-tags", "tagging", "resource", True,
    )  # fmt: skip
    assert found["levels"] == {"baseline": "advisory", "production": "mandatory"}
    assert found["types"] == sorted(registry.find("required-tags").types)
    assert listing.listed(registry.find("cost-cap"))["remediates"] is False
    assert json.loads(json.dumps(found)) == found


def test_rules_are_found_by_id_type_and_scope() -> None:
    assert {each.id for each in registry.stack_rules()} & {each.id for each in registry.resource_rules(KEY)} == set()
    assert "required-tags" in {each.id for each in registry.resource_rules(KEY)}
    assert "api-endpoint-restricted" not in {each.id for each in registry.resource_rules(KEY)}
    assert {each.id for each in registry.rules()} == registry.ids()


# ---------------------------------------------------------------------- how it is served


def test_a_pack_is_served_to_this_machine_with_messages_as_large_as_the_sdks_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: dict[str, Any] = {}

    class Server:
        def add_insecure_port(self, address: str) -> int:
            made["address"] = address
            return 50_123

        def __getattr__(self, name: str) -> Any:
            return lambda *_arguments: made.setdefault("called", []).append(name)

    def server(pool: ThreadPoolExecutor, options: list[tuple[str, int]]) -> Server:
        made.update(workers=pool._max_workers, options=dict(options))
        return Server()

    monkeypatch.setattr(grpc, "server", server)
    with pytest.raises(SystemExit) as ended:
        host.serve("baseline")
    assert (ended.value.code, capsys.readouterr().out) == (0, "50123\n")
    assert (made["address"], made["workers"]) == ("127.0.0.1:0", 4)
    assert set(made["options"].values()) == {_grpc_settings._MAX_RPC_MESSAGE_SIZE}
    assert made["called"][-2:] == ["start", "wait_for_termination"]


def test_a_level_that_nobody_knows_is_left_and_parents_and_providers_are_kept() -> None:
    analyzer, asked = host.Analyzer("production"), analyzer_pb2.ConfigureAnalyzerRequest()
    asked.policyConfig["region-allowed"].enforcementLevel = 77  # pyright: ignore[reportAttributeAccessIssue]
    analyzer.Configure(asked, None)
    assert analyzer._judge.levels["region-allowed"] is Level.MANDATORY
    resource = analyzer_pb2.AnalyzerResource(type=KEY, name="k", urn="urn:k", parent="urn:p")
    assert host._node(resource).parent == "urn:p"
    request = analyzer_pb2.AnalyzeRequest(type=KEY, name="k", urn="urn:k")
    request.options.parent = "urn:q"
    assert host._node(request).parent == "urn:q"
    east = Node("pulumi:providers:aws", "east", "urn:east")
    assert host._node(resource, {"a": 1}, east).provider_node is east
    assert host._node(resource).provider_node is None
