"""What is known of days before they come: weekday, time of year, public holidays, the user's own events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast.members import Features
from intertie.money.forecast.series import Bools, Floats, Ints

_EPOCH = date(1970, 1, 1)
_HARMONICS = 8
_YEAR = 365.25
_HOLIDAY = "holiday "
_TURN = ((12, 22), (1, 2))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the user knows of: a launch, a sale, an exam week. Both days are included.

    `multiplier` is what it does to usage, where the history does not show it.
    """

    name: str
    start: date
    end: date
    multiplier: float | None = None


def holidays_of(place: str, first: int, last: int) -> dict[int, str]:
    """Day since 1970 → name, from `first` to before `last`. `place`: `US`, or with a subdivision `US-NY`."""
    import holidays

    country, _, part = place.partition("-")
    years = range((_EPOCH + timedelta(days=first)).year, (_EPOCH + timedelta(days=last)).year + 1)
    try:
        found = holidays.country_holidays(country.upper(), subdiv=part or None, years=years)
    except NotImplementedError as error:
        raise InputError(f"--holidays {place!r}: no such country or subdivision: {error}") from None
    days = {(day - _EPOCH).days: str(name) for day, name in found.items()}
    return {day: name for day, name in sorted(days.items()) if first <= day < last}


def features(first: int, days: int, ahead: int) -> Features:
    """Columns of `days + ahead` days from day `first` on."""
    count = days + ahead
    index = np.arange(count)
    columns: list[tuple[str, Floats, float]] = [("level", np.ones(count), 1e-6)]
    weekday = (index + first + 3) % 7
    columns += [("week", (weekday == day) - 1 / 7.0, 0.3) for day in range(7)]
    columns.append(("trend", (index - days) / 100.0, 0.5))
    turn = 2 * np.pi * (index + first) / _YEAR
    for order in range(1, _HARMONICS + 1):
        held = 0.5 * order
        columns += [("year", np.sin(order * turn), held), ("year", np.cos(order * turn), held)]
    matrix = np.column_stack([column for _, column, _ in columns])
    penalty = np.array([held for _, _, held in columns])
    return Features(matrix, penalty, tuple(group for group, _, _ in columns))


def marks(first: int, count: int, named: Mapping[int, str], events: Sequence[Event]) -> dict[str, Floats]:
    """Days that are marked: any holiday, each holiday by name, the days beside holidays, each event."""
    out: dict[str, Floats] = {}

    def mark(name: str, day: int) -> None:
        if 0 <= day - first < count:
            out.setdefault(name, np.zeros(count))[day - first] = 1.0

    for day, name in named.items():
        mark("a holiday", day)
        mark(f"{_HOLIDAY}{name}", day)
        if day + 1 not in named:
            mark("after a holiday", day + 1)
        if day - 1 not in named:
            mark("before a holiday", day - 1)
    for event in events:
        for offset in range((event.end - event.start).days + 1):
            mark(f"event {event.name}", (event.start - _EPOCH).days + offset)
    return out


def unseen(first: int, whole: int, ahead: int, marked: Mapping[str, Floats]) -> Bools:
    """(H,) days ahead of a kind that the `whole` days of history do not have: holidays of a name that never came, and
    the turn of the year, when most things rest and some do not, in a history that has seen none.
    """
    turn = np.array([_is_turn(first + day) for day in range(whole + ahead)])
    out = turn[whole:] & (not turn[:whole].any())
    for name, column in marked.items():
        if name.startswith(_HOLIDAY) and not column[:whole].any():
            out |= column[whole:] > 0
    return out


def _is_turn(day: int) -> bool:
    date_ = _EPOCH + timedelta(days=day)
    return (date_.month, date_.day) >= _TURN[0] or (date_.month, date_.day) <= _TURN[1]


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def weekdays(first: int, count: int) -> Ints:
    """0 is Monday."""
    return (np.arange(count) + first + 3) % 7
