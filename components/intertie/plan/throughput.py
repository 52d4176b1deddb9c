"""Tokens per second of one replica: the user's own measurement, else a published figure derated, else unknown."""

import math
from collections.abc import Sequence

from intertie import catalog
from intertie.plan.types import ThroughputPlan
from intertie.spec import Objective, StageSpec

RELAXED, TIGHT = 0.8, 0.5
TIGHT_TTFT_MS = 500
DERATE_SOURCE = (
    "MLPerf Inference, Server against Offline figures: gpt-oss-120b .89, Llama-3.1-8B .81, DeepSeek-R1 .50 to .58"
)


def derate(objective: Objective | None) -> float:
    """Share of a figure at full load that is left under an objective for the time to the first token."""
    wanted = objective.ttft_p95 if objective is not None else None
    return TIGHT if wanted is not None and wanted.milliseconds < TIGHT_TTFT_MS else RELAXED


def throughput(
    stage: StageSpec, accelerator: str, per_replica: int, rows: Sequence[catalog.Throughput]
) -> ThroughputPlan:
    """What one replica of `per_replica` accelerators does. `rows`: figures for model, precision and accelerator."""
    measured = stage.throughput.get(accelerator)
    if measured is not None:
        return _plan(stage, measured, "measured", 1.0, "the description's `throughput`")
    if not rows:
        return _plan(stage, None, "unknown", 1.0, "")
    nearest = nearest_of(rows, stage.objective or Objective(), per_replica)
    share = derate(stage.objective)
    figure = nearest.tokens_per_second * per_replica * share
    lengths = f"{_length(nearest.input_tokens)} in, {_length(nearest.output_tokens)} out"
    each = f"{nearest.tokens_per_second:g} tokens/s on each of {nearest.per_instance or 'an unknown number'}"
    return _plan(stage, figure, "published", share, f"{nearest.fact.source} ({lengths}, {nearest.kind}): {each}")


def nearest_of(rows: Sequence[catalog.Throughput], objective: Objective, per_replica: int) -> catalog.Throughput:
    """The figure whose conditions are the most like what is asked for."""
    return min(rows, key=lambda row: _distance(row, objective, per_replica))


def longer_prompts(row: catalog.Throughput, objective: Objective) -> str:
    """Why a figure says too much: prompts take time too. Nothing when the objective's are not twice as long."""
    if row.input_tokens is None:
        return f"the figure does not say how long its prompts are, and the objective's have {objective.input_tokens}"
    if objective.input_tokens < 2 * row.input_tokens:
        return ""
    return f"the figure is for prompts of {row.input_tokens} tokens, and the objective's have {objective.input_tokens}"


def _length(tokens: int | None) -> str:
    return f"{tokens} tokens" if tokens is not None else "tokens unknown"


def _plan(stage: StageSpec, figure: float | None, basis: str, share: float, source: str) -> ThroughputPlan:
    wanted = stage.objective.tokens_per_second if stage.objective else None
    replicas = math.ceil(wanted / figure) if wanted is not None and figure else None
    return ThroughputPlan(round(figure, 1) if figure is not None else None, basis, share, source, replicas)


def _distance(row: catalog.Throughput, objective: Objective, per_replica: int) -> tuple[float, float, float, str]:
    """How far a figure is from what is asked for, on scales of ratios; what is unknown comes last.

    The lengths of prompt and answer first, then how many accelerators worked together, then the lower figure.
    """
    far = 0.0
    for known, wanted in ((row.input_tokens, objective.input_tokens), (row.output_tokens, objective.output_tokens)):
        far += abs(math.log(known / wanted)) if known else 100.0
    together = abs(math.log(row.per_instance / per_replica)) if row.per_instance else 100.0
    return far, together, row.tokens_per_second, row.fact.source
