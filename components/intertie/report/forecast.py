"""A forecast for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from intertie.report.plain import one_line

_MOST_ROWS = 62


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Total and peak first, then the steps."""
    unit, total, peak = one_line(data["unit"]), data["total"], data["peak"]
    points = data["points"]
    yield f"{len(points)} steps of {data['step']}, {points[0]['at']} to {points[-1]['at']}"
    yield f"total   {_n(total['p50'])} {unit}   (80 %: {_n(total['p10'])} to {_n(total['p90'])})"
    named = ", ".join(f"{one['at']} ({one['probability']:.0%})" for one in peak["candidates"])
    yield f"peak {peak['of']}   {named}"
    level = peak["level"]
    yield f"peak level   {_n(level['p50'])} {unit} in one step; with 90 % probability not above {_n(level['p90'])}"
    yield from _accelerators(data.get("accelerators"))
    for note in data["notes"]:
        yield f"note: {one_line(note)}"
    yield ""
    yield f"{'at':<26}{'p10':>14}{'p50':>14}{'p90':>14}"
    for point in points[:_MOST_ROWS]:
        yield f"{point['at']:<26}{_n(point['p10']):>14}{_n(point['p50']):>14}{_n(point['p90']):>14}"
    if len(points) > _MOST_ROWS:
        yield f"... {len(points) - _MOST_ROWS} more steps: --format json"


def _accelerators(data: Mapping[str, Any] | None) -> Iterator[str]:
    if data is None:
        return
    peak, hours = data["peak"], data["hours"]
    yield f"accelerators of {data['stage']}   {peak['p50']} × {data['accelerator']} at the peak, {peak['p90']} at most"
    yield f"accelerator hours   {_n(hours['p50'])}   (80 %: {_n(hours['p10'])} to {_n(hours['p90'])})"
    if data["above_max"] > 0:
        most, share = data["max_replicas"], data["above_max"]
        yield f"more than the stage's {most} replicas are asked for in {share:.0%} of the futures"


def _n(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def backtest_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """One row per method."""
    yield f"{data['methods'][0]['origins']} origins, {data['steps_ahead']} steps of {data['step']} ahead"
    columns = ("smape", "mase", "coverage", "peak_hit", "peak_in_three", "peak_level")
    yield f"{'method':<18}" + "".join(f"{name:>15}" for name in columns)
    for method in data["methods"]:
        yield f"{method['method']:<18}" + "".join(f"{_figure(method[name]):>15}" for name in columns)
    for note in data["notes"]:
        yield f"note: {one_line(note)}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
