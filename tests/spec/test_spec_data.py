"""Plain data as a description: what JSON, YAML loaders and other languages hand over."""

import datetime as dt
from collections import OrderedDict
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest

from intertie.spec import Memory, read_data
from intertie.spec.document import MOST_VALUES
from support.descriptions import only, problems_of, small

HUGE = pytest.param(10**5000, id="huge")  # Python refuses to write it out


class Word(StrEnum):
    STAGING = "staging"


class Level(IntEnum):
    ONE = 1


class Answer(Enum):
    YES = object()


class Later:
    """Looks like a value that only exists at run time."""

    def apply(self) -> None: ...
    def future(self) -> None: ...


def test_plain_data_is_read_without_places() -> None:
    problem = only(problems_of(small(owner="Search Platform")))
    assert (problem.path, problem.where) == ("owner", "")
    assert problem.hint == "write search-platform"


def test_whole_numbers_may_arrive_as_doubles() -> None:
    data = small()
    data["stages"][0] |= {"port": 8080.0, "replicas": {"min": 1.0, "max": 2.0}}
    data["stages"][1]["replicas"] = 1.0
    spec = read_data(data)
    assert (spec.stages[0].port, spec.stages[0].replicas.max, spec.stages[1].replicas.min) == (8080, 2, 1)


@pytest.mark.parametrize(
    "port", [True, "8080", 80.5, 0, 65536, None, [80], {"port": 80}, 2**70, HUGE, float("nan"), float("inf")]
)
def test_what_only_looks_like_a_whole_number_is_refused(port: Any) -> None:
    data = small()
    data["stages"][0]["port"] = port
    problem = only(problems_of(data))
    assert problem.path == "stages[0].port"
    assert problem.found


def test_a_number_in_quotes_says_to_take_them_off() -> None:
    data = small()
    data["stages"][0]["port"] = "8080"
    assert only(problems_of(data)).hint == "write it without quotes: 8080"


def test_mappings_tuples_and_enumerations_are_as_good_as_their_plain_forms() -> None:
    data = small(environment=Word.STAGING, residency=("us",), tags=OrderedDict(team="one"))
    data["stages"][1]["replicas"] = Level.ONE
    assert read_data(MappingProxyType(data)).tags == {"team": "one"}


def test_moments_may_be_datetimes_or_text_but_have_a_zone() -> None:
    start = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    claim = {"kind": "capacity-block", "id": "cr-1", "start": start, "end": "2027-01-02T00:00:00+02:00"}
    data = small()
    data["placements"]["here"]["capacity"] = {"generate": [claim]}
    assert read_data(data).placements["here"].capacity["generate"][0] is not None
    for bad in (
        start.replace(tzinfo=None),
        "2027-01-02",
        "1700000000",
        1700000000,
        start.date(),
        "2027-13-01T00:00:00Z",
    ):
        claim["start"] = bad
        problem = only(problems_of(data))
        assert problem.path == "placements.here.capacity.generate[0].start"
    claim |= {"start": "2027-02-02T00:00:00Z"}
    assert "before its `end`" in only(problems_of(data)).allowed


@pytest.mark.parametrize(
    "value", [object(), b"bytes", {1, 2}, (n for n in "ab"), complex(1), Memory(1), Answer.YES, range(3), Ellipsis]
)
def test_python_objects_are_refused_by_name(value: Any) -> None:
    problem = only(problems_of(small(budget={"monthly_usd": value})))
    assert problem.path == "budget.monthly_usd"
    assert problem.allowed == "text, numbers, lists and mappings"


def test_a_value_that_only_exists_at_run_time_says_why_not() -> None:
    assert "cannot hold outputs" in only(problems_of(small(owner=Later()))).hint


@pytest.mark.parametrize("key", [1, None, True, (1, 2), HUGE, b"k", "nul\0", "\ud800"])
def test_keys_that_are_no_text_are_refused(key: Any) -> None:
    problem = only(problems_of(small(tags={key: "x"})))
    assert problem.path.startswith("tags")
    assert problem.allowed == "keys that are text"


@pytest.mark.parametrize("text", ["nul\0", "\x1b[31m", "half \ud800", "\x7f", "c1 \x9b", "cr\r"])
def test_control_characters_and_half_pairs_are_refused_in_text(text: str) -> None:
    data = small()
    data["stages"][0]["env"] = {"A": text}
    problem = only(problems_of(data))
    assert problem.path == "stages[0].env.A"
    assert problem.found.startswith("text with the character U+")


def test_text_of_every_script_may_stand_in_free_text() -> None:
    data = small()
    data["stages"][0] |= {"env": {"A": "наука 科学 🚀\nsecond line\t"}, "args": ["--größe=1"]}
    assert read_data(data).stages[0].args == ("--größe=1",)


def test_data_that_holds_itself_is_refused() -> None:
    data = small()
    data["tags"] = data
    assert any("levels of nesting" in problem.found for problem in problems_of(data))


def test_data_without_end_is_refused() -> None:
    assert any(f"more than {MOST_VALUES} values" in p.found for p in problems_of(small(residency=["us"] * 40_000)))


@pytest.mark.parametrize("data", [None, 7, "text", [], ["a"], True, object()])
def test_anything_but_a_mapping_is_refused_as_the_document(data: Any) -> None:
    assert only(problems_of(data)).path == "document"


def test_an_empty_mapping_names_all_that_is_required() -> None:
    paths = [problem.path for problem in problems_of({})]
    assert paths == ["name", "owner", "cost_center", "environment", "residency", "stages", "placements"]


def test_reading_does_not_change_what_it_was_given() -> None:
    data, same = small(), small()
    read_data(data)
    assert data == same
