"""The daily level continued by statsforecast (extra `forecast`), behind the same interface as the engine of our own.

Exponential smoothing with error, trend and season chosen by information criterion: `AutoETS` of statsforecast
(Apache-2.0), after Hyndman and others, "A state space framework for automatic forecasting" (2002). Folding into days,
the shape of the day, zeros, holidays and futures are those of the engine.
"""

from collections.abc import Sequence

import numpy as np

from intertie.errors import OutsideError
from intertie.money.forecast.calendar import Event
from intertie.money.forecast.engine import Forecast, forecast
from intertie.money.forecast.series import Floats, Series

NAME = "statsforecast"
_WEEK = 7
_LEAST = 15  # days without which there is no season of a week to find
_ONE = 1.2815515594600038  # spreads from the middle to the end of an 80 % interval


def stats_forecast(
    series: Series, steps: int, *, place: str = "", events: Sequence[Event] = (), seed: int = 7
) -> Forecast:
    """The next `steps` steps, as `engine.forecast` gives them. Raises `OutsideError` where the extra is missing."""
    return forecast(series, steps, place=place, events=events, seed=seed, continued=_continued)


def _continued(clean: Floats, ahead: int) -> tuple[str, Floats, Floats]:
    try:
        from statsforecast.models import AutoETS, Naive
    except ImportError:
        raise OutsideError("statsforecast is missing: pip install 'intertie[forecast]'") from None
    if len(clean) < 3:
        return "last value", np.full(ahead, clean[-1]), np.full(ahead, 0.35)
    model = Naive() if np.ptp(clean) == 0 or len(clean) < 5 else AutoETS(season_length=_season(clean))
    found = model.forecast(y=clean, h=ahead, level=[80])
    width = (found["hi-80"] - found["lo-80"]) / 2 / _ONE
    return type(model).__name__, np.asarray(found["mean"], dtype=float), np.nan_to_num(width, nan=0.35)


def _season(clean: Floats) -> int:
    return _WEEK if len(clean) >= _LEAST else 1
