"""From a file of use to simulated demand for machines: joins the forecast, the plan and the commitments."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intertie.cli.described import accelerated, planned
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.plan import Plan
    from intertie.plan.types import StagePlan


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


def demand_of(
    file: Path, target: Target, *, unit: str, horizon: str, headroom: float, holidays: str
) -> tuple[Any, float]:
    """Machines that are wanted, shape (futures, steps), and the hours of a step."""
    from intertie.money.forecast import forecast, read_rows, regular
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.regular import steps_of

    aggregate = "sum" if unit == "tokens" else "mean"
    series = regular(read_rows(file), unit=unit, aggregate=aggregate, name=str(file))
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
