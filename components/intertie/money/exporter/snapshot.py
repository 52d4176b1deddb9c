"""What is known of a cluster's money at one moment, and the spend that adds up between moments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from intertie.errors import InputError
from intertie.money.files import read_json
from intertie.money.guard.meter import Metered, NodeCost
from intertie.plan import Plan
from intertie.plan.budgets import share

SHARED = "shared"
"""Stage of nodes that belong to none: the system pool."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """One commitment's use at this moment."""

    name: str
    kind: str
    used: float  # share of what is paid for, 0 to 1
    idle_usd_per_hour: float | None  # None: its price is unknown


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a scrape shows. None and missing keys are unknown: they have no sample, never a 0."""

    nodes: tuple[NodeCost, ...]
    owner: str
    cost_center: str
    pipeline: str
    placement: str
    models: Mapping[str, str] = field(default_factory=dict)  # stage → model
    spent: Mapping[tuple[str, str], float] = field(default_factory=dict)  # (stage, kind) → dollars since the start
    budget_usd: float | None = None
    guard: Mapping[str, Any] | None = None  # the guard's memory
    forecast_usd: Mapping[tuple[str, str], float] = field(default_factory=dict)  # (horizon, quantile) → dollars
    commitments: tuple[Commitment, ...] = ()
    carbon_kg_per_hour: float | None = None
    carbon_unknown_nodes: int = 0  # nodes whose power no source has; they are not in the figure
    errors: int = 0  # reads of the cluster that failed since the start
    read_at: datetime | None = None  # aware; when the cluster was read

    @property
    def guard_at(self) -> datetime | None:
        """When the guard last believed a reading; None where it has left none."""
        samples = (self.guard or {}).get("samples")
        return datetime.fromisoformat(samples[-1][0]) if samples else None


class Meter:
    """Adds up what the nodes cost between two looks. Begins at nothing: Prometheus' `increase` sees restarts."""

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._rates: dict[tuple[str, str], float] = {}
        self.spent: dict[tuple[str, str], float] = {}

    def add(self, seen: Metered, at: datetime) -> None:
        """What was running since the last look is taken to have run until now. A clock that goes back adds nothing."""
        if self._last is not None:
            hours = max(0.0, (at - self._last) / timedelta(hours=1))
            for key, rate in self._rates.items():
                self.spent[key] = self.spent.get(key, 0.0) + rate * hours
        self._last = at
        self._rates = {}
        for node in seen.nodes:
            if node.usd is not None:
                key = (node.stage or SHARED, node.kind)
                self._rates[key] = self._rates.get(key, 0.0) + node.usd
                self.spent.setdefault(key, 0.0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a pipeline once: who pays, for which models, and how much at most."""

    pipeline: str
    placement: str
    cloud: str
    namespace: str
    owner: str
    cost_center: str
    models: Mapping[str, str]
    budget_usd: float | None
    commitments: tuple[Mapping[str, Any], ...] = ()  # name, kind, region, machine, quantity of what is reserved


def facts_of(plan: Plan) -> Facts:
    """From a description."""
    return Facts(
        pipeline=plan.spec.name,
        placement=plan.placement,
        cloud=plan.cloud,
        namespace=plan.namespace,
        owner=plan.spec.owner,
        cost_center=plan.spec.cost_center,
        models={stage.name: stage.spec.model.id for stage in plan.stages if stage.spec.model is not None},
        budget_usd=share(plan.spec.budget, plan.placement) if plan.spec.budget is not None else None,
    )


def read_facts(path: Path) -> Facts:
    """From a file of schema `intertie.facts/v1`, as it is rendered into a cluster. `InputError` for anything else."""
    try:
        data = read_json(path, "facts of a cluster", "they are what `budget.watch` puts into it")
        if data.pop("schema") != "intertie.facts/v1":
            raise InputError(f"{path} is of another schema; allowed: intertie.facts/v1")
        facts = Facts(**{**data, "commitments": tuple(data.get("commitments", ()))})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} cannot be read as facts: {error}") from None
    budget = facts.budget_usd
    texts = (facts.pipeline, facts.placement, facts.cloud, facts.namespace, facts.owner, facts.cost_center)
    if not all(isinstance(text, str) for text in texts) or not _are_texts(facts.models):
        raise InputError(f"{path}: allowed: text in every field, and models as stage and name")
    known = isinstance(budget, int | float) and not isinstance(budget, bool) and 0 <= budget <= 1e12
    if budget is not None and not known:
        raise InputError(f"{path}: budget_usd: found {budget!r}; allowed: dollars a month")
    return facts


def _are_texts(models: object) -> bool:
    return isinstance(models, dict) and all(isinstance(name, str) for name in models.values())


def snapshot_of(facts: Facts, seen: Metered, meter: Meter, **more: Any) -> Snapshot:
    """A snapshot of a pipeline's cluster."""
    return Snapshot(
        nodes=seen.nodes,
        owner=facts.owner,
        cost_center=facts.cost_center,
        pipeline=facts.pipeline,
        placement=facts.placement,
        models=facts.models,
        spent=dict(meter.spent),
        budget_usd=facts.budget_usd,
        **more,
    )
