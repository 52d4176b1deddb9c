"""List prices, commitments, spot risk, power and carbon: `data/*.csv` as rows, and the questions asked of them.

All amounts are US dollars, exact (`Decimal`). What has no row is unknown, never 0.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from intertie.catalog.reading import load
from intertie.catalog.types import Fact

CURRENCY = "USD"
ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What one machine costs per hour in one region."""

    cloud: str
    machine: str
    region: str
    kind: str  # on-demand | spot
    usd_per_hour: Decimal
    note: str  # "" or what limits the price: `reference only: ...`
    fact: Fact


@dataclass(frozen=True, slots=True)
class ServicePrice:
    """What is paid besides machines: control plane, address translation, load balancer, disks, traffic."""

    cloud: str
    region: str  # "*": the same in every region
    service: str  # control-plane | nat-gateway | nat-data | vpn-… | load-balancer | load-balancer-data | disk | egress
    unit: str  # hour | vm-hour | gib | gib-month
    usd: Decimal
    least: Decimal | None  # of a month's quantity that this price begins at; None: from 0
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class CommitmentPrice:
    """What a commitment costs: a share of the on-demand price, or a price of its own. One of the two is given."""

    cloud: str
    family: str  # first part of the machine type: p5, a3-highgpu
    product: str  # reserved-instance | committed-use | capacity-block
    days: int  # 0: days or weeks, as bought
    payment: str  # all-upfront | monthly | unspecified
    share: Decimal | None  # of on-demand
    usd_per_hour: Decimal | None
    machine: str  # of the price; "" with a share
    regions: tuple[str, ...]  # of the price; () = all
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class CapacityProduct:
    """How capacity can be bought for a term: what is allowed, and whether it can be given back."""

    cloud: str
    product: str  # on-demand-reservation | capacity-block | reserved-instance | committed-use | calendar-mode
    kind: str  # ladder kind that consumes it; "" for discounts that hold no capacity
    min_days: int
    max_days: int | None
    day_step: int
    quantities: tuple[str, ...]  # allowed numbers of machines; () = any
    ahead_days: int  # how far ahead it can be booked at most; 0: it begins at once
    price: str  # on-demand | committed | block | scheduled
    upfront: bool
    cancellable: bool
    families: tuple[str, ...]  # of machine types; () = all
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class SpotRisk:
    """How often AWS takes spot machines back, and what they save on average over a month."""

    cloud: str
    machine: str
    region: str
    savings_percent: int  # negative: spot cost more than on-demand
    band: int  # 0: under 5 % a month, 1: 5-10, 2: 10-15, 3: 15-20, 4: over 20
    fact: Fact


@dataclass(frozen=True, slots=True)
class Power:
    """Electrical power of one accelerator. None: no figure is published."""

    accelerator: str
    machine_prefix: str  # machines that carry another card than the rest; "" for the rest
    max_watts: Decimal | None
    idle_watts: Decimal | None
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Pue:
    """Energy of a cloud's data centres over energy of its machines."""

    cloud: str
    pue: Decimal
    note: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Carbon:
    """Grams of CO2-equivalent per kWh of a region's grid, average of a year, by location."""

    cloud: str
    region: str
    grams_per_kwh: Decimal
    fact: Fact


@cache
def list_prices() -> tuple[ListPrice, ...]:
    """All list prices, in the order of the file."""
    return load("list_prices", ListPrice)


def list_price(cloud: str, region: str, machine: str, kind: str = "on-demand") -> ListPrice | None:
    """The list price of a machine, or None: unknown."""
    return _list_prices().get((cloud, region, machine, kind))


@cache
def service_prices() -> tuple[ServicePrice, ...]:
    """All prices of services, in the order of the file."""
    return load("service_prices", ServicePrice)


def service_price(cloud: str, region: str, service: str) -> tuple[ServicePrice, ...]:
    """The steps of a service's price in a region, else of the cloud everywhere. (): unknown."""
    rows = _service_prices()
    return rows.get((cloud, region, service)) or rows.get((cloud, ANYWHERE, service), ())


@cache
def commitment_prices() -> tuple[CommitmentPrice, ...]:
    """All prices of commitments, in the order of the file."""
    return load("commitments", CommitmentPrice)


@cache
def capacity_products(cloud: str | None = None) -> tuple[CapacityProduct, ...]:
    """How capacity can be bought for a term."""
    return tuple(row for row in load("capacity_products", CapacityProduct) if cloud in (None, row.cloud))


@cache
def spot_risks() -> tuple[SpotRisk, ...]:
    """Interruption bands per machine type and region, AWS only."""
    return load("spot_risk", SpotRisk)


def spot_risk(cloud: str, region: str, machine: str) -> SpotRisk | None:
    """The interruption band of a machine type in a region, or None: unknown."""
    return _spot_risks().get((cloud, region, machine))


@cache
def power(accelerator: str, machine: str) -> Power | None:
    """Power of the accelerator as this machine type carries it, or None: the table does not have it."""
    rows = [row for row in _powers() if row.accelerator == accelerator]
    own = next((row for row in rows if row.machine_prefix and machine.startswith(row.machine_prefix)), None)
    return own or next((row for row in rows if not row.machine_prefix), None)


@cache
def pue(cloud: str) -> Pue | None:
    """The cloud's figure, or None: unknown."""
    return next((row for row in load("pue", Pue) if row.cloud == cloud), None)


def carbon(cloud: str, region: str) -> Carbon | None:
    """The region's grid, or None: unknown."""
    return _carbon().get((cloud, region))


@cache
def _list_prices() -> dict[tuple[str, str, str, str], ListPrice]:
    return {(row.cloud, row.region, row.machine, row.kind): row for row in list_prices()}


@cache
def _service_prices() -> dict[tuple[str, str, str], tuple[ServicePrice, ...]]:
    found: dict[tuple[str, str, str], tuple[ServicePrice, ...]] = {}
    for row in service_prices():
        key = (row.cloud, row.region, row.service)
        found[key] = (*found.get(key, ()), row)
    return found


@cache
def _spot_risks() -> dict[tuple[str, str, str], SpotRisk]:
    return {(row.cloud, row.region, row.machine): row for row in spot_risks()}


@cache
def _powers() -> tuple[Power, ...]:
    return load("power", Power)


@cache
def _carbon() -> dict[tuple[str, str], Carbon]:
    return {(row.cloud, row.region): row for row in load("carbon", Carbon)}
