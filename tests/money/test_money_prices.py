"""The price book: what is listed is what the sources say, what is not listed is unknown, and contracts win."""

import csv
import runpy
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from intertie.catalog import prices as catalog
from intertie.money import OwnPrice, Price, PriceBook
from intertie.money.bounds import LEAST, MOST, implausible, implausible_own, usual

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tools" / "prices"
DATA = Path(catalog.__file__).parent / "data"
BUILD = runpy.run_path(str(ROOT / "tools" / "build_prices.py"))
P5 = ("aws", "us-east-1", "p5.48xlarge")


def source(name: str) -> list[dict[str, str]]:
    with (SOURCES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def own(amount: str, **changes: str) -> OwnPrice:
    price = Price(Decimal(amount), "hour", "on-demand", "agreement", "2026-10-01", changes.pop("origin", "contract"))
    fields = {"cloud": "aws", "region": "us-east-1", "machine": "p5.48xlarge", "kind": "on-demand", "placement": "*"}
    return OwnPrice(price=price, **{**fields, **changes})


def test_every_price_that_the_catalogue_lists_equals_its_source_row() -> None:
    found: dict[tuple[str, str, str, str], Decimal] = {}
    for row in source("gpu_prices") + source("cpu_prices"):
        for kind, column in (("on-demand", "ondemand_usd_per_hour"), ("spot", "spot_usd_per_hour")):
            if row[column]:
                found[row["cloud"], row["region"], row["instance_type"], kind] = Decimal(row[column])
    listed = {(row.cloud, row.region, row.machine, row.kind): row.usd_per_hour for row in catalog.list_prices()}
    assert listed == found
    assert len(listed) > 1000


@pytest.mark.parametrize("table", BUILD["TABLES"])
def test_a_table_of_the_catalogue_is_what_its_sources_give_today(table: str) -> None:
    assert (DATA / f"{table}.csv").read_text(encoding="utf-8") == BUILD["text"](table)


def test_every_price_of_the_book_equals_the_row_of_the_catalogue() -> None:
    book = PriceBook()
    for row in catalog.list_prices():
        price = book.machine(row.cloud, row.region, row.machine, row.kind)
        assert price is not None
        assert (price.amount, price.source, price.as_of) == (row.usd_per_hour, row.fact.source, row.fact.as_of)
        assert (price.currency, price.unit, price.origin) == ("USD", "hour", "list")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2026-06-18", "2026-06-18"),
        ("2026-Q1 (snapshot between 2026-01-21 and 2026-05-22)", "2026-01-21"),
        ("2024-Q4", "2024-10-01"),
        ("2025-07", "2025-07-01"),
        ("2023", "2023-01-01"),
        ("undated 2026 snapshot", "2026-01-01"),
    ],
)
def test_a_source_without_a_day_gets_the_first_that_it_can_be_of(text: str, first: str) -> None:
    assert BUILD["day"](text) == first


def test_a_source_without_any_date_is_refused() -> None:
    with pytest.raises(ValueError, match="no date in 'today'"):
        BUILD["day"]("today")


def test_what_no_source_lists_is_unknown_and_not_free() -> None:
    book = PriceBook()
    assert book.machine("aws", "us-east-2", "p5e.48xlarge") is None
    assert book.machine("azure", "swedencentral", "Standard_ND96isr_H100_v5", "spot") is None
    assert book.service("azure", "swedencentral", "control-plane") is None
    assert book.spot_range("azure", "swedencentral", "Standard_ND96isr_H100_v5") is None
    assert all(row.usd_per_hour > 0 for row in catalog.list_prices())


@pytest.mark.parametrize("kind", ["odcr", "crg", "reservation"])
def test_capacity_that_is_billed_like_on_demand_has_its_price(kind: str) -> None:
    assert PriceBook().machine(*P5, kind) == PriceBook().machine(*P5)


@pytest.mark.parametrize("kind", ["azure-block", "future-reservation", "flex-start"])
def test_capacity_with_a_price_of_its_own_is_unknown_without_one(kind: str) -> None:
    assert PriceBook().machine(*P5, kind) is None


def test_a_capacity_block_has_the_published_reference_price_and_says_what_it_is() -> None:
    price = PriceBook().machine(*P5, "capacity-block")
    assert price is not None
    assert (price.amount, price.as_of) == (Decimal("39.33"), "2024-10-01")
    assert "priced by demand" in price.note
    assert PriceBook().machine("aws", "eu-north-1", "p5.48xlarge", "capacity-block") is None


