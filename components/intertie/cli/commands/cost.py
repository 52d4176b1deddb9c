"""`intertie cost`: what the placements of a description cost, and what a change of it changes."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from intertie.cli.exits import Exit
from intertie.cli.output import console, talk, write_json
from intertie.cli.pricing import Prices, price_book, warn_of_age
from intertie.errors import InputError, PlanError
from intertie.money import CURRENCY, Cost, Expectation, PriceBook, Traffic, cost_of
from intertie.money.carbon import footprint
from intertie.money.compare import SCHEMA, changed, read_earlier, sums
from intertie.plan import Plan, resolve
from intertie.report import costs
from intertie.spec import PipelineSpec, read_file


class CostFormat(StrEnum):
    """For people, for programs, for pull requests."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


Spec = Annotated[Path, typer.Argument(help="Description of the pipeline, for example stacks/specs/chat.yaml.")]
Placements = Annotated[
    list[str] | None, typer.Option("--placement", "-p", help="Only this placement; may be given several times.")
]
Against = Annotated[
    Path | None,
    typer.Option("--against", help="Compare with another description, or with the JSON of an earlier `intertie cost`."),
]
Replicas = Annotated[
    list[str] | None,
    typer.Option("--replicas", help="Expected replicas of a stage on average, as STAGE=NUMBER: what a forecast says."),
]
Egress = Annotated[
    float | None, typer.Option("--egress-gib", help="GiB a month that leave for the internet.", min=0, max=1e12)
]
Nat = Annotated[
    float | None,
    typer.Option("--nat-gib", help="GiB a month that go through address translation.", min=0, max=1e12),
]
FormatOption = Annotated[CostFormat, typer.Option("--format", "-f", help="`text`, `json` or `markdown`.")]


def cost(  # noqa: PLR0917  these are options, not positions
    spec: Spec,
    placement: Placements = None,
    prices: Prices = None,
    replicas: Replicas = None,
    egress_gib: Egress = None,
    nat_gib: Nat = None,
    against: Against = None,
    format: FormatOption = CostFormat.TEXT,
) -> None:
    """Price the placements of a description: least, likely and most per hour, day and month.

    Every price shows its source and day; what has no price is listed, and sums then say "at least". Machines that are
    reserved are paid for whether they are used or not. No cloud is called.

    Examples: `intertie cost stacks/specs/chat.yaml`, `intertie cost new.yaml --against old.yaml --format markdown`
    """
    described = read_file(spec)
    expectation = Expectation(_replicas(described, replicas or []), Traffic(_decimal(egress_gib), _decimal(nat_gib)))
    book = price_book(prices)
    found = _priced(described, _names(described, placement, spec), book, expectation)
    data = _data(str(spec), described, found)
    if against is not None:
        data["change"] = _change(data, against, book, expectation)
    warn_of_age(cost for _, cost in found.plans)
    _show(data, format)
    for error in found.failed:
        talk(str(error))
    raise typer.Exit(Exit.VIOLATIONS if found.failed else Exit.GOOD)


@dataclass(frozen=True, slots=True)
class _Found:
    """Placements with their costs, and those that cannot be."""

    plans: list[tuple[Plan, Cost]]
    failed: list[PlanError]


def _priced(described: PipelineSpec, names: list[str], book: PriceBook, expectation: Expectation) -> _Found:
    found = _Found([], [])
    for name in names:
        try:
            plan = resolve(described, name)
        except PlanError as error:
            found.failed.append(error)
        else:
            found.plans.append((plan, cost_of(plan, book, expectation)))
    return found


def _show(data: dict[str, Any], form: CostFormat) -> None:
    if form is CostFormat.JSON:
        write_json(data)
    elif form is CostFormat.MARKDOWN:
        typer.echo(costs.render(data), nl=False)
    else:
        costs.write(data, console())


def _names(described: PipelineSpec, wanted: list[str] | None, spec: Path) -> list[str]:
    names = list(dict.fromkeys(wanted or described.placements))
    for name in names:
        if name not in described.placements:
            raise InputError(f"{spec} has no placement {name!r}; it has: {', '.join(described.placements)}")
    return names


def _decimal(value: float | None) -> Decimal | None:
    if value is None:
        return None
    if value != value:  # noqa: PLR0124  not a number
        raise InputError("a quantity of traffic: found nan; allowed: a number from 0 on")
    return Decimal(str(value))


def _replicas(described: PipelineSpec, given: list[str]) -> dict[str, Decimal]:
    """`generate=2.5` → {"generate": Decimal("2.5")}."""
    stages = [stage.name for stage in described.stages]
    found: dict[str, Decimal] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in stages:
            raise InputError(f"--replicas {text}: no stage is called {name!r}; known: {', '.join(stages)}")
        try:
            value = Decimal(number)
        except ArithmeticError:
            value = Decimal("nan")
        if not value.is_finite() or not 0 <= value <= 10_000:
            raise InputError(f"--replicas {text}: found {number!r}; allowed: a number from 0 to 10000")
        found[name] = value
    return found


def _data(spec: str, described: PipelineSpec, found: _Found) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "spec": spec,
        "pipeline": described.name,
        "currency": CURRENCY,
        "placements": [{**cost.to_json(), "carbon": footprint(plan, cost).to_json()} for plan, cost in found.plans],
        "total": sums(cost for _, cost in found.plans),
        "budget_monthly": described.budget.monthly_usd if described.budget else None,
        "problems": {error.placement: [problem.to_json() for problem in error.problems] for error in found.failed},
    }


def _change(data: dict[str, Any], against: Path, book: PriceBook, expectation: Expectation) -> dict[str, Any]:
    """What changed since an earlier revision: another description, or the JSON of an earlier run."""
    if against.suffix == ".json":
        return changed(read_earlier(against), data)
    described = read_file(against)
    known = {stage.name for stage in described.stages}
    before = Expectation({n: v for n, v in expectation.replicas.items() if n in known}, expectation.traffic)
    return changed(_data(str(against), described, _priced(described, list(described.placements), book, before)), data)
