"""Usage files as they come: untidy ones are repaired and it is said how, wrong ones are refused with row and column."""

import contextlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.money.forecast import Event, Series, forecast, read_rows, regular
from intertie.money.forecast.events import read_events


def series(tmp_path: Path, text: str, **options) -> Series:
    path = tmp_path / "usage.csv"
    path.write_text(text)
    return regular(read_rows(path), name="usage.csv", **options)


def hours(*values: object, start: int = 0) -> str:
    rows = [f"2026-03-01T{start + i:02}:00:00Z,{value}" for i, value in enumerate(values)]
    return "\n".join(["timestamp,value", *rows])


def test_a_clean_file_needs_no_repair(tmp_path: Path) -> None:
    read = series(tmp_path, hours(1, 2, 3))
    assert (read.step, read.values.tolist(), read.repairs) == (3600, [1, 2, 3], ())
    assert read.texts(3, 4) == ["2026-03-01T03:00:00+00:00"]


def test_prophets_column_names_are_read_too(tmp_path: Path) -> None:
    assert series(tmp_path, '"ds","y"\n"2026-01-01",1\n"2026-01-02",2\n').texts(2, 3) == ["2026-01-03"]


def test_gaps_stay_gaps_and_are_counted(tmp_path: Path) -> None:
    read = series(tmp_path, hours(1, "", "NaN", 4))
    assert np.isnan(read.values[1:3]).all()
    assert read.repairs == ("2 of 4 steps have no value: they are left out, not taken for 0",)


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    text = "timestamp,value\n2026-01-03,3\n2026-01-01,1\n2026-01-02,2\n"
    read = series(tmp_path, text)
    assert read.values.tolist() == [1, 2, 3]
    assert read.repairs == ("1 rows were earlier than the row before them: sorted by time",)


def test_duplicates_are_averaged_and_counted(tmp_path: Path) -> None:
    text = "timestamp,value\n2026-01-01,1\n2026-01-02,2\n2026-01-02,4\n2026-01-03,3\n"
    read = series(tmp_path, text)
    assert read.values.tolist() == [1, 3, 3]
    assert "1 timestamps came more than once: their values are averaged" in read.repairs


def test_the_hour_that_a_wall_clock_repeats_is_averaged(tmp_path: Path) -> None:
    times = ("00:00", "01:00", "02:00", "02:00", "03:00", "04:00")
    text = "timestamp,value\n" + "\n".join(f"2026-10-25 {time},{i}" for i, time in enumerate(times))
    assert series(tmp_path, text).values.tolist() == [0, 1, 2.5, 4, 5]


def test_days_of_23_and_25_hours_are_days(tmp_path: Path) -> None:
    rows = [f"2026-03-{day:02}T00:00:00{'+01:00' if day < 30 else '+02:00'},{day}" for day in range(25, 32)]
    read = series(tmp_path, "timestamp,value\n" + "\n".join(rows), zone=ZoneInfo("Europe/Stockholm"))
    assert (read.step, len(read)) == (86_400, 7)
    assert read.texts(7, 8) == ["2026-04-01T00:00:00+02:00"]


def test_hours_of_day_follow_the_named_zone_through_daylight_saving(tmp_path: Path) -> None:
    """Noon in Stockholm is busy on both sides of the change; in UTC the busy hour moves."""
    start = datetime(2026, 9, 1, tzinfo=UTC)
    stockholm, rows = ZoneInfo("Europe/Stockholm"), []
    for i in range(24 * 53):
        moment = start + timedelta(hours=i)
        rows.append(f"{moment.isoformat()},{100 if moment.astimezone(stockholm).hour == 12 else 10}")
    ahead = forecast(series(tmp_path, "timestamp,value\n" + "\n".join(rows), zone=stockholm), 72)
    busy = [text for text, value in zip(ahead.texts(), ahead.p50, strict=True) if value > 50]
    assert [text[11:] for text in busy] == ["12:00:00+02:00", "12:00:00+01:00", "12:00:00+01:00"]


def test_changing_offsets_without_a_zone_are_told_of(tmp_path: Path) -> None:
    text = "timestamp,value\n2026-03-29T01:00:00+01:00,1\n2026-03-29T03:00:00+02:00,2\n2026-03-29T04:00:00+02:00,3\n"
    read = series(tmp_path, text)
    assert len(read) == 3
    assert "name a zone with --timezone" in read.repairs[0]


