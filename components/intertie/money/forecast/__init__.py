"""Usage ahead: quantiles per step, total, peak day and peak level.

from intertie.money.forecast import forecast, read_rows, regular

series = regular(read_rows(path), unit="requests")
ahead = forecast(series, steps=720, place="US")
"""

from intertie.money.forecast.calendar import Event
from intertie.money.forecast.engine import Forecast, forecast
from intertie.money.forecast.reading import read_rows
from intertie.money.forecast.regular import regular
from intertie.money.forecast.series import Clock, Series

__all__ = ["Clock", "Event", "Forecast", "Series", "forecast", "read_rows", "regular"]
