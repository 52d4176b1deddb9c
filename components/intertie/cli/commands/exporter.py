"""`intertie exporter`: what a cluster costs, as Prometheus metrics."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from intertie.cli.described import planned
from intertie.cli.output import talk
from intertie.errors import InputError, OutsideError

if TYPE_CHECKING:
    from intertie.money import PriceBook
    from intertie.money.exporter import Endpoint, Snapshot
    from intertie.money.exporter.commitments import Held
    from intertie.money.exporter.snapshot import Facts
    from intertie.money.prices import OwnPrice


class Reads(Protocol):
    """What the exporter asks of a cluster."""

    def nodes(self) -> Sequence[Mapping[str, Any]]: ...

    def remembered(self) -> Mapping[str, Any] | None: ...


def exporter(  # noqa: PLR0917  these are options, not positions
    spec: Annotated[Path | None, typer.Argument(help="Description of the pipeline.")] = None,
    placement: Annotated[str | None, typer.Option("--placement", "-p", help="Its placement.")] = None,
    facts: Annotated[
        Path | None, typer.Option(help="Instead of a description: the facts that a cluster is given.")
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Way into the cluster. Default: the cluster that this runs in.")
    ] = None,
    listen: Annotated[str, typer.Option(help="Address and port of `/metrics`.")] = "127.0.0.1:9408",
    interval: Annotated[int, typer.Option(help="Seconds between two reads of the cluster.", min=5, max=3600)] = 30,
    textfile: Annotated[
        Path | None, typer.Option(help="Write once to a file of the node exporter's textfile collector, and end.")
    ] = None,
    prices: Annotated[list[Path] | None, typer.Option(help="Contract prices, as for `intertie cost`.")] = None,
    outlook: Annotated[
        Path | None, typer.Option("--forecast", help="Dollars ahead: `intertie forecast --unit USD --format json`.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="Commitments of a ledger. Default: what the description reserves.")
    ] = None,
) -> None:
    """Show what a cluster costs to Prometheus: per node, owner, cost centre, stage and model; budget, guard, forecast.

    Example: `intertie exporter stacks/specs/chat.yaml --placement aws-use1 --kubeconfig kubeconfig`
    """
    from intertie.money import PriceBook
    from intertie.money.contract_prices import read_prices
    from intertie.money.exporter.textfile import write
    from intertie.money.guard.kube import connect

    known, own = _facts(spec, placement, facts)
    host, port = _address(listen)
    book = PriceBook(own=(*own, *(read_prices(prices) if prices else ())))
    cluster = connect(known.namespace, str(kubeconfig) if kubeconfig else None)
    source = _Source(known, cluster, book, outlook, ledger)
    if textfile is not None:
        write(textfile, source.read())
        return
    _serve(source, host, port, interval)


class _Source:
    """Reads the cluster again and again. A read that fails is counted and told, and the figures before it stay."""

    def __init__(
        self, facts: "Facts", cluster: "Reads", book: "PriceBook", outlook: Path | None, ledger: Path | None
    ) -> None:
        from intertie.money.exporter import Meter

        self.facts, self.cluster, self.book, self.outlook, self.ledger = facts, cluster, book, outlook, ledger
        self.meter, self.errors = Meter(), 0
        self.seen: Snapshot | None = None

    def read(self) -> bytes:
        from intertie.money.carbon import live_kg_per_hour
        from intertie.money.exporter import exposition
        from intertie.money.exporter.commitments import in_use
        from intertie.money.exporter.snapshot import snapshot_of
        from intertie.money.guard.meter import metered

        now = datetime.now(UTC)
        seen = metered(self.cluster.nodes(), self.facts.cloud, self.book, self.facts.placement)
        self.meter.add(seen, now)
        carbon, unknown = live_kg_per_hour([(node.region, node.machine) for node in seen.nodes], self.facts.cloud)
        more = {
            "guard": _memory(self.cluster.remembered()),
            "forecast_usd": _dollars(self.outlook),
            "commitments": in_use(self._held(now), seen.nodes),
            "carbon_kg_per_hour": float(carbon) if carbon is not None else None,
            "carbon_unknown_nodes": unknown,
            "errors": self.errors,
            "read_at": now,
        }
        self.seen = snapshot_of(self.facts, seen, self.meter, **more)
        return exposition(self.seen)

    def failed(self) -> bytes | None:
        """What is shown after a read that failed: the figures before it and that it failed; None before the first."""
        from intertie.money.exporter import exposition

        self.errors += 1
        return exposition(replace(self.seen, errors=self.errors)) if self.seen is not None else None

    def _held(self, now: datetime) -> "tuple[Held, ...]":
        """Of the ledger, which may have grown since the last read; else of the facts."""
        from intertie.money.exporter.commitments import held_in, priced, read_held

        facts = self.facts
        if self.ledger is not None:
            from intertie.money.ledger import read

            return held_in(read(self.ledger), facts.cloud, now)
        return priced(read_held(facts.commitments, "the facts"), facts.cloud, facts.placement, self.book)


def _facts(spec: Path | None, placement: str | None, facts: Path | None) -> "tuple[Facts, tuple[OwnPrice, ...]]":
    """What the metrics say of the pipeline, and the contract prices that stand in its description."""
    from intertie.money.exporter.commitments import held_by
    from intertie.money.exporter.snapshot import facts_of, read_facts
    from intertie.money.placement_prices import placement_prices

    if (spec is None) == (facts is None):
        raise InputError("give a description and --placement, or --facts")
    if spec is None:
        assert facts is not None
        return read_facts(facts), ()
    plan = planned(spec, placement)
    told = replace(facts_of(plan), commitments=tuple(asdict(one) for one in held_by(plan)))
    return told, placement_prices(plan)


def _serve(source: _Source, host: str, port: int, interval: int) -> None:
    from intertie.money.exporter import Endpoint

    try:
        endpoint = Endpoint(host, port)
    except OSError as error:
        raise OutsideError(f"--listen {host}:{port}: {error}") from None
    endpoint.start()
    talk(f"http://{host}:{endpoint.port}/metrics")
    try:
        while True:
            _read_once(source, endpoint)
            time.sleep(interval)
    except KeyboardInterrupt:
        talk("ended")
    finally:
        endpoint.stop()


def _read_once(source: _Source, endpoint: "Endpoint") -> None:
    try:
        text = source.read()
    except (OutsideError, InputError) as error:
        if source.seen is None and isinstance(error, InputError):  # a file that was never good is the caller's slip
            raise
        talk(f"warning: {error}")
        text = source.failed()
    if text is not None:
        endpoint.show(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise InputError(f"--listen {text!r}; allowed: an address and a port, such as 127.0.0.1:9408 or 0.0.0.0:9408")
    return host.strip("[]"), int(port)


def _memory(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The guard's memory; None where there is none that can be read: what is spent is unknown then, not 0."""
    from intertie.money.guard.memory import from_data, to_data

    try:
        return to_data(from_data(data)) if data is not None else None
    except ValueError as error:
        talk(f"warning: the memory of the budget guard cannot be read: {error}")
        return None


def _dollars(path: Path | None) -> dict[tuple[str, str], float]:
    """Total of a forecast in dollars, by quantile. Raises `InputError` for what is no such forecast."""
    if path is None or not path.exists():  # in a cluster, whoever forecasts may not have written it yet
        return {}
    from intertie.money.files import read_json

    hint = "intertie forecast FILE --unit USD --format json"
    data = read_json(path, "a forecast", hint)
    try:
        if data["schema"] != "intertie.forecast/v1" or str(data["unit"]).upper() != "USD":
            raise InputError(f"{path} is no forecast of dollars: schema intertie.forecast/v1 with unit USD is needed")
        days = round(len(data["points"]) * {"d": 1, "h": 1 / 24}[data["step"][-1]] * int(data["step"][:-1]))
        found = {(f"{days}d", name): float(data["total"][name]) for name in ("p10", "p50", "p90")}
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise InputError(f"{path} cannot be read as a forecast: {error}\n  → {hint}") from None
    if not all(0 <= amount < 1e15 for amount in found.values()):
        raise InputError(f"{path}: total: found {data['total']}; allowed: dollars from 0\n  → {hint}")
    return found
