"""What is paid for besides machines: control plane, address translation, load balancer, disks, weights, traffic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from intertie import catalog
from intertie.catalog import prices as catalog_prices
from intertie.catalog.prices import ServicePrice
from intertie.money.amount import HOURS_PER_MONTH, NOTHING, Range, exactly, total
from intertie.money.prices import CONTRACT, PriceBook
from intertie.money.quantities import Quantity
from intertie.money.types import FIXED, RUNNING, Line
from intertie.plan import Plan
from intertie.plan.caches import made
from intertie.plan.startup import weights_gib

MOST_TRANSLATED = 32
"""Machines up to which Google counts a NAT gateway by the machine (Cloud NAT pricing)."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """GiB in an average month: out to the internet, and through address translation. None: not said."""

    egress_gib: Decimal | None = None
    translated_gib: Decimal | None = None


def service_lines(plan: Plan, book: PriceBook, machines: Sequence[Quantity], traffic: Traffic) -> Iterator[Line]:
    """Lines of what the placement renders, in a fixed order."""
    if "cluster" in plan.renders:
        yield _line(plan, book, "control-plane", "control plane", FIXED, exactly(1), "cluster-hour")
        yield _nat(plan, book, machines)
        if traffic.translated_gib is not None:
            yield _monthly(plan, book, "nat-data", "traffic through address translation", traffic.translated_gib)
        yield from _tunnels(plan, book)
        if plan.endpoint is not None:
            yield _line(plan, book, "load-balancer", "load balancer", FIXED, exactly(1), "hour")
        yield from _disks(plan, book, machines)
        if plan.cloud == "azure" and made(plan):
            yield _line(plan, book, "image-registry", "registry with the images' caches", FIXED, exactly(1), "hour")
    if "artifacts" in plan.renders and plan.where.weights is None:
        size = sum((Decimal(str(weights_gib(stage.model))) for stage in plan.spec.stages), Decimal(0))
        if size:
            yield _monthly(plan, book, "object-storage", "weights in object storage", size.quantize(Decimal("0.1")))
    if traffic.egress_gib is not None and "workload" in plan.renders:
        yield _monthly(plan, book, "egress", "traffic to the internet", traffic.egress_gib)


def uncounted(plan: Plan, traffic: Traffic) -> Iterator[str]:
    """What will be paid for and has no quantity here."""
    if "cluster" in plan.renders and made(plan):
        yield "images in the caches: how much is stored shows when they have been pulled"
    if "workload" not in plan.renders:
        return
    if traffic.egress_gib is None and plan.endpoint is not None:
        yield "traffic to the internet: no quantity is given (--egress-gib)"
    if plan.links:
        yield "traffic between connected placements: no quantity is given, and clouds charge for it by the gigabyte"
    if traffic.translated_gib is None and "cluster" in plan.renders:
        yield "traffic through address translation: no quantity is given (--nat-gib)"


def _line(  # noqa: PLR0917
    plan: Plan, book: PriceBook, service: str, what: str, way: str, quantity: Range, unit: str
) -> Line:
    price = book.service(plan.cloud, plan.region, service, plan.placement)
    return Line(
        what=what,
        way=way,
        quantity=quantity,
        price=price,
        rate=exactly(price.amount) if price is not None else None,
        unit=unit,
        kind=service,
        why_unknown=_why(plan, service) if price is None else "",
    )


def _monthly(plan: Plan, book: PriceBook, service: str, what: str, gib: Decimal) -> Line:
    """A quantity of a month, spread over its hours."""
    line = _line(plan, book, service, what, FIXED, exactly(gib / HOURS_PER_MONTH), "gib")
    steps = catalog_prices.service_price(plan.cloud, plan.region, service)
    if line.price is None or line.price.origin == CONTRACT or len(steps) < 2 or not gib:
        return line
    return replace(line, rate=exactly(_stepped(steps, gib) / gib))


def _stepped(steps: Sequence[ServicePrice], quantity: Decimal) -> Decimal:
    """Dollars for a month's quantity whose later parts are cheaper."""
    begins = [step.least or Decimal(0) for step in steps] + [quantity]
    parts = (min(quantity, end) - begin for begin, end in pairwise(begins))
    return sum((max(part, Decimal(0)) * step.usd for part, step in zip(parts, steps, strict=True)), Decimal(0))


def _why(plan: Plan, service: str) -> str:
    return f"no source has a price of {service} in {plan.cloud} {plan.region}"


def _nat(plan: Plan, book: PriceBook, machines: Sequence[Quantity]) -> Line:
    """AWS bills a regional gateway in each of its zones; Azure one gateway; Google by the machine, up to a cap."""
    if plan.cloud == "gcp":
        count = total(each.machines for each in machines)
        most = Decimal(MOST_TRANSLATED)
        capped = Range(min(count.min, most), min(count.likely, most), min(count.max, most))
        return _line(plan, book, "nat-gateway", "address translation", RUNNING, capped, "machine-hour")
    gateways = max(1, len(plan.zones)) if plan.cloud == "aws" else 1
    return _line(plan, book, "nat-gateway", "address translation", FIXED, exactly(gateways), "gateway-hour")


def _tunnels(plan: Plan, book: PriceBook) -> Iterator[Line]:
    """AWS counts connections of two tunnels and no gateway; Azure the gateway and each tunnel; Google each tunnel."""
    count = sum(len(link.tunnels) for link in plan.links)
    if not count:
        return
    if plan.cloud == "aws":
        yield _line(plan, book, "vpn-connection", "VPN connections", FIXED, exactly(count // 2), "connection-hour")
        return
    if plan.cloud == "azure":
        yield _line(plan, book, "vpn-gateway", "VPN gateway", FIXED, exactly(1), "gateway-hour")
    yield _line(plan, book, "vpn-tunnel", "VPN tunnels", FIXED, exactly(count), "tunnel-hour")


def _disks(plan: Plan, book: PriceBook, machines: Sequence[Quantity]) -> Iterator[Line]:
    """Boot disks, by type; they come and go with their machines."""
    sizes: dict[str, Range] = {}
    for each in machines:
        kind = catalog.machine(plan.cloud, each.pool.machine).disk_type
        gib = each.machines.times(Decimal(each.pool.disk_gib) / HOURS_PER_MONTH)
        sizes[kind] = sizes.get(kind, NOTHING) + gib
    for kind, gib in sorted(sizes.items()):
        if gib.highest > 0:
            yield _line(plan, book, f"disk-{kind}", f"boot disks ({kind})", RUNNING, gib, "gib")
