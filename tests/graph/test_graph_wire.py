"""The wire codec: what leaves it is plain, and nothing secret leaves it."""

import json
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from intertie.graph import wire
from intertie.graph.wire import SECRET, SIGNATURE, UNKNOWN, decode, decode_json


def _struct(data: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(data, struct_pb2.Struct())


def _secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: wire.SECRET_SIGNATURE, "value": value}


def _output(**body: Any) -> dict[str, Any]:
    return {SIGNATURE: wire.OUTPUT_SIGNATURE, **body}


def _both(value: Any) -> Any:
    """The value as decoded from a message; the decoder for JSON must agree."""
    from_message = decode(_struct({"it": value}))["it"]
    assert decode_json(value) == from_message
    return from_message


@pytest.mark.parametrize("sentinel", wire._SENTINELS)
def test_every_kind_of_unknown_becomes_the_one_sentinel(sentinel: str) -> None:
    assert _both(sentinel) == UNKNOWN
    assert _both([{"deep": sentinel}]) == [{"deep": UNKNOWN}]


def test_text_built_around_an_unknown_is_unknown() -> None:
    assert _both(f"arn:aws:eks:{UNKNOWN}:cluster") == UNKNOWN


def test_a_secret_is_hidden_whatever_is_inside() -> None:
    for inside in ("hunter2", {"a": ["hunter2"]}, UNKNOWN, _secret("hunter2"), _output(value="hunter2"), None):
        assert _both(_secret(inside)) == SECRET
        assert _both({"a": [_secret(inside)]}) == {"a": [SECRET]}


def test_an_output_is_its_value_unless_it_is_secret_or_not_known() -> None:
    assert _both(_output(value={"a": 1}, dependencies=["urn"])) == {"a": 1}
    assert _both(_output(dependencies=["urn"])) == UNKNOWN
    assert _both(_output(value="hunter2", secret=True)) == SECRET
    assert _both(_output(secret=True)) == SECRET
    assert _both(_output(value=_secret("hunter2"))) == SECRET


def test_assets_archives_and_references_keep_what_they_point_to() -> None:
    asset = {SIGNATURE: wire.ASSET_SIGNATURE, "path": "model.json"}
    assert _both(asset) == {wire.FILE_ASSET: "model.json"}
    assert _both({SIGNATURE: wire.ASSET_SIGNATURE, "text": "x"}) == {wire.STRING_ASSET: "x"}
    archive = {SIGNATURE: wire.ARCHIVE_SIGNATURE, "assets": {"a": asset}}
    assert _both(archive) == {wire.ASSET_ARCHIVE: {"a": {wire.FILE_ASSET: "model.json"}}}
    reference = {SIGNATURE: wire.REFERENCE_SIGNATURE, "urn": "urn:pulumi:dev::p::t:m:T::n", "id": ""}
    assert _both(reference) == {wire.REFERENCE: "urn:pulumi:dev::p::t:m:T::n"}


def test_an_envelope_that_is_not_known_is_unknown_and_shows_nothing() -> None:
    assert _both({SIGNATURE: "ffffffff", "value": "hunter2"}) == UNKNOWN


def test_whole_numbers_are_int_and_others_stay() -> None:
    decoded = decode(_struct({"a": 3, "b": 3.5, "c": 2.0**60, "d": True, "e": None}))
    assert decoded == {"a": 3, "b": 3.5, "c": 2.0**60, "d": True, "e": None}
    assert [type(decoded[key]) for key in "abcd"] == [int, float, float, bool]


def test_keys_come_in_alphabetical_order() -> None:
    assert list(decode(_struct(dict.fromkeys("zyxcba", 1)))) == list("abcxyz")


def test_messages_lose_the_secrets_that_they_quote() -> None:
    assert wire.hide("cannot reach db://u:hunter2@h", ["hunter2"]) == "cannot reach db://u:[secret]@h"
    assert wire.hide("a b c", ["a"]) == "a b c"


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), _plain, max_size=5))
def test_plain_data_passes_unchanged(data: dict[str, Any]) -> None:
    assert decode(_struct(data)) == data
    assert decode_json(data) == data


@given(_plain, st.lists(st.sampled_from(["secret", "output", "list", "map"]), max_size=5))
def test_a_secret_never_shows_however_deep_it_is_wrapped(value: Any, layers: list[str]) -> None:
    marked: Any = _secret({"password": "hunter2hunter2", "rest": value})
    for layer in layers:
        marked = {
            "secret": _secret,
            "output": lambda inner: _output(value=inner),
            "list": lambda inner: [1, inner],
            "map": lambda inner: {"k": inner},
        }[layer](marked)
    assert "hunter2" not in json.dumps(_both(marked))