def test_a_contract_price_wins_over_the_list_and_is_marked() -> None:
    price = PriceBook((own("39.5"),)).machine(*P5)
    assert price is not None
    assert (price.amount, price.origin, price.source) == (Decimal("39.5"), "contract", "agreement")


def test_a_contract_price_holds_for_reserved_capacity_too() -> None:
    price = PriceBook((own("39.5"),)).machine(*P5, "odcr")
    assert price is not None
    assert price.amount == Decimal("39.5")


def test_the_most_particular_contract_price_wins() -> None:
    book = PriceBook((own("40", region="*"), own("39"), own("38", region="*", placement="aws-use1")))
    assert book.machine(*P5).amount == 39  # type: ignore[union-attr]
    assert book.machine(*P5, placement="aws-use1").amount == 38  # type: ignore[union-attr]
    assert book.machine("aws", "us-west-2", "p5.48xlarge").amount == 40  # type: ignore[union-attr]


def test_a_list_price_that_was_fetched_later_replaces_the_catalogues_and_an_older_one_does_not() -> None:
    newer = own("50", origin="list")
    assert PriceBook((newer,)).machine(*P5).amount == 50  # type: ignore[union-attr]
    old = OwnPrice(**{**{f: getattr(newer, f) for f in ("cloud", "region", "machine", "kind", "placement")},
                      "price": Price(Decimal(50), "hour", "on-demand", "old list", "2020-01-01", "list")})  # fmt: skip
    assert PriceBook((old,)).machine(*P5).amount == Decimal("55.04")  # type: ignore[union-attr]


def test_spot_is_planned_with_the_months_average_saving_and_never_above_on_demand() -> None:
    for row in catalog.list_prices():
        if row.kind == "spot":
            found = PriceBook().spot_range(row.cloud, row.region, row.machine)
            full = PriceBook().machine(row.cloud, row.region, row.machine)
            assert found is not None
            assert found.min == row.usd_per_hour <= found.likely <= found.max
            assert full is None or found.max == max(full.amount, found.min)
    usual_ = PriceBook().spot_range("aws", "us-east-1", "g6.xlarge")
    assert usual_ is not None
    assert usual_.likely == Decimal("0.8048") * 51 / 100  # the advisor says 49 % are saved on average


def test_a_price_is_stale_after_half_a_year() -> None:
    price = Price(Decimal(1), "hour", "on-demand", "list", "2026-01-01")
    assert not price.stale(date(2026, 6, 30))
    assert price.stale(date(2026, 7, 1))


def test_every_list_price_of_the_catalogue_lies_within_the_bounds_of_what_can_be_true() -> None:
    wrong = [
        (row, why)
        for row in catalog.list_prices()
        if (why := implausible(row.cloud, row.region, row.machine, row.kind, row.usd_per_hour))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("machine", "slip"),
    [
        ("a3-highgpu-8g", "33.6"),
        ("a3-highgpu-8g", "700"),
        ("a2-ultragpu-8g", "20"),
        ("a3-megagpu-8g", "35.39"),
        ("a3-ultragpu-8g", "36.60"),
    ],
)
def test_slips_that_public_catalogues_had_are_not_taken(machine: str, slip: str) -> None:
    assert "times what the machine type costs elsewhere" in implausible(
        "gcp", "us-central1", machine, "on-demand", Decimal(slip)
    )


def test_a_machine_type_without_prices_is_held_against_its_accelerator() -> None:
    assert usual("gcp", "a2-megagpu-16g") is not None
    assert implausible("gcp", "us-central1", "a2-megagpu-16g", "on-demand", Decimal("0.5"))
    assert not implausible("gcp", "us-central1", "a2-megagpu-16g", "on-demand", Decimal("55.7"))


def test_spot_above_on_demand_cannot_be_true() -> None:
    assert "the on-demand price" in implausible("aws", "us-east-1", "g6.xlarge", "spot", Decimal("0.95"))


def test_a_months_price_is_no_hours_price() -> None:
    assert "times the list price" in implausible_own("aws", "p5.48xlarge", Decimal("28000"))
    assert not implausible_own("aws", "p5.48xlarge", Decimal("20"))


def test_what_there_is_nothing_to_hold_against_is_taken() -> None:
    assert implausible("aws", "us-east-1", "p99.48xlarge", "on-demand", Decimal(1)) == ""
    assert implausible("aws", "us-east-1", "p99.48xlarge", "on-demand", Decimal(0)) == "not above 0"
    assert LEAST < 1 < MOST
