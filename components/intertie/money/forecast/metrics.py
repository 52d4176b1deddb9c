"""How good a forecast was. Definitions as in the M4 competition."""

import numpy as np

from intertie.money.forecast.series import Floats


def smape(actual: Floats, forecast: Floats) -> float:
    """Symmetric mean absolute percentage error, 0 to 200. Where both are 0, the error is 0."""
    size = np.abs(actual) + np.abs(forecast)
    missed = np.abs(actual - forecast)
    return float(
        200
        * np.nanmean(np.where(size > 0, missed / np.where(size > 0, size, 1.0), np.where(np.isnan(size), np.nan, 0.0)))
    )


def mase(actual: Floats, forecast: Floats, history: Floats, season: int) -> float:
    """Mean absolute error in units of what the seasonal naive forecast misses by within the history."""
    season = season if len(history) > season else 1
    if len(history) <= season:
        return float("nan")
    scale = float(np.nanmean(np.abs(history[season:] - history[:-season])))
    return float(np.nanmean(np.abs(actual - forecast))) / scale if scale > 0 else float("nan")


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of the values that lie in their interval."""
    known = np.isfinite(actual)
    return float(((actual >= low) & (actual <= high))[known].mean()) if known.any() else float("nan")


def seasonal_naive(history: Floats, steps: int, season: int) -> Floats:
    """The last season again and again; with less than one, the last value. Gaps take the season before."""
    if len(history) < season:
        known = history[np.isfinite(history)]
        return np.full(steps, known[-1] if len(known) else np.nan)
    last = history[-season:].copy()
    back = 2
    while np.isnan(last).any() and back * season <= len(history):
        before = history[-back * season : (1 - back) * season]
        last = np.where(np.isnan(last), before, last)
        back += 1
    last = np.where(np.isnan(last), np.nanmean(history), last)
    return np.resize(last, steps)
