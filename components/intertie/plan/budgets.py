"""The clouds' own budgets: how much of the pipeline's money is a placement's, who is told when, and what is lacking.

A budget of a cloud only tells, and late: its figures are hours to a day old. It is the second line behind the guard
that `budget.watch` runs in the clusters, for what the guard does not see: what nobody scales.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.types import Plan
from intertie.spec import Budget

KEYS = ("pipeline", "placement")
"""Tags by which a placement's costs are known where several share an account. Every resource carries them."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One point at which somebody is told: per cent of the amount, spent (`actual`) or foreseen (`forecast`)."""

    percent: int
    basis: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class CloudBudget:
    """What a platform makes a budget of. Addresses are in the order of the description, each once."""

    monthly_usd: float
    alerts: tuple[str, ...]
    since: str = ""  # YYYY-MM
    billing_account: str = ""

    @property
    def amount(self) -> str:
        """The amount as the clouds write it: `250000`, `99.5`."""
        return f"{self.monthly_usd:.2f}".rstrip("0").rstrip(".")


@cache
def thresholds() -> tuple[Threshold, ...]:
    """When somebody is told, the earliest first. No more than five: Azure takes no more."""
    return tuple(Threshold(int(row.pop("percent")), **row) for row in _rows("budget_thresholds.csv"))


def cloud_budget(plan: Plan) -> CloudBudget | None:
    """The placement's budget at its cloud; None where the description has none, or lacks what that cloud needs."""
    budget = plan.spec.budget
    if budget is None or plan.where.adopt is not None or _lacking(budget, plan.cloud):
        return None
    return CloudBudget(
        monthly_usd=share(budget, plan.placement),
        alerts=tuple(dict.fromkeys(budget.alerts)),
        since=budget.since or "",
        billing_account=budget.billing_account or "",
    )


def share(budget: Budget, placement: str) -> float:
    """US dollars a month of one placement: its own share where the description says one, else the whole."""
    shares = budget.watch.monthly_usd if budget.watch is not None else {}
    return shares.get(placement, budget.monthly_usd)


def check_budget(site: Site, trail: Trail) -> None:
    """Records the cloud's budget, or says what to add so that there is one."""
    budget = site.spec.budget
    if budget is None or site.where.adopt is not None:
        return
    lacking = _lacking(budget, site.cloud)
    if lacking:
        wanted = " and ".join(f"`budget.{field}` ({what})" for field, what in lacking)
        trail.note(f"{site.name} has no budget at its cloud, and nobody is told what it costs: add {wanted}")
        return
    points = ", ".join(f"{each.percent} % {_WORDS[each.basis]}" for each in thresholds())
    why = f"`budget` of the description; {listed(dict.fromkeys(budget.alerts))} told at {points}"
    trail.choose(f"{site.path}.budget", f"${share(budget, site.name):,.0f} a month", why)


_WORDS = {"actual": "spent", "forecast": "foreseen"}


def _lacking(budget: Budget, cloud: str) -> list[tuple[str, str]]:
    """Fields of the budget that the cloud needs and the description lacks, each with what it is."""
    needed = [row for row in _rows("budget_needs.csv") if row["cloud"] in ("*", cloud)]
    return [(row["field"], row["what"]) for row in needed if not getattr(budget, row["field"])]


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("intertie.plan").joinpath("data", name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
