"""What holidays and events do to a day: learned from the days that had them, against the same weekdays around."""

from collections.abc import Mapping

import numpy as np

from intertie.money.forecast.series import Floats

_DOUBT_NAMED, _DOUBT_KIND = 0.4, 2.0  # days of no effect that are mixed in
GENERAL = ("a holiday", "before a holiday", "after a holiday")


def effects(off: Floats, marked: Mapping[str, Floats]) -> Floats:
    """(D + H,) log effect per day. `off` (D,): log level less that of the same weekday in the weeks around, or NaN.

    A holiday that was seen has its own effect, another one that of holidays in general. A named day outweighs a
    neighbour of one.
    """
    days = len(off)
    length = len(next(iter(marked.values()))) if marked else days
    total, named = np.zeros(length), np.zeros(length, dtype=bool)
    ordered = sorted(marked, key=lambda name: name in GENERAL)
    for name in ordered:
        column = marked[name] > 0
        seen = column[:days] & np.isfinite(off)
        count = int(seen.sum())
        if not count:
            continue
        doubt = _DOUBT_KIND if name in GENERAL else _DOUBT_NAMED
        effect = float(np.median(off[seen])) * count / (count + doubt)
        here = column & ~named
        total[here] += effect
        named |= column
    return total
