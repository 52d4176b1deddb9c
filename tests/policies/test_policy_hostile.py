"""Input that nobody means well: a result, in bounded time, and never an exception."""

import json
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intertie.graph import wire
from intertie_policies import reading, registry, testing
from intertie_policies.engine import Judge
from intertie_policies.resources import Node
from intertie_policies.testing import TODAY

FIXTURES = Path(__file__).parent / "fixtures"
NODES = [node for case in testing.load_all(FIXTURES) for node in case.nodes]
BOUND = 20.0
"""Seconds, on a machine that does other things too: each of these takes well under one alone."""


def judged(nodes: list[Node]) -> Any:
    start = time.monotonic()
    report = Judge(today=TODAY).everything(nodes)
    assert time.monotonic() - start < BOUND
    return report


def test_parents_in_a_circle_end() -> None:
    nodes = [
        Node("aws:kms/key:Key", name, f"urn:{name}", {}, parent=f"urn:{other}", depends_on=(f"urn:{other}",))
        for name, other in ("ab", "bc", "ca")
    ]
    assert judged(nodes).resources == 3


def test_credentials_that_wait_for_each_other_end() -> None:
    type_ = "azure-native:managedidentity:FederatedIdentityCredential"
    nodes = [
        Node(type_, name, f"urn:{name}", {"resourceName": "i"}, depends_on=(f"urn:{other}",))
        for name, other in ("ab", "ba")
    ]
    assert judged(nodes).resources == 2


def test_a_provider_of_itself_ends() -> None:
    assert judged([Node("pulumi:providers:aws", "p", "urn:p", {}, provider="urn:p")]).resources == 1


def test_ten_megabytes_in_one_property() -> None:
    huge = "x" * 10_000_000
    props = {"region": huge, "tags": {"owner": huge}, "bucket": huge}
    report = judged([Node("aws:s3/bucket:Bucket", "b", "urn:b", props)])
    assert report.verdict == "fail"
    assert max(len(result.message) for result in report.results) <= 1_000


@pytest.mark.parametrize("letters", ["x", "a1-", "eyJaaaaaaaaaa-", "password  ", "a://b"])
def test_two_hundred_long_texts_in_which_a_secret_may_lie(letters: str) -> None:
    texts = {f"text-{number}": (letters * 20_000)[: 20_000 + number] for number in range(200)}
    nodes = [
        Node("kubernetes:core/v1:ConfigMap", "m", "urn:m", {"data": texts}),
        Node("aws:kms/key:Key", "k", "urn:k", {"region": "us-east-1", "tags": texts}),
    ]
    assert judged(nodes).resources == 2


def test_twenty_thousand_tags() -> None:
    tags = {f"key-{number}": "value" for number in range(20_000)}
    assert judged([Node("aws:eks/cluster:Cluster", "c", "urn:c", {"region": "us-east-1", "tags": tags})]).resources == 1


def test_a_thousand_levels_are_read_and_judged(tmp_path: Path) -> None:
    text = '{"a": ' * 1_000 + "1" + "}" * 1_000
    file = tmp_path / "deep.json"
    file.write_text(
        f'[{{"type": "aws:eks/cluster:Cluster", "name": "c", "props": {{"region": "us-east-1", "tags": {text}}}}}]'
    )
    found = reading.read_file(file)
    assert judged(list(found.nodes)).verdict == "fail"


def test_nesting_without_end_is_refused_with_a_message() -> None:
    with pytest.raises(Exception, match="not JSON"):
        reading.parsed("[" * 1_000_000, "deep.json")


def test_one_urn_for_two_resources_hides_neither() -> None:
    good, bad = ({"region": region} for region in ("us-east-1", "ap-south-1"))
    report = judged([Node("aws:kms/key:Key", "k", "urn:k", props) for props in (good, bad)])
    assert [each.result for each in report.results if each.rule == "region-allowed"] == ["fail"]


WRONG: list[Any] = [None, True, -1, 1e308, "", "\0", "x" * 5_000, [], [[]], {}, {"": {}}, [None], wire.UNKNOWN,
                    "[secret]", {wire.SIGNATURE: 3}, {wire.SIGNATURE: wire.SECRET_SIGNATURE}, float("nan")]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [each for key, inner in value.items() for each in paths(inner, (*path, key))]
    if isinstance(value, list):
        found += [each for index, inner in enumerate(value) for each in paths(inner, (*path, index))]
    return found


def test_a_wrong_type_in_any_place_of_any_fixture_crashes_no_rule() -> None:
    chance = random.Random(7)
    changed: list[Node] = []
    for node in NODES:
        changed += [
            replace(node, props=testing.replaced(node.props, path, chance.choice(WRONG))) for path in paths(node.props)
        ]
    assert len(changed) > 1_000
    report = Judge(today=TODAY).everything(chance.sample(changed, 1_500))
    crashed = [result.message for result in report.results if "itself failed" in result.message]
    assert crashed == []


def test_properties_that_are_no_object_crash_no_rule() -> None:
    types = sorted({type_ for rule in registry.rules() for type_ in rule.types})
    nodes = [Node(type_, "x", f"urn:{type_}:{index}", wrong) for type_ in types for index, wrong in enumerate(WRONG)]
    report = Judge(today=TODAY).everything(nodes)
    assert [result.message for result in report.results if "itself failed" in result.message] == []


def test_a_list_with_wrong_relations_is_read(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    item = {
        "type": "aws:kms/key:Key",
        "name": "k",
        "props": 3,
        "depends_on": 7,
        "parent": [],
        "provider": {},
        "property_dependencies": [1],
    }
    file.write_text(json.dumps([item, {**item, "depends_on": [1, None, "urn"], "props": None}]))
    assert judged(list(reading.read_file(file).nodes)).resources == 2
