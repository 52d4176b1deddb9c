"""Usage to accelerators: tokens per second over what one replica does, with headroom, not below the floor.

Source of the form: llm-d-planner (Apache-2.0): replicas = ceil(peak rate × headroom / rate of a replica).
"""

from typing import Any

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast.engine import Forecast
from intertie.money.forecast.result import rounded
from intertie.money.forecast.series import Floats
from intertie.plan.types import StagePlan

HEADROOM = 1.2
"""Share of what is asked for that is kept ready on top."""

COUNTED = ("tokens", "tokens/s")


def replicas(stage: StagePlan, usage: Floats, step: int, unit: str, headroom: float) -> Floats:
    """Replicas that each step's usage takes. `unit`: tokens per step, or tokens per second.

    Raises `InputError` where throughput is unknown: it is asked for, never guessed.
    """
    known = stage.throughput.per_replica if stage.throughput is not None else None
    if known is None:
        raise InputError(
            f"stage {stage.name!r} on {stage.accelerator or 'CPU'}: tokens per second of a replica are not known\n"
            "  → measure them, and write them in the description as the stage's `throughput`"
        )
    if unit not in COUNTED:
        raise InputError(f"--unit {unit!r} does not become accelerators; allowed: {', '.join(COUNTED)}")
    if not 1 <= headroom <= 10:
        raise InputError(f"--headroom {headroom:g}; allowed: 1 to 10")
    per_second = usage / step if unit == "tokens" else usage
    return np.maximum(np.ceil(per_second * headroom / known - 1e-9), stage.min_replicas)


def accelerators_json(ahead: Forecast, stage: StagePlan, headroom: float) -> dict[str, Any]:
    """Accelerators at the peak and accelerator hours in all, from the simulated futures."""
    step, unit = ahead.series.step, ahead.series.unit
    each = stage.sizing.accelerators if stage.sizing is not None else max(stage.per_pod, 1)
    paths = replicas(stage, ahead.paths, step, unit, headroom)
    peak, hours = paths.max(axis=1) * each, paths.sum(axis=1) * each * step / 3600
    throughput = stage.throughput
    return {
        "stage": stage.name,
        "accelerator": stage.accelerator,
        "per_replica": each,
        "tokens_per_second": throughput.per_replica if throughput is not None else None,
        "basis": throughput.basis if throughput is not None else "unknown",
        "headroom": headroom,
        "max_replicas": stage.max_replicas,
        "peak": {name: int(np.quantile(peak, share, method="higher")) for name, share in (("p50", 0.5), ("p90", 0.9))},
        "hours": {name: rounded(float(np.quantile(hours, share))) for name, share in _QUANTILES},
        "above_max": rounded(float((paths.max(axis=1) > stage.max_replicas).mean())),
    }


_QUANTILES = (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
