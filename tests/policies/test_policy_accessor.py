"""Reading properties: known, absent, unknown, hidden, and never an exception."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy import proxy

from intertie.graph import wire
from intertie_policies import accessor
from intertie_policies.accessor import State, Trace

SECRET = {wire.SIGNATURE: wire.SECRET_SIGNATURE}
OUTPUT = {wire.SIGNATURE: wire.OUTPUT_SIGNATURE}
UNKNOWNS = [wire.UNKNOWN, "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
            "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", OUTPUT]  # fmt: skip


@pytest.mark.parametrize("raw", UNKNOWNS, ids=str)
def test_every_sentinel_of_the_wire_is_unknown_and_so_is_all_inside_it(raw: Any) -> None:
    value = accessor.read({"a": raw})["a"]
    assert value.state is State.UNKNOWN
    assert value["b"][0]["c"].state is State.UNKNOWN
    assert (value.text, value.number, value.flag, value.items, value.entries, value.given) == (
        None,
        None,
        None,
        (),
        {},
        False,
    )


def test_text_around_an_unknown_is_unknown() -> None:
    assert accessor.read({"arn": f"arn:aws:s3:::{wire.UNKNOWN}/*"})["arn"].unknown


def test_a_secret_with_its_value_is_read_and_one_without_is_only_there() -> None:
    props = accessor.read(
        {"seen": {**SECRET, "value": "us-east-1"}, "hidden": {**SECRET, "ciphertext": "v1:x"}, "shown": "[secret]"}
    )
    assert props["seen"].text == "us-east-1"
    for key in ("hidden", "shown"):
        assert props[key].given
        assert props[key].text is None
        assert props[key].state is State.HIDDEN


def test_the_proxies_of_the_sdk_are_read_without_raising() -> None:
    proxied = proxy.unknown_checking_proxy({"known": {"list": [1.0, wire.UNKNOWN]}, "unknown": wire.UNKNOWN})
    props = accessor.read(proxied)
    assert props["known"]["list"][0].number == 1
    assert props["known"]["list"][1].unknown
    assert len(props["known"]["list"].items) == 2
    assert props["unknown"]["deeper"].unknown
    assert props["missing"].absent
    assert set(props.entries) == {"known", "unknown"}


def test_numbers_and_flags_are_read_from_text_as_the_clouds_do() -> None:
    props = accessor.read({"n": "8", "f": "True", "x": 8.0, "no": "eight", "flag": True})
    assert (props["n"].number, props["f"].flag, props["x"].text, props["no"].number, props["flag"].number) == (
        8,
        True,
        "8",
        None,
        None,
    )


def test_a_value_of_another_kind_is_noted_as_malformed() -> None:
    trace = Trace()
    props = accessor.read({"region": ["us-east-1"], "tags": "owner"}, "urn", trace)
    assert props["region"].text is None
    assert props["tags"].entries == {}
    assert props["tags"]["owner"].unknown
    assert [(read.state, read.asked) for read in trace.doubtful()][:2] == [
        (State.MALFORMED, "text"),
        (State.MALFORMED, "object"),
    ]


def test_a_read_is_reported_where_the_value_became_unknown() -> None:
    trace = Trace()
    assert accessor.read({"a": {"b": wire.UNKNOWN}}, "urn", trace).at("a", "b", "c", 0).text is None
    assert [accessor.show(read.path) for read in trace.doubtful()] == ["a.b"]


def test_quiet_reads_and_navigation_leave_no_trace() -> None:
    trace = Trace()
    value = accessor.read({"a": wire.UNKNOWN}, "urn", trace)["a"]["b"]
    assert value.quietly().unknown
    assert trace.reads == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([*UNKNOWNS, "[secret]"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", wire.SIGNATURE]) | st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.lists(st.sampled_from(["a", "b", 0, -1, 3, wire.SIGNATURE]), max_size=5))
def test_nothing_that_a_program_can_register_makes_reading_raise(raw: Any, steps: list[Any]) -> None:
    value = accessor.read(raw, "urn", Trace()).at(*steps)
    answers = (value.state, value.text, value.number, value.flag, value.items, value.entries, value.texts, value.given)
    assert len(answers) == 8
    assert sum([value.known, value.absent, value.unknown, value.state is State.HIDDEN]) == 1
