"""`intertie guard`: one run of the budget guard over a cluster."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intertie.cli.described import planned
from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.money.guard import Limits, Outcome
    from intertie.money.prices import OwnPrice

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

Description = Annotated[Path | None, typer.Argument(help="Description of the pipeline; its budget is held to.")]
Placement = Annotated[str | None, typer.Option("--placement", "-p", help="Its placement.")]
Kubeconfig = Annotated[Path | None, typer.Option(help="Way into the cluster. Default: the cluster that this runs in.")]
Namespace = Annotated[str | None, typer.Option(help="Without a description: the pipeline's namespace.")]
Cloud = Annotated[str | None, typer.Option(help="Without a description: aws, azure or gcp.")]
Budget = Annotated[float | None, typer.Option(help="US dollars a month for this cluster.")]
Prices = Annotated[list[Path] | None, typer.Option(help="Contract prices, as for `intertie cost`.")]
Expected = Annotated[float | None, typer.Option(help="Dollars an hour that the forecast expects at most.")]
Development = Annotated[bool, typer.Option("--development", help="Not production: `stop` needs nobody.")]
Act = Annotated[bool, typer.Option("--act", help="Change ceilings. Without it, only say what would change.")]
ApproveStop = Annotated[bool, typer.Option("--approve-stop", help="A person agrees to `stop`.")]


def guard(  # noqa: PLR0917  these are options, not positions
    spec: Description = None,
    placement: Placement = None,
    kubeconfig: Kubeconfig = None,
    namespace: Namespace = None,
    cloud: Cloud = None,
    budget: Budget = None,
    prices: Prices = None,
    expected_hourly: Expected = None,
    development: Development = False,
    act: Act = False,
    approve_stop: ApproveStop = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Meter a cluster from its live nodes, and hold it to its budget by the ceilings of its autoscalers.

    Runs once; run it every five minutes (a CronJob, or CI). Exit code 1: the state is freeze or worse, something
    failed, or the meter could not be believed.

    Example: `intertie guard stacks/specs/chat.yaml --placement aws-use1 --kubeconfig kubeconfig --act`
    """
    from intertie.money import PriceBook
    from intertie.money.contract_prices import read_prices
    from intertie.money.guard import tick
    from intertie.money.guard.kube import connect

    if spec is not None:
        held = _of_description(spec, placement, budget, development)
    else:
        held = _of_options(namespace, cloud, budget, development, placement)
    limits = _with(held.limits, expected_hourly, approve_stop)
    book = PriceBook(own=(*held.own, *read_prices(prices or ())))
    cluster = connect(held.namespace, str(kubeconfig) if kubeconfig is not None else None)
    done = tick(cluster, limits, book, cloud=held.cloud, placement=held.placement, at=datetime.now(UTC), act=act)
    _told(done, format, acted=act)


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held to which budget, at which contract prices of its description."""

    namespace: str
    cloud: str
    limits: "Limits"
    placement: str = "*"
    own: "tuple[OwnPrice, ...]" = ()


def _told(outcome: "Outcome", format: Format, *, acted: bool) -> None:
    """Says what was seen and done, and ends with the exit code that says how it stands."""
    from intertie.money.guard import State

    if format is Format.JSON:
        write_json(outcome.to_json())
    else:
        from intertie.report.guard import lines

        for line in lines(outcome.to_json(), acted=acted):
            console().print(line, markup=False, soft_wrap=True)
    bad = outcome.state >= State.FREEZE or outcome.failed or outcome.decision.held
    raise typer.Exit(Exit.VIOLATIONS if bad else Exit.GOOD)


def _of_options(
    namespace: str | None, cloud: str | None, budget: float | None, development: bool, placement: str | None = None
) -> _Held:
    from intertie.catalog import CLOUDS
    from intertie.money.guard import Limits

    if namespace is None or cloud is None or budget is None:
        raise InputError("without a description, --namespace, --cloud and --budget are needed")
    if not _NAMESPACE.fullmatch(namespace):
        raise InputError(f"--namespace {namespace!r}; allowed: the name of a namespace, such as chat")
    if cloud not in (*CLOUDS, "other"):
        raise InputError(f"--cloud {cloud!r}; allowed: {', '.join((*CLOUDS, 'other'))}")
    limits = Limits(monthly_usd=_dollars(budget), production=not development)
    return _Held(namespace, cloud, limits, placement or "*")


def _of_description(spec: Path, placement: str | None, budget: float | None, development: bool) -> _Held:
    """With the placement's share of the budget, as the guard in the cluster has it, unless --budget says otherwise."""
    from intertie.money.guard import Limits
    from intertie.money.placement_prices import placement_prices
    from intertie.plan.budgets import share

    plan = planned(spec, placement)
    said = plan.spec.budget
    if budget is None and said is None:
        raise InputError(f"{spec} has no budget: write `budget: {{monthly_usd: ...}}`, or give --budget")
    whole = budget if budget is not None or said is None else share(said, plan.placement)
    production = plan.spec.environment.value == "production" and not development
    limits = Limits(_dollars(whole), production)
    return _Held(plan.namespace, plan.cloud, limits, plan.placement, placement_prices(plan))


def _dollars(budget: float | None) -> float:
    if budget is None or not 0 < budget <= 1e12:
        raise InputError(f"--budget {budget}; allowed: dollars a month, above 0")
    return budget


def _with(limits: "Limits", expected: float | None, approved: bool) -> "Limits":
    if expected is not None and not 0 <= expected < 1e9:
        raise InputError(f"--expected-hourly {expected}; allowed: dollars from 0")
    return replace(limits, expected_hourly=expected, approved=approved)
