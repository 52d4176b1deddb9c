"""Sums over placements, and what changed between two revisions of a description."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from intertie.errors import InputError
from intertie.money.amount import total
from intertie.money.files import read_json
from intertie.money.types import Cost

SCHEMA = "intertie.cost/v1"
FIGURES = ("min", "likely", "max")


def sums(costs: Iterable[Cost]) -> dict[str, Any]:
    """All placements together."""
    every = list(costs)
    return {
        "hourly": total(cost.hourly for cost in every).to_json(),
        "daily": total(cost.daily for cost in every).to_json(),
        "monthly": total(cost.monthly for cost in every).to_json(),
        "at_least": any(cost.unknown for cost in every),
        "unknown": sum(len(cost.unknown) for cost in every),
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Per placement and line: before, after, and the difference a month. `null` is unknown or absent, never 0."""
    old = {each["placement"]: each for each in before["placements"]}
    new = {each["placement"]: each for each in after["placements"]}
    names = list(dict.fromkeys([*old, *new]))
    return {
        "against": before["spec"],
        "placements": [_placement(name, old.get(name), new.get(name)) for name in names],
        "total": _difference(before["total"]["monthly"], after["total"]["monthly"]),
        "at_least": before["total"]["at_least"] or after["total"]["at_least"],
    }


def _placement(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    lines_before = {line["what"]: line for line in (before or {}).get("lines", ())}
    lines_after = {line["what"]: line for line in (after or {}).get("lines", ())}
    lines = []
    for what in dict.fromkeys([*lines_before, *lines_after]):
        one, other = _monthly(lines_before.get(what)), _monthly(lines_after.get(what))
        if one != other:
            lines.append({"what": what, "before": one, "after": other, "monthly": _difference(one, other)})
    return {
        "placement": name,
        "status": "removed" if after is None else "added" if before is None else "changed" if lines else "same",
        "monthly": _difference(_monthly(before), _monthly(after)),
        "lines": lines,
        "unknown": {"before": len((before or {}).get("unknown", ())), "after": len((after or {}).get("unknown", ()))},
    }


def _monthly(part: Mapping[str, Any] | None) -> Mapping[str, float] | None:
    """A month's dollars; what is not there costs nothing, what is there and has no price is unknown."""
    if part is None:
        return dict.fromkeys(FIGURES, 0.0)
    return part["monthly"]


def _difference(before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> dict[str, float] | None:
    if before is None or after is None:
        return None
    return {figure: round(after[figure] - before[figure], 6) for figure in FIGURES}


def read_earlier(path: Path) -> dict[str, Any]:
    """The JSON of an earlier `intertie cost`. InputError when it is something else."""
    hint = f"intertie cost FILE --format json > {path}"
    data = read_json(path, "the JSON of an earlier `intertie cost`", hint)
    problem = _wrong(data)
    if problem:
        raise InputError(f"{path}: {problem}\n  → {hint}")
    return data


def _wrong(data: Any) -> str:
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        return f"schema: found {found!r}; allowed: {SCHEMA!r}"
    if not isinstance(data.get("spec"), str):
        return "spec: allowed: text"
    total_ = data.get("total")
    if (
        not isinstance(total_, dict)
        or not _is_range(total_.get("monthly"))
        or not isinstance(total_.get("at_least"), bool)
    ):
        return "total: allowed: `monthly` with min, likely and max, and `at_least`"
    placements = data.get("placements")
    if not isinstance(placements, list):
        return "placements: allowed: a list"
    for index, each in enumerate(placements):
        if (
            not isinstance(each, dict)
            or not isinstance(each.get("placement"), str)
            or not _is_range(each.get("monthly"))
        ):
            return f"placements[{index}]: allowed: a placement with `monthly`"
        lines = each.get("lines")
        if not isinstance(lines, list) or not all(_is_line(line) for line in lines):
            return f"placements[{index}].lines: allowed: lines with `what` and `monthly`"
        if not isinstance(each.get("unknown"), list):
            return f"placements[{index}].unknown: allowed: a list"
    return ""


def _is_line(line: Any) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("what"), str) or "monthly" not in line:
        return False
    return line["monthly"] is None or _is_range(line["monthly"])


def _is_range(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(figure), int | float)
        and not isinstance(value.get(figure), bool)
        and _finite(value[figure])
        for figure in FIGURES
    )


def _finite(value: float) -> bool:
    return abs(value) < 1e18
