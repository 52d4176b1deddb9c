"""Dollars per million output tokens of a stage, where its throughput is known."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from intertie.money.quantities import per_node
from intertie.money.types import Line, PerToken
from intertie.plan import Plan
from intertie.plan.types import StagePlan

_MILLION = Decimal(1_000_000)
SECONDS = Decimal(3600)


def per_token(plan: Plan, lines: Sequence[Line]) -> Iterator[PerToken]:
    """Of every stage that makes tokens: the price of the first step of its ladder with a known one, fully used."""
    for stage in plan.stages:
        made = stage.throughput
        if made is None or stage.spec.model is None:
            continue
        if made.per_replica is None:
            yield PerToken(stage.name, None, made.basis, made.source, "no figure for this model and accelerator")
            continue
        priced = [line for line in lines if line.stage == stage.name and line.price is not None]
        if not priced:
            yield PerToken(stage.name, None, made.basis, made.source, "no price of its machines is known")
            continue
        yield _of(plan, stage, priced[0])


def _of(plan: Plan, stage: StagePlan, line: Line) -> PerToken:
    made, pool = stage.throughput, plan.pool(line.pool)
    assert made is not None
    assert made.per_replica is not None
    assert line.rate is not None
    replica = line.rate.likely * pool.hosts / per_node(plan, stage, pool)
    usd = replica / (Decimal(str(made.per_replica)) * SECONDS) * _MILLION
    bound = "; a published figure at full load: a lower bound of the cost" if made.basis == "published" else ""
    return PerToken(stage.name, usd, made.basis, made.source, f"{line.what}, fully used{bound}")
