"""The guard's memory as plain data. What cannot be read is no memory: the guard begins anew, and says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intertie.money.guard.machine import Memory, State, month_of

SCHEMA = "intertie.guard-memory/v1"
MOST_GROUPS = 1_000_000
"""One every ten minutes for longer than anybody waits."""


def to_data(memory: Memory) -> dict[str, Any]:
    """Plain data, for a ConfigMap or a file."""
    return {
        "schema": SCHEMA,
        "state": memory.state.word,
        "since": _text(memory.since),
        "calm_since": _text(memory.calm_since),
        "groups": memory.groups,
        "month": memory.month,
        "counted_from": _text(memory.counted_from),
        "spent": round(memory.spent, 6),
        "samples": [[at.isoformat(), round(hourly, 6)] for at, hourly in memory.samples],
    }


def from_data(data: Mapping[str, Any]) -> Memory:
    """Raises ValueError for what is no memory of this schema."""
    try:
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}")
        samples = tuple((_aware(at), float(hourly)) for at, hourly in data["samples"])
        spent = float(data["spent"])
        if not 0 <= spent < 1e12 or any(not 0 <= hourly < 1e9 for _, hourly in samples):
            raise ValueError("amounts that cannot be")
        memory = Memory(
            state=State[str(data["state"]).upper()],
            since=_moment(data["since"]),
            calm_since=_moment(data["calm_since"]),
            groups=int(data["groups"]),
            month=str(data["month"]),
            counted_from=_moment(data["counted_from"]),
            spent=spent,
            samples=samples,
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a memory of the guard: {error}") from None
    _check(memory)
    return memory


def _check(memory: Memory) -> None:
    """What no run leaves behind, and what would make the next one count or degrade wrongly. Raises ValueError."""
    times = [at for at, _ in memory.samples]
    if times != sorted(times) or not 0 <= memory.groups <= MOST_GROUPS:
        raise ValueError("samples that are out of order, or groups that cannot be")
    if not memory.month and not times and memory.counted_from is None:
        return
    if not memory.month or not times or memory.counted_from is None:
        raise ValueError("a count without its month, its beginning or its last reading")
    begin, end = month_of(times[-1])
    known = (memory.counted_from, memory.since or begin, memory.calm_since or begin)
    if memory.month != f"{begin:%Y-%m}" or not begin <= memory.counted_from < end or max(known) > times[-1]:
        raise ValueError("times that lie outside of what was counted")


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _moment(text: str | None) -> datetime | None:
    return _aware(text) if text is not None else None


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
