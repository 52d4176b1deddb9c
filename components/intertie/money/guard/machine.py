"""The guard's states, and when they change. Pure: the same memory and reading give the same answer.

    ok → alert → freeze → degrade → stop

* alert: the month will end near its budget. Nothing is done but saying so.
* freeze: the month will end above it, or spend runs away. No ceiling rises.
* degrade: frozen for a while, and it is not enough. Ceilings come down, one group of stages after the other.
* stop: the budget is spent. Everything goes to its floor; in production a person has to have agreed.

Up at once, down one state at a time after a calm while. What cannot be believed changes nothing and alerts.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from statistics import median


class State(IntEnum):
    """In the order of how much is done."""

    OK = 0
    ALERT = 1
    FREEZE = 2
    DEGRADE = 3
    STOP = 4

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the guard holds to. Times are in minutes, shares are of the budget."""

    monthly_usd: float
    production: bool = True
    approved: bool = False  # a person has agreed to `stop`
    expected_hourly: float | None = None  # of the forecast, p99; None: only what was seen counts
    alert_share: float = 0.9
    clear_share: float = 0.85  # projected spend below which it is calm
    patience: int = 10  # minutes frozen before degrading, and between two groups
    calm: int = 30  # minutes of calm before each step down
    peak: float = 1.5  # how far the busiest hours of a day may lie above its mean
    spike: float = 2.0  # times the median of the last day at which spend runs away
    longest_gap: int = 120  # minutes between two readings for which the dearer of both counts; beyond, the cheaper


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter says. `doubts`: why it cannot be believed; then it changes nothing."""

    at: datetime  # aware
    hourly: float  # dollars
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept between readings. `samples`: (time, dollars per hour) of the last day, oldest first."""

    state: State = State.OK
    since: datetime | None = None  # of the state, or of the last group that was degraded
    calm_since: datetime | None = None
    groups: int = 0  # groups of stages that are degraded
    month: str = ""
    counted_from: datetime | None = None
    spent: float = 0.0
    samples: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The memory after a reading, the projection, and why."""

    memory: Memory
    projected: float  # dollars at the end of the month
    budget: float  # dollars for the part of the month that is counted
    reasons: tuple[str, ...]
    held: bool = False  # the reading could not be believed
    proposals: tuple[str, ...] = field(default=())


def decide(memory: Memory, reading: Reading, limits: Limits) -> Decision:
    """One step. `reading.at` must not lie before what is remembered; else it is a doubt."""
    doubts = [*reading.doubts, *_doubts(memory, reading, limits)]
    if doubts:
        return _held(memory, reading, limits, doubts)
    counted = _counted(memory, reading, limits)
    budget, projected = projection(counted, reading, limits)
    wanted, reasons = _wanted(counted, reading, limits, budget, projected)
    moved, why = _moved(counted, reading.at, wanted, limits)
    memory = replace(moved, samples=_with(counted.samples, reading))
    return Decision(memory, projected, budget, (*reasons, *why))


def projection(memory: Memory, reading: Reading, limits: Limits) -> tuple[float, float]:
    """Budget of the counted part of the month, and what will be spent in it at the pace of the last day."""
    start, end = month_of(reading.at)
    counted = memory.counted_from or reading.at
    budget = limits.monthly_usd * ((end - counted) / (end - start))
    pace = _pace(memory.samples, reading, limits.peak)
    return budget, memory.spent + pace * (end - reading.at) / timedelta(hours=1)


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of the calendar month, UTC: cloud bills are by those."""
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=calendar.monthrange(start.year, start.month)[1])


def _pace(samples: Sequence[tuple[datetime, float]], reading: Reading, peak: float) -> float:
    """Dollars per hour: the mean of the last day, but not less than what it is now over `peak`.

    The mean carries the daily rhythm. What has just begun to run is not hidden by a quiet day before it.
    """
    seen = [hourly for _, hourly in samples] + [reading.hourly]
    return max(sum(seen) / len(seen), reading.hourly / peak)


def _doubts(memory: Memory, reading: Reading, limits: Limits) -> list[str]:
    found: list[str] = []
    if not 0 <= reading.hourly < 1e7:
        found.append(f"the meter says ${reading.hourly:g} an hour")
    if memory.samples:
        last, hourly = memory.samples[-1]
        if reading.at < last:
            found.append(
                f"the clock went back, from {last.isoformat()} to {reading.at.isoformat()}; "
                "if it was wrong before, delete the guard's memory (ConfigMap intertie-guard): it begins anew"
            )
        elif hourly > 0 and reading.hourly > 50 * hourly + 1000:
            found.append(f"the meter went from ${hourly:,.2f} to ${reading.hourly:,.2f} an hour at once")
    if limits.monthly_usd <= 0:
        found.append("there is no budget to hold to")
    return found


