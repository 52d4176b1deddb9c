"""Costs (`intertie.cost/v1`, and the `cost` of a preview's stack) in words and tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from intertie.report import markdown, text
from intertie.report.page import Issue, Page, Section, Table

Data = Mapping[str, Any]
NONE = "–"


def write(data: Data, console: Console) -> None:
    """Writes a cost (`intertie.cost/v1`) for people."""
    text.write(page_of(data), console)


def render(data: Data) -> str:
    """A cost as markdown, for a comment."""
    return markdown.render(page_of(data))


def dollars(amount: float) -> str:
    """`$12,345` from 1000 up, `$12.34` below, `$0.0042` below one cent."""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size >= 1000:
        return f"{sign}${size:,.0f}"
    return f"{sign}${size:,.2f}" if size == 0 or size >= 0.01 else f"{sign}${size:.6f}".rstrip("0")


def span(value: Data | None) -> str:
    """`$1,200 to $9,000, likely $3,400`, or one amount where all three are the same."""
    if value is None:
        return "unknown"
    if value["min"] == value["max"]:
        return dollars(value["likely"])
    return f"{dollars(value['min'])} to {dollars(value['max'])}, likely {dollars(value['likely'])}"


def sum_of(cost: Data, figure: str) -> str:
    """A sum, with `at least` where something that is paid for is not in it."""
    count = len(cost["unknown"])
    text = span(cost[figure])
    return f"at least {text}; {count} unknown" if count else text


def likely(cost: Data | None) -> str:
    """The likely month, for a side by side."""
    if not cost:
        return NONE
    return f"{'≥ ' if cost['unknown'] else ''}{dollars(cost['monthly']['likely'])}"


def facts(cost: Data) -> Iterator[tuple[str, str]]:
    """What a stack costs, in the lines above its tables."""
    yield "cost a month", sum_of(cost, "monthly")
    yield "first hour", span(cost["first_hour"])
    for each in cost["upfront"]:
        amount = dollars(each["amount"]) if each["amount"] is not None else f"unknown ({each['unknown']})"
        yield "paid before use", f"{each['what']}: {amount}"
    if cost["after_teardown"]:
        kept = ", ".join(f"{each['what']} {span(each['hourly'])} an hour" for each in cost["after_teardown"])
        yield "left by a teardown", kept
    yield "prices", prices(cost)
    if cost["unknown"]:
        yield "not in the cost", "; ".join(cost["unknown"])


def prices(cost: Data) -> str:
    """Days and sources of the prices that a cost is made from."""
    if cost["as_of"] is None:
        return "none is known"
    days = cost["as_of"] if cost["as_of"] == cost["newest"] else f"{cost['as_of']} to {cost['newest']}"
    return f"{cost['currency']}, dated {days}; {', '.join(publishers(cost['sources']))}"


def publishers(sources: list[str]) -> list[str]:
    """The sources without their file and commit: `karpenter-provider-aws`."""
    return list(dict.fromkeys(source.split(" ")[0].split(",")[0].rstrip(";:") for source in sources))


def page_of(data: Data) -> Page:
    """The page of `intertie cost`: a section per placement, all of them side by side, and what changed."""
    comparisons = [_side_by_side(data["placements"])] if len(data["placements"]) > 1 else []
    if "change" in data:
        comparisons.append(_change(data["change"]))
    return Page(
        title=f"Cost of {data['pipeline']}",
        verdict="fail" if data["problems"] else "pass",
        sections=tuple(_section(cost) for cost in data["placements"]),
        comparisons=tuple(comparisons),
        closing=tuple(_closing(data)),
    )


def _section(cost: Data) -> Section:
    return Section(
        title=f"{cost['placement']} · {cost['cloud']} · {cost['region']} · {cost['tier']}",
        verdict="pass",
        facts=(*facts(cost), *_carbon(cost.get("carbon"))),
        tables=tuple(table for table in (summary(cost), _tokens(cost)) if table.rows),
        issues=tuple(Issue("note", "cost", note) for note in cost["notes"]),
    )


def _carbon(carbon: Data | None) -> Iterator[tuple[str, str]]:
    """Energy and carbon beside the money."""
    if carbon is None:
        return
    if carbon["kwh"] is not None:
        kwh = carbon["kwh"]
        yield "energy a month", f"{kwh['min']:,.0f} to {kwh['max']:,.0f} kWh, likely {kwh['likely']:,.0f}"
    if carbon["kg"] is not None:
        kg = carbon["kg"]
        yield "carbon a month", f"{kg['min']:,.0f} to {kg['max']:,.0f} kgCO2e, likely {kg['likely']:,.0f}"
    if carbon["unknown"]:
        yield "not in energy and carbon", "; ".join(carbon["unknown"])


def _tokens(cost: Data) -> Table:
    rows = tuple(
        (
            each["stage"],
            dollars(each["usd"]) if each["usd"] is not None else "unknown",
            each["basis"],
            each["note"] or "",
        )
        for each in cost["per_million_tokens"]
    )
    return Table("A million output tokens", ("stage", "cost", "throughput", "of"), rows)


def _side_by_side(costs: list[Data]) -> Table:
    rows = [(label, *(span(cost[key]) for cost in costs)) for label, key in FIGURES]
    rows.append(("not in the cost", *(str(len(cost["unknown"])) for cost in costs)))
    return Table("Side by side", ("", *(cost["placement"] for cost in costs)), tuple(rows))


FIGURES = (("an hour", "hourly"), ("a day", "daily"), ("a month", "monthly"))


def _change(change: Data) -> Table:
    rows = []
    for each in change["placements"]:
        rows.append((each["placement"], each["status"], _difference(each["monthly"])))
        rows += [(f"  {line['what']}", "", _difference(line["monthly"])) for line in each["lines"]]
    rows.append(("all", "at least" if change["at_least"] else "", _difference(change["total"])))
    return Table(f"Change a month against {change['against']}", ("placement", "", "likely (least, most)"), tuple(rows))


def _difference(value: Data | None) -> str:
    """`+$1,200 (+$800, +$3,000)`."""
    if value is None:
        return "unknown"
    low, middle, high = (f"{'+' if value[key] > 0 else ''}{dollars(value[key])}" for key in ("min", "likely", "max"))
    return middle if low == middle == high else f"{middle} ({low}, {high})"


def _closing(data: Data) -> Iterator[str]:
    all_of_them = data["total"]
    least = "at least " if all_of_them["at_least"] else ""
    unknown = f"; {all_of_them['unknown']} unknown" if all_of_them["unknown"] else ""
    yield f"All placements: {least}{span(all_of_them['monthly'])} a month{unknown}"
    budget = data["budget_monthly"]
    if budget is not None:
        over = [name for key, name in (("min", "least"), ("likely", "likely"), ("max", "most"))
                if all_of_them["monthly"][key] > budget]  # fmt: skip
        told = f"over it: {', '.join(over)}" if over else "all below it" + (", as far as known" if least else "")
        yield f"Budget: {dollars(budget)} a month; {told}"


def summary(cost: Data) -> Table:
    """The lines of a cost that are paid for, dearest first, per month."""
    lines = [line for line in cost["lines"] if max(line["quantity"].values()) > 0]
    return Table(
        "Cost",
        ("what", "quantity", "price", "a month, likely", "dated"),
        tuple(_row(line) for line in sorted(lines, key=_dearest)),
    )


def _dearest(line: Data) -> float:
    return -(max(line["hourly"].values()) if line["hourly"] else 0.0)


def _row(line: Data) -> tuple[str, ...]:
    price, hourly = line["price"], line["hourly"]
    return (
        line["what"],
        quantity(line),
        f"{rate(price['amount'])} {unit(price)}" if price else "unknown",
        dollars(line["monthly"]["likely"]) if hourly else "unknown",
        dated(price),
    )


def rate(amount: float) -> str:
    """A price in full: `$0.7068`, `$55.04`."""
    whole, _, part = f"{amount:,.6f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"


def dated(price: Data | None) -> str:
    """Day of a price; a contract price says that it is one."""
    if price is None:
        return NONE
    return "contract" if price["origin"] == "contract" else price["as_of"]


def unit(price: Data) -> str:
    return {"hour": "an hour", "vm-hour": "a machine-hour", "gib": "a GiB", "gib-month": "a GiB-month"}[price["unit"]]


def quantity(line: Data) -> str:
    """`2 to 7, likely 4.5`: machines in the cheapest and the dearest case."""
    gib = line["unit"] == "gib"  # a month's, spread over its hours
    low, middle, high = (_number(line["quantity"][key] * (730 if gib else 1)) for key in ("min", "likely", "max"))
    if low == high != middle:
        return f"{low}, likely {middle}"
    unit = " GiB" if gib else ""
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}, likely {middle}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
