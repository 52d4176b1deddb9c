"""Values with units: what people write, exactly, and back."""

import datetime as dt
import json
from typing import Annotated, Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from intertie.spec import Count, Duration, Memory
from intertie.spec.fields import Completed, NotAllowed, Whole
from intertie.spec.scalars import Unclear, plain_scalar

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16Gi", 16 * 2**30), ("512Mi", 2**29), ("1Ti", 2**40), ("3Ki", 3072), ("3KiB", 3072), ("80GB", 80 * 10**9),
        ("80G", 80 * 10**9), ("1.5Gi", 3 * 2**29), (" 2 Gi ", 2**31), ("1e3K", 10**6), (7, 7), (7.0, 7), ("7", 7),
        ("9007199254740993", 9007199254740993),
    ],
)  # fmt: skip
def test_memory_reads_what_people_write(text: Any, size: int) -> None:
    assert Memory.parse(text).bytes == size


@pytest.mark.parametrize(
    "text",
    ["", "Gi", "-1Gi", "1gi", "1 Pi", "1Gi2", "1,5Gi", "0", "0Gi", 0, -1, 1.5, True, None, [], float("nan"), "١Gi"],
)
def test_memory_refuses_what_could_mean_something_else(text: Any) -> None:
    with pytest.raises(NotAllowed, match="an amount of memory or disk, such as 16Gi"):
        Memory.parse(text)


@given(st.integers(1, LARGEST))
def test_memory_survives_being_written_and_read(size: int) -> None:
    assert Memory.parse(str(Memory(size))) == Memory(size)


@given(st.integers(0, 2**53))
def test_durations_survive_being_written_and_read(milliseconds: int) -> None:
    assert Duration.parse(str(Duration(milliseconds))) == Duration(milliseconds)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("800ms", 800), ("30s", 30_000), ("1.5m", 90_000), ("4h", 14_400_000), ("30d", 2_592_000_000), ("0s", 0)],
)
def test_durations_read_what_people_write(text: str, milliseconds: int) -> None:
    duration = Duration.parse(text)
    assert (duration.milliseconds, duration.seconds) == (milliseconds, milliseconds / 1000)


@pytest.mark.parametrize("text", ["30", 30, "30S", "1 month", "", "-1s", True, None, "1h30m"])
def test_durations_refuse_what_could_mean_something_else(text: Any) -> None:
    with pytest.raises(NotAllowed, match="a time with its unit"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("70e9", 70 * 10**9), ("70B", 70 * 10**9), ("70b", 70 * 10**9), ("1.5e9", 15 * 10**8), ("405.9e9", 4059 * 10**8),
     ("7e+9", 7 * 10**9), (7e9, 7 * 10**9), (8_030_000_000, 8_030_000_000), ("8M", 8 * 10**6), ("1T", 10**12)],
)  # fmt: skip
def test_counts_read_what_people_write(text: Any, number: int) -> None:
    assert Count.parse(text) == number


@pytest.mark.parametrize("text", [0, "0", -1, 1.5, "many", True, None, "1e99", "70 billion", float("inf"), "7Gi"])
def test_counts_refuse_what_is_none(text: Any) -> None:
    with pytest.raises(NotAllowed, match="a whole number above 0"):
        Count.parse(text)


def test_a_refusal_reads_as_a_sentence_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"expected a time with its unit .*; did you mean 30s\?"):
        Duration.parse("30S")


def test_units_order_by_size() -> None:
    assert Memory.parse("1Gi") < Memory.parse("2GB")
    assert Duration.parse("90s") > Duration.parse("1m")
    assert Memory.parse("3Gi").gib == 3


@settings(max_examples=500, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.text(alphabet="0123456789eE.+-_:xobn", min_size=1, max_size=12))
def test_a_plain_scalar_that_is_taken_is_what_yaml_1_1_reads_or_an_exponent(text: str) -> None:
    value = plain_scalar(text)
    assume(not isinstance(value, Unclear))
    try:
        old = yaml.safe_load(f"a: {text}")["a"]
    except (yaml.YAMLError, ValueError):  # no scalar at all, or a date that does not exist
        return
    if isinstance(old, dict | list | dt.date):
        return
    if isinstance(value, str):
        assert value == old
    elif isinstance(old, str):
        assert "e" in text.lower() or text[1] == "."  # `70e9` and `-.5`: numbers that PyYAML misses
        assert value == float(text)
    else:
        assert (type(value), value) == (type(old), old)


@given(st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_of_json_are_read_as_json_does(number: float) -> None:
    assert plain_scalar(json.dumps(number)) == number


def test_a_plain_scalar_means_the_same_to_all_readers_or_is_unclear() -> None:
    taken = {
        "7": 7, "-7": -7, "7.5": 7.5, "1e9": 1e9, "0x1F": 31, "true": True, "null": None, "~": None, "": None, "y": "y",
        "text": "text", "1.2.3": "1.2.3", "10.0.0.0/16": "10.0.0.0/16", "2026-08-01": "2026-08-01", "-": "-",
    }  # fmt: skip
    assert {text: plain_scalar(text) for text in taken} == taken
    for text in ("no", "Off", "007", "1_0", "1:30", "190:20:30.15", "0b1", "0o7", "-0x1F", "-.INF", ".nan", "1e999"):
        assert isinstance(plain_scalar(text), Unclear), text


def test_completed_names_are_asked_for_only_when_a_schema_is_written() -> None:
    asked: list[str] = []

    def names() -> list[str]:
        asked.append("asked")
        return ["a", "b"]

    adapter = TypeAdapter(Annotated[str, Completed(names)])
    assert adapter.validate_python("c") == "c"
    assert not asked
    assert adapter.json_schema() == {"type": "string", "enum": ["a", "b"]}


def test_bounds_are_included() -> None:
    adapter = TypeAdapter(Annotated[int, Whole(1, 8)])
    assert [adapter.validate_python(n) for n in (1, 8, 8.0)] == [1, 8, 8]
    for bad in (0, 9, "8", True, 8.5):
        with pytest.raises(ValidationError, match="expected a whole number from 1 to 8"):
            adapter.validate_python(bad)