def _held(memory: Memory, reading: Reading, limits: Limits, doubts: Sequence[str]) -> Decision:
    """Nothing changes; the last good reading is what the next one is compared with."""
    before = Reading(reading.at, memory.samples[-1][1]) if memory.samples else Reading(reading.at, 0.0)
    budget, projected = projection(memory, before, limits)
    return Decision(memory, projected, budget, tuple(f"not believed: {doubt}" for doubt in doubts), held=True)


def _counted(memory: Memory, reading: Reading, limits: Limits) -> Memory:
    """Spend since the last reading is added. A new month begins a new count: at its first moment, or, after a long
    silence, now.

    What ran between two readings is not known. A short while counts at the dearer of both; a long silence at the
    cheaper: money that may never have been spent must not bring ceilings down.
    """
    at = reading.at
    start, _ = month_of(at)
    month = f"{start:%Y-%m}"
    last = memory.samples[-1] if memory.samples else None
    gap = at - last[0] if last else timedelta(0)
    if memory.month != month:
        known = last is not None and gap <= _minutes(limits.longest_gap)
        begin = start if known else at
        spent = last[1] * (at - start) / timedelta(hours=1) if last is not None and known else 0.0
        return replace(memory, month=month, counted_from=begin, spent=spent)
    assert last is not None
    silent = gap > _minutes(limits.longest_gap)
    hourly = min(last[1], reading.hourly) if silent else max(last[1], reading.hourly)
    return replace(memory, spent=memory.spent + hourly * (gap / timedelta(hours=1)))


def _wanted(
    memory: Memory, reading: Reading, limits: Limits, budget: float, projected: float
) -> tuple[State, list[str]]:
    """The state that the figures ask for by themselves, and why."""
    share = projected / budget if budget > 0 else float("inf")
    told = f"the month is going to end at ${projected:,.0f} of ${budget:,.0f} ({share:.0%})"
    if memory.spent >= budget:
        return State.STOP, [f"${memory.spent:,.0f} are spent, and the budget is ${budget:,.0f}"]
    runs = _runaway(memory, reading, limits)
    if runs or share > 1:
        long = memory.state >= State.FREEZE and memory.since is not None
        late = long and reading.at - (memory.since or reading.at) >= timedelta(minutes=limits.patience)
        return (State.DEGRADE if late else State.FREEZE), [runs or told]
    if share > limits.alert_share:
        return State.ALERT, [told]
    if share > limits.clear_share:
        return min(memory.state, State.ALERT), [told]
    return State.OK, []


def _runaway(memory: Memory, reading: Reading, limits: Limits) -> str:
    """Why spend runs away; empty when it does not. Two readings at least: one alone may be a rollout."""
    usual = [hourly for _, hourly in memory.samples]
    if len(usual) < 6:
        return ""
    middle = median(usual)
    noise = median(abs(hourly - middle) for hourly in usual)
    bound = max(limits.spike * middle, middle + 5 * 1.4826 * noise, limits.expected_hourly or 0.0)
    if min(reading.hourly, usual[-1]) <= bound:
        return ""
    return f"${reading.hourly:,.2f} an hour, where ${middle:,.2f} is usual and ${bound:,.2f} is the bound"


def _moved(memory: Memory, at: datetime, wanted: State, limits: Limits) -> tuple[Memory, list[str]]:
    if wanted is State.STOP and limits.production and not limits.approved:
        memory, why = _moved(memory, at, State.DEGRADE, limits)
        return memory, [*why, "stop waits for a person: run `intertie guard --approve-stop`, or raise the budget"]
    if wanted > memory.state:
        return replace(memory, state=wanted, since=at, calm_since=None, groups=int(wanted >= State.DEGRADE)), []
    if wanted == memory.state:
        if wanted is State.DEGRADE and memory.since is not None and at - memory.since >= _minutes(limits.patience):
            return replace(memory, since=at, groups=memory.groups + 1, calm_since=None), ["one group of stages more"]
        return replace(memory, calm_since=None), []
    if memory.calm_since is None:
        return replace(memory, calm_since=at), [f"calm: {memory.state.word} ends in {limits.calm} minutes of it"]
    if at - memory.calm_since < _minutes(limits.calm):
        return memory, []
    lower = State(memory.state - 1)
    groups = memory.groups if lower >= State.DEGRADE else 0
    return replace(memory, state=lower, since=at, calm_since=at, groups=groups), [f"calm: back to {lower.word}"]


def _with(samples: Sequence[tuple[datetime, float]], reading: Reading) -> tuple[tuple[datetime, float], ...]:
    oldest = reading.at - timedelta(days=1)
    return (*(sample for sample in samples if sample[0] > oldest), (reading.at, reading.hourly))[-1500:]


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