def test_single_requests_are_counted_in_steps(tmp_path: Path) -> None:
    text = "timestamp,value\n" + "\n".join(f"2026-01-01T00:{i * 7 % 60:02}:{i:02}Z,2" for i in range(50))
    assert series(tmp_path, text, step=3600).values.tolist() == [100]
    with pytest.raises(InputError, match="--step 1h --aggregate sum"):
        series(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "row 1: found the columns 'a, b'"),
        ("timestamp,value\n", "has no values"),
        ("timestamp,value\n2026-01-01,\n", "has no values"),
        ("timestamp,value\n2026-01-01,1\nyesterday,1\n", "row 3: timestamp: found 'yesterday'"),
        ("timestamp,value\n2026-01-01,-4\n", "row 2: value: found '-4'"),
        ("timestamp,value\n2026-01-01,inf\n", "row 2: value: found 'inf'"),
        ("timestamp,value\n2026-01-01,1e300\n", "row 2: value: found '1e300'"),
        ("timestamp,value\n2026-01-01,12 USD\n", "row 2: value: found '12 USD'"),
        ("timestamp,value\n9999-01-01,1\n", "row 2: timestamp: found '9999-01-01'"),
        ("timestamp,value\n2026-01-01T00:00Z,1\n2026-01-01T01:00,1\n", "row 3: some timestamps name a zone"),
        ("timestamp,value\n2026-01-01,1\n2026-01-08,1\n2026-01-15,1\n", "a step of 7d"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        series(tmp_path, text)
    assert said in str(refused.value)


def test_every_bad_row_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        series(tmp_path, "timestamp,value\n2026-01-01,x\n2026-01-02,y\n")
    assert len(refused.value.problems) == 2


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(b"timestamp,value\n\xff\xfe\x00")
    with pytest.raises(InputError, match=r"usage\.csv:2: not UTF-8 text"):
        read_rows(path)


def test_a_file_that_never_ends_is_not_read() -> None:
    with pytest.raises(InputError, match="/dev/zero: found a device or pipe; allowed: a CSV file"):
        read_rows(Path("/dev/zero"))


def test_a_number_with_a_thousands_mark_is_not_taken_for_its_beginning(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2: row: found 3 cells; allowed: 2, as in the header"):
        series(tmp_path, "timestamp,value\n2026-01-01,1,234\n")
    assert series(tmp_path, "timestamp,value\n2026-01-01,1,\n").values.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'name'"),
        ("name,begin,end\n", "no column 'start'"),
        ("name,start,end\nsale,2026-13-01,\n", "csv:2: start: found '2026-13-01'"),
        ("name,start,end\nsale,2026-11-27,2026-11-26\n", "csv:2: end: found '2026-11-26'"),
        ("name,start,end,multiplier\nsale,2026-11-27,,nan\n", "csv:2: multiplier: found 'nan'"),
        ("name,start,end\n,2026-11-27,\n", "csv:2: name: found nothing"),
        ("name,start,end\n" + "a,2026-11-27,\n" * 1001, "found 1,001 rows"),
    ],
)
def test_events_that_cannot_be_are_named_with_line_and_column(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_events(path)


def test_an_event_may_last_a_day_and_have_no_multiplier(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes("\ufeffname,start,end\r\nsale,2026-11-27,\r\n".encode())
    assert read_events(path) == (Event("sale", date(2026, 11, 27), date(2026, 11, 27)),)


@given(st.text(max_size=300))
def test_no_text_at_all_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("timestamp,value\n" + text, newline="")
    with contextlib.suppress(InputError):
        assert len(regular(read_rows(path))) > 0


@pytest.mark.parametrize("column", ["currency", "unit", "Currency"])
def test_a_file_of_two_currencies_or_units_is_refused_with_row_and_column(column: str, tmp_path: Path) -> None:
    text = f"timestamp,value,{column}\n2026-01-01,1,USD\n2026-01-02,1,\n2026-01-03,1,EUR\n"
    with pytest.raises(InputError) as caught:
        series(tmp_path, text)
    assert f"usage.csv: row 4: {column.lower()}: found 'EUR'; allowed: USD, as in row 2" in str(caught.value)
    assert series(tmp_path, text.replace("EUR", "USD")).values.tolist() == [1, 1, 1]
