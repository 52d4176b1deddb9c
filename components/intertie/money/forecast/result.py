"""A forecast as data: `intertie.forecast/v1`."""

import math
from typing import Any

import numpy as np

from intertie.money.forecast.engine import Forecast
from intertie.money.forecast.series import DAY, Floats, step_text

CANDIDATES = 3
_BY_DAY_FROM = 4  # days ahead from which a peak is a day; below, it is a step


def to_json(ahead: Forecast) -> dict[str, Any]:
    """The shape that other tools rely on: points, total and peak; then how it was made."""
    texts = ahead.texts()
    quantiles = zip(texts, ahead.p10.tolist(), ahead.p50.tolist(), ahead.p90.tolist(), strict=True)
    return {
        "schema": "intertie.forecast/v1",
        "unit": ahead.series.unit,
        "step": step_text(ahead.series.step),
        "points": [
            {"at": at, "p10": rounded(low), "p50": rounded(middle), "p90": rounded(high)}
            for at, low, middle, high in quantiles
        ],
        "total": _quantiles(ahead.paths.sum(axis=1), ("p10", "p50", "p90")),
        "peak": peak(ahead),
        "history": {"steps": len(ahead.series), "known": int(np.isfinite(ahead.series.values).sum())},
        "mix": dict(sorted(ahead.mix.items())),
        "notes": list(ahead.notes),
    }


def peak(ahead: Forecast) -> dict[str, Any]:
    """Where the highest step lies in the simulated futures, and how high it is there.

    `of` says what a candidate is: the `day` that holds the highest step, or for short horizons the `step` itself.
    """
    series, steps = ahead.series, len(ahead.p50)
    count = len(series)
    highest = ahead.paths.argmax(axis=1)
    by_day = series.step * steps >= _BY_DAY_FROM * DAY
    walls = series.walls(count, count + steps)
    group = walls // DAY - walls[0] // DAY if by_day else np.arange(steps)
    places, first = np.unique(group, return_index=True)
    times = np.bincount(group[highest] - group[0], minlength=len(places))
    tops = np.maximum.reduceat(ahead.p50, first)
    order = np.lexsort((places, -tops, -times))[:CANDIDATES]  # where no future peaks, the higher forecast comes first
    texts = ahead.texts()
    return {
        "of": "day" if by_day else "step",
        "candidates": [
            {
                "at": _day(texts[int(first[i])], by_day),
                "probability": float(times[i] / len(highest)),
            }
            for i in order
        ],
        "level": _quantiles(ahead.paths.max(axis=1), ("p50", "p90")),
    }


def _day(text: str, by_day: bool) -> str:
    """The day's own beginning, in the form of the timestamps."""
    if not by_day or "T" not in text:
        return text
    date, _, clock = text.partition("T")
    zone = clock[8:] if len(clock) > 8 else ""
    return f"{date}T00:00:00{zone}"


def _quantiles(values: Floats, names: tuple[str, ...]) -> dict[str, float]:
    return {name: rounded(float(np.quantile(values, int(name[1:]) / 100))) for name in names}


def rounded(value: float) -> float:
    """Six significant digits: what a forecast can mean, and the same on every machine."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, max(0, 5 - math.floor(math.log10(abs(value))))) if abs(value) < 1e15 else float(f"{value:.6g}")
