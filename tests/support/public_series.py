"""Public usage series, and the origins that forecasts of them are developed on and reported from.

Development and reported origins have test windows that never overlap. Taxi: by time, because it is short. Wikipedia
and pedestrians: by turns, so that both meet quiet years and the lockdowns of 2020 and 2021.
"""

import csv
import gzip
import io
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from intertie.money.forecast import Series
from intertie.money.forecast.reading import rows_of
from intertie.money.forecast.regular import regular

FOLDER = Path(__file__).parent / "series"
AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Public:
    """A series, the country of its holidays, and origins in steps."""

    name: str
    series: Series
    place: str
    steps: int
    develop: tuple[int, ...]
    report: tuple[int, ...]


def read(name: str) -> Series:
    """The series of a file, at the file's own step."""
    with gzip.open(FOLDER / f"{name}.csv.gz", "rb") as raw:
        rows = list(csv.reader(io.TextIOWrapper(raw)))[1:]
    moments = [datetime.fromisoformat(row[0]) for row in rows]
    return regular(rows_of(moments, [float(row[1]) if row[1] else float("nan") for row in rows], name), name=name)


def all_series() -> tuple[Public, ...]:
    """The taxi rides by day and by hour, views of a Wikipedia page as they are and as their logarithm, pedestrians."""
    taxi, views = read("nyc_taxi"), read("wikipedia_views_log")
    days = replace(taxi, step=86_400, values=taxi.values.reshape(-1, 48).sum(axis=1))
    hours = replace(taxi, step=3600, values=taxi.values.reshape(-1, 2).sum(axis=1))
    early, late = tuple(range(60, 97, 4)), tuple(range(126, 186, 3))
    turns, other = tuple(range(400, 2876, 74)), tuple(range(437, 2876, 74))
    return (
        Public("NYC taxi rides, by day", days, "US-NY", 30, early, late),
        Public("NYC taxi rides, by hour", hours, "US-NY", 720, _hours(early[::2]), _hours(late[::2])),
        Public("Wikipedia page views, by day", replace(views, values=np.exp(views.values)), "US", 30, turns, other),
        Public("the same, logarithm", views, "US", 30, turns, other),
        Public(
            "pedestrians in Melbourne, by day", read("pedestrians"), "AU-VIC", 30,
            tuple(range(120, 1461, 60)), tuple(range(150, 1461, 60)),
        ),
    )  # fmt: skip


def _hours(days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(24 * day for day in days)
