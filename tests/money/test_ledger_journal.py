"""The file of the ledger: append-only, chained, and never half-written, even when its writer is killed."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.money.ledger import Cancellation, Commitment, Use, append, read
from intertie.money.ledger.entries import parse, plain
from support.killing import killer
from support.patient import patient

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 10, 1, tzinfo=UTC)


def commitment(name: str = "cr-0abc", **changes: Any) -> Commitment:
    fields = {
        "id": name, "kind": "odcr", "cloud": "aws", "region": "us-east-1", "machine": "p5.48xlarge", "quantity": 2,
        "price": Decimal("39.5"), "start": START, "end": START + timedelta(days=90),
    }  # fmt: skip
    return Commitment(**{**fields, **changes})


def used(hours: int = 1) -> Use:
    return Use("aws", "us-east-1", "p5.48xlarge", Decimal("1.25"), START, START + timedelta(hours=hours))


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    data = [commitment(), used(), Cancellation("cr-0abc", START + timedelta(days=3), "given back")]
    for each in data:
        append(path, [each], NOW)
    assert [entry.data for entry in read(path)] == data
    assert [entry.number for entry in read(path)] == [1, 2, 3]


def test_several_entries_are_there_together(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    append(path, [commitment(), used()], NOW)
    assert append(path, [used(2), used(3)], NOW)[-1].number == 4
    assert len(read(path)) == 4


def test_one_bad_entry_of_several_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    append(path, [commitment()], NOW)
    before = path.read_bytes()
    with pytest.raises(InputError, match="an identifier that no other commitment has"):
        append(path, [used(), commitment()], NOW)
    assert path.read_bytes() == before


def test_every_changed_removed_or_swapped_line_is_found(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    append(path, [commitment(), used(1), used(2), used(3)], NOW)
    lines = path.read_text().splitlines(keepends=True)
    broken = [
        [lines[0].replace("39.5", "38.5"), *lines[1:]],
        [lines[0], lines[2], lines[1], lines[3]],
        [lines[0], *lines[2:]],
        lines[1:],
        [*lines[:2], lines[1], *lines[2:]],
        [*lines[:3], "{}\n", lines[3]],
        [*lines[:3], "\n", lines[3]],
        [*lines[:3], "not json\n"],
    ]
    for each in broken:
        path.write_text("".join(each))
        with pytest.raises(InputError, match="never mended by hand"):
            read(path)


def test_lines_that_were_cut_off_are_found_with_the_last_hash(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    last = append(path, [commitment(), used(1), used(2)], NOW)[-1].hash
    read(path, expected=last)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    assert len(read(path)) == 2
    with pytest.raises(InputError, match="lines were cut off or written anew"):
        read(path, expected=last)


@patient
@given(cut=st.integers(1, 200))
def test_the_beginning_of_a_line_is_not_read_and_cut_off_by_the_next_writer(tmp_path: Path, cut: int) -> None:
    path = tmp_path / f"{cut}.ledger"
    path.unlink(missing_ok=True)
    append(path, [commitment()], NOW)
    append(path, [used()], NOW)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines(keepends=True)[1][:cut].rstrip(b"\n"))
    assert len(read(path)) == 2
    append(path, [used(2)], NOW)
    assert len(read(path)) == 3
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("body", [b"[", b'{"a": 1}', b"\x7fELF", b"hello", b"\0\0x", b'{"numbers":1}'])
def test_another_file_without_a_newline_is_no_ledger_and_is_left_as_it_is(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "important"
    path.write_bytes(body)
    with pytest.raises(InputError, match="important:1: an end that no writer of a ledger left"):
        append(path, [commitment()], NOW)
    assert path.read_bytes() == body


def test_a_note_that_is_no_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    problems: list[Any] = []
    assert parse({**plain(commitment()), "note": "caf\udce9"}, problems) is None
    assert "note: found" in str(problems[0])


def test_an_entry_is_never_recorded_before_the_one_above_it(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    append(path, [commitment()], NOW)
    append(path, [used()], NOW - timedelta(days=1))
    assert [entry.recorded for entry in read(path)] == [NOW, NOW]


def refused(path: Path, *data: Any) -> str:
    with pytest.raises(InputError) as caught:
        append(path, list(data), NOW)
    return str(caught.value)


def test_what_has_no_meaning_together_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    append(path, [commitment()], NOW)
    assert "a commitment that stands in the ledger" in refused(path, Cancellation("cr-else", START))
    assert "a time up to its end" in refused(path, Cancellation("cr-0abc", START + timedelta(days=91)))
    assert "use that is over when it is recorded" in refused(path, used(24 * 365))
    append(path, [Cancellation("cr-0abc", START)], NOW)
    assert "is not cancelled" in refused(path, Cancellation("cr-0abc", START))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("type", "gift", "commitment, cancellation, use"),
        ("id", "", "an identifier as the cloud shows it"),
        ("kind", "spot", "odcr, capacity-block"),
        ("cloud", "moon", "aws, azure, gcp, other"),
        ("quantity", 0, "a whole number from 1 to 100,000"),
        ("quantity", 1.5, "a whole number"),
        ("quantity", True, "a whole number"),
        ("quantity", 10**9, "a whole number"),
        ("price", 39.5, "a number in quotes"),
        ("price", "nan", "a number in quotes"),
        ("price", "-1", "a number in quotes"),
        ("price", "1e9999", "a number in quotes"),
        ("currency", "EUR", "USD"),
        ("start", "2026-10-01", "a time with its zone"),
        ("start", "2026-10-01T00:00:00", "a time with its zone"),
        ("start", "9999-01-01T00:00:00Z", "a time with its zone"),
        ("end", "2026-09-01T00:00:00Z", "a time after `start`"),
        ("upfront", "yes", "true or false"),
        ("colour", "red", "one of"),
    ],
)
def test_a_commitment_that_cannot_be_is_refused_field_by_field(field: str, value: Any, told: str) -> None:
    problems: list[Any] = []
    assert parse({**plain(commitment()), field: value}, problems) is None
    assert told in "; ".join(map(str, problems))


@patient
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                    lambda inner: st.dictionaries(st.text(max_size=10), inner, max_size=5), max_leaves=8))  # fmt: skip
def test_any_data_is_an_entry_or_has_problems(data: Any) -> None:
    problems: list[Any] = []
    if isinstance(data, dict):
        made = parse(data, problems)
        assert (made is None) == bool(problems)


@patient
@given(st.builds(commitment, quantity=st.integers(1, 1000), upfront=st.booleans(), note=st.text(max_size=40),
                 price=st.decimals("0", "1000", places=6)))  # fmt: skip
def test_an_entry_is_the_same_after_it_was_written(made: Commitment) -> None:
    problems: list[Any] = []
    assert parse(json.loads(json.dumps(plain(made))), problems) == made
    assert not problems


def test_a_folder_no_file_and_noise_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="intertie ledger add makes one"):
        read(tmp_path / "nothing")
    (tmp_path / "noise").write_bytes(b"\x00\xff\n")
    with pytest.raises(InputError, match="a line that is no JSON"):
        read(tmp_path / "noise")


WRITER = """
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from intertie.money.ledger import Use, append

def write(path, batch, say):
    start = datetime(2026, 10, 1, tzinfo=UTC)
    for number in range(10**9):
        use = Use("aws", "us-east-1", "p5.48xlarge", Decimal(number), start, start + timedelta(hours=1))
        last = append(path, [use] * int(batch))[-1]
        say(f"{last.number} {last.hash}")
"""


def test_a_hundred_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "capacity.ledger"
    with killer(WRITER, path) as kill:
        for each in range(100):
            number, last = kill(str(1 + each % 3), 0.0005 * (each % 17)).split()
            entries = read(path, expected=last)
            assert len(entries) >= int(number)
            assert entries[int(number) - 1].hash == last
            if each % 10 == 9:
                path.unlink()  # keeps the file, and with it the test, short
