"""How a data file becomes rows, and what is said when it cannot."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.catalog import Fact
from intertie.catalog.reading import MalformedRowError, load, read_rows
from intertie.errors import IntertieError

HEADER = "name,count,share,ready,tags,note,limit,source,as_of"
GOOD = "a,3,0.5,true,x;y,,,somewhere,2026-08-03"


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    count: int
    share: float
    ready: bool
    tags: tuple[str, ...]
    note: str | None
    limit: int | None
    fact: Fact


def read(*lines: str) -> tuple[Sample, ...]:
    return read_rows("sample.csv", Sample, [HEADER, *lines])


def refusal(*lines: str) -> str:
    with pytest.raises(MalformedRowError) as caught:
        read(*lines)
    return str(caught.value)


def test_cells_are_read_as_their_fields_say() -> None:
    assert read(GOOD) == (Sample("a", 3, 0.5, True, ("x", "y"), None, None, Fact("somewhere", "2026-08-03")),)


def test_an_empty_cell_is_unknown_or_nothing_but_never_zero() -> None:
    row = read("a,3,0.5,false,,,7,somewhere,2026-08-03")[0]
    assert (row.tags, row.note, row.limit) == ((), None, 7)


def test_rows_are_frozen() -> None:
    with pytest.raises(AttributeError):
        read(GOOD)[0].count = 4  # type: ignore[misc]


def test_a_file_without_rows_has_no_rows() -> None:
    assert read() == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,3.5,0.5,true,,,,s,2026-08-03", "sample.csv:3: count: '3.5': not a whole number"),
        ("a,,0.5,true,,,,s,2026-08-03", "sample.csv:3: count: '': not a whole number"),
        ("a,1_000,0.5,true,,,,s,2026-08-03", "sample.csv:3: count: '1_000': not a whole number"),
        ("a,3,nan,true,,,,s,2026-08-03", "sample.csv:3: share: 'nan': not a finite number"),
        ("a,3,1e999,true,,,,s,2026-08-03", "sample.csv:3: share: '1e999': not a finite number"),
        ("a,3,0.5,yes,,,,s,2026-08-03", "sample.csv:3: ready: 'yes': expected true or false"),
        ("a,3,0.5,true,x; y,,,s,2026-08-03", "sample.csv:3: tags: 'x; y': parts between `;`"),
        ("a,3,0.5,true,x;,,,s,2026-08-03", "sample.csv:3: tags: 'x;': parts between `;`"),
        ("a,3,0.5,true,,,many,s,2026-08-03", "sample.csv:3: limit: 'many': not a whole number"),
        ("a,3,0.5,true,,,, ,2026-08-03", "sample.csv:3: source: empty"),
        ("a,3,0.5,true,,,,s,", "sample.csv:3: as_of: '': expected an ISO date"),
        ("a,3,0.5,true,,,,s,2026-13-01", "sample.csv:3: as_of: '2026-13-01': expected an ISO date"),
        ("a,3,0.5,true,,,,s,20260803", "sample.csv:3: as_of: '20260803': expected an ISO date"),
        ("a,3,0.5,true,,,,s", "sample.csv:3: 8 cells, expected 9"),
        ("a,3,0.5,true,,,,s,2026-08-03,more", "sample.csv:3: 10 cells, expected 9"),
        ('a,3,0.5,true,"x"y,,,s,2026-08-03', "sample.csv:3: "),
    ],
)
def test_a_malformed_row_is_named_by_file_and_line(line: str, message: str) -> None:
    assert refusal(GOOD, line).startswith(message)


def test_wrong_columns_are_named_before_any_row_is_read() -> None:
    with pytest.raises(MalformedRowError, match=r"sample\.csv:1: columns are \['name'\], expected \['name', 'count'"):
        read_rows("sample.csv", Sample, ["name", "garbage"])
    with pytest.raises(MalformedRowError, match=r"sample\.csv:1: columns are \[\]"):
        read_rows("sample.csv", Sample, [])


def test_a_malformed_row_is_an_error_that_the_command_line_shows_without_a_traceback() -> None:
    assert issubclass(MalformedRowError, IntertieError)


def test_a_file_that_does_not_exist_is_not_an_empty_table() -> None:
    with pytest.raises(FileNotFoundError):
        load("no-such-table", Sample)


@given(st.lists(st.lists(st.text(max_size=12), max_size=11), max_size=4))
def test_any_text_gives_rows_or_a_named_place(table: list[list[str]]) -> None:
    try:
        rows = read(*(",".join(cells) for cells in table))
    except MalformedRowError as error:
        place = error.where
    else:
        place = "sample.csv:1"
        assert all(row.fact.source and row.fact.as_of for row in rows)
    assert re.fullmatch(r"sample\.csv:\d+", place)


@given(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text("abc-.", min_size=1, max_size=4), max_size=3),
    st.none() | st.integers(0, 10**6),
)
def test_what_is_written_is_read(count: int, share: float, tags: list[str], limit: int | None) -> None:
    row = read(f"a,{count},{share!r},true,{';'.join(tags)},,{'' if limit is None else limit},s,2026-08-03")[0]
    assert (row.count, row.share, row.tags, row.limit) == (count, share, tuple(tags), limit)
