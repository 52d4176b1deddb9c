"""From a file of use to simulated demand for machines: joins the forecast, the plan and the commitments."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intertie.cli.described import accelerated, planned
from intertie.cli.output import talk
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.money.forecast.reading import Rows
    from intertie.plan import Plan
    from intertie.plan.types import StagePlan

_CLOCKS_S = 86_400
"""Seconds by which a timestamp without a zone may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which machines the demand is for. `plan` and `stage` come from a description, if there is one."""

    cloud: str
    region: str
    machine: str
    plan: "Plan | None" = None
    stage: "StagePlan | None" = None


def target_of(
    spec: Path | None, placement: str | None, stage: str | None, *,
    cloud: str | None, region: str | None, machine: str | None,
) -> Target:  # fmt: skip
    """The machines of a stage of a description, or those that are named. InputError when neither is whole."""
    if spec is None:
        if not (cloud and region and machine):
            raise InputError("say which machines: --cloud, --region and --machine, or --spec, --placement and --stage")
        return Target(cloud, region, machine)
    plan = planned(spec, placement)
    found = accelerated(plan, stage)
    pools = [pool for pool in plan.pools if pool.stage == found.name]
    if not pools:
        raise InputError(f"--spec: the stage {found.name!r} has no pool of its own at {plan.placement}")
    return Target(cloud or plan.cloud, region or plan.region, machine or pools[0].machine, plan, found)


def usage_rows(file: Path) -> "Rows":
    """The rows of a usage file. Says on stderr where some are of the future, which no use is: a slip, or a plan."""
    from intertie.money.forecast import read_rows

    rows, now = read_rows(file), datetime.now(UTC)
    later = [second for second in rows.seconds if second > now.timestamp() + _CLOCKS_S]
    if later:
        first = datetime.fromtimestamp(min(later), UTC).date().isoformat()
        talk(
            f"note: {file}: timestamp: {len(later)} of {len(rows.seconds)} rows are of the future, from {first} on; "
            "they are taken as use\n  → look at the year and the zone, or leave them out"
        )
    return rows


def demand_of(
    file: Path, target: Target, *, unit: str, horizon: str, headroom: float, holidays: str
) -> tuple[Any, float]:
    """Machines that are wanted, shape (futures, steps), and the hours of a step."""
    from intertie.money.forecast import forecast, regular
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.regular import steps_of

    aggregate = "sum" if unit == "tokens" else "mean"
    series = regular(usage_rows(file), unit=unit, aggregate=aggregate, name=str(file))
    ahead = forecast(series, steps_of(seconds_of(horizon, "--horizon"), series.step), place=holidays)
    return machines(ahead.paths, target, unit, series.step, headroom), series.step / 3600


def machines(use: Any, target: Target, unit: str, step: int, headroom: float) -> Any:
    """Use → whole machines. Tokens go through the plan's throughput, replicas through its packing."""
    import numpy as np

    from intertie import catalog
    from intertie.money.forecast.accelerators import replicas
    from intertie.money.quantities import per_node

    if unit == "machines":
        return np.ceil(use - 1e-9)
    if unit == "accelerators":
        return np.ceil(use / max(1, catalog.machine(target.cloud, target.machine).count) - 1e-9)
    if target.plan is None or target.stage is None:
        raise InputError(f"--unit {unit}: needs --spec, --placement and --stage: they say what a replica takes")
    wanted = use if unit == "replicas" else replicas(target.stage, use, step, unit, headroom)
    pool = next(pool for pool in target.plan.pools if pool.stage == target.stage.name)
    return np.ceil(np.ceil(wanted - 1e-9) / per_node(target.plan, target.stage, pool) - 1e-9) * pool.hosts
