"""Capacity decisions (`intertie.capacity/v1`) and ledgers (`intertie.ledger/v1`) for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from intertie.report import text
from intertie.report.costs import dollars, rate
from intertie.report.page import Issue, Page, Section, Table

Data = Mapping[str, Any]
NONE = "–"


def write(data: Data, console: Console) -> None:
    """Writes a decision."""
    title = f"{data['machine']} · {data['cloud']} · {data['region']}"
    section = Section(title, "pass", tuple(_facts(data)), tuple(_tables(data)), tuple(_issues(data)))
    text.write(Page("Capacity", "pass", (section,)), console)


def proposed(data: Data) -> Iterator[str]:
    """The lines of a stack file that reserve what is recommended, as YAML; nothing without a proposal."""
    for name, rows in data.get("proposal", {}).items():
        yield "# into the stack file, under `config:`; billed from the next `pulumi up` on, protected and retained"
        yield f"  {name}:"
        for row in rows:
            told = {**row, "zone": json.dumps(row["zone"])}
            yield f"    - {{{', '.join(f'{key}: {told[key]}' for key in ('name', 'machine', 'zone', 'count'))}}}"


def _facts(data: Data) -> Iterator[tuple[str, str]]:
    demand, price = data["demand"], data["on_demand"]["price"]
    yield "demand", f"{demand['mean']:.4g} machines on average, {demand['p10']:g} to {demand['p90']:g} in most hours"
    listed, whole = f"{rate(price['amount'])} an hour ({price['as_of']})", dollars(data["on_demand"]["hourly"])
    yield "on demand", f"{listed}; all of it: {whole} an hour"
    yield "recommended", _recommended(data["recommendation"])
    block = data["block"]
    if block:
        days = f"{block['days']} day{'s' if block['days'] != 1 else ''} from day {block['start_day']}"
        money = f"{dollars(block['price'])} upfront, saves {dollars(block['saving'])} (price of {block['as_of']})"
        yield "for the peak", f"a block of {block['quantity']} for {days}: {money}"


def _recommended(found: Data) -> str:
    parts = []
    if found["commit"]:
        parts.append(f"commit to {found['commit']} ({found['product']}, {found['days']} days)")
    parts.append(f"{found['on_demand']:.4g} on demand")
    if found["spot"]:
        parts.append(f"{found['spot']} on spot")
    saved = f", saving {dollars(found['saving_hourly'])}" if found["saving_hourly"] else ""
    return f"{', '.join(parts)}: {dollars(found['hourly'])} an hour{saved}"


def _tables(data: Data) -> Iterator[Table]:
    if not data["options"]:
        return
    columns = (
        "product",
        "of on-demand",
        "commit",
        "an hour",
        "used p10 / p90",
        "owed over the term",
        "idle at p10",
        "dated",
    )
    rows = tuple(
        (
            f"{each['product']}, {each['days']} d", f"{each['ratio']:.0%}", str(each["quantity"]),
            dollars(each["hourly"]), f"{each['utilisation']['p10']:.0%} / {each['utilisation']['p90']:.0%}",
            dollars(each["owed"]), dollars(each["exposed"]), each["as_of"] or NONE,
        )
        for each in data["options"]
    )  # fmt: skip
    yield Table("Offers", columns, rows)
    for each in data["options"]:
        yield _curve(each)


def _curve(option: Data) -> Table:
    """The cost of a few quantities around the best."""
    points = option["curve"]
    best = next((i for i, point in enumerate(points) if point["quantity"] >= option["quantity"]), 0)
    wanted = {0, len(points) - 1, *range(max(0, best - 3), min(len(points), best + 4))}
    rows = tuple(
        (
            str(points[i]["quantity"]),
            dollars(points[i]["hourly"]),
            "cheapest" if points[i]["quantity"] == option["quantity"] else "",
        )
        for i in sorted(wanted)
    )
    return Table(f"Cost by quantity: {option['product']}, {option['days']} d", ("committed", "an hour", ""), rows)


def _issues(data: Data) -> Iterator[Issue]:
    for each in data["unknown"]:
        yield Issue("note", "no price", each, "give what you were offered with --offer PRODUCT:DAYS:DOLLARS-AN-HOUR")
    for note in data["notes"]:
        yield Issue("note", "term", note)


# ---------------------------------------------------------------------- ledger


def write_ledger(data: Data, console: Console) -> None:
    """Writes the balance of a ledger."""
    facts = (("entries", f"{data['entries']}, last hash {data['last_hash'][:16]}…"), ("up to", data["at"]))
    section = Section(
        title="Ledger",
        verdict="pass",
        facts=facts,
        tables=tuple(table for table in (_accounts(data), _places(data)) if table.rows),
        issues=tuple(Issue("warning", each["id"], f"{each['kind']}: {each['text']}") for each in data["findings"]),
    )
    text.write(Page("Ledger", "pass", (section,), closing=(_total(data["total"]),)), console)


def _accounts(data: Data) -> Table:
    rows = tuple(
        (
            each["id"], each["kind"], f"{each['quantity']} × {each['machine']}",
            f"{each['hours']['used']:,.0f} of {each['hours']['billed']:,.0f} h",
            dollars(each["usd"]["billed"]), dollars(each["usd"]["idle"]), _share(each["utilisation"]),
            _share(each["break_even"]), (each["end"] or "open")[:10],
        )
        for each in data["commitments"]
    )  # fmt: skip
    columns = ("commitment", "kind", "machines", "used", "billed", "idle", "utilisation", "break-even", "ends")
    return Table("Commitments", columns, rows)


def _places(data: Data) -> Table:
    rows = []
    for each in data["places"]:
        hours = (f"{each['hours'][name]:,.0f}" for name in ("use", "on_demand"))
        rows.append((f"{each['cloud']} {each['region']} {each['machine']}", *hours, _share(each["coverage"])))
    return Table("Use", ("machines", "machine-hours", "on demand", "covered"), tuple(rows))


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"


def _total(total: Data) -> str:
    return f"Billed {dollars(total['billed'])}: used {dollars(total['used'])}, idle {dollars(total['idle'])}"
