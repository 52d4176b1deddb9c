"""FOCUS rows of plans and of use: valid by a check of their own, and they add up to what they come from."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.money import Cost, PriceBook, cost_of
from intertie.money.focus import COLUMNS, as_csv, planned_rows, read_usage, used_rows
from intertie.money.focus.write import cell
from intertie.money.prices import CONTRACT, OwnPrice, Price
from intertie.plan import Plan, resolve
from intertie.spec import read_file
from support.command import Ran, run
from support.focus_check import problems

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "stacks" / "specs" / "chat.yaml"
PLACEMENTS = ("aws-use1", "gcp-euw4", "azure-swc")
FIRST, LAST = date(2026, 11, 29), date(2026, 12, 2)
BOOK = PriceBook()


def planned(placement: str, book: PriceBook = BOOK) -> tuple[Plan, Cost, list[dict]]:
    plan = resolve(read_file(CHAT), placement)
    cost = cost_of(plan, book)
    return plan, cost, list(planned_rows(plan, cost, book, FIRST, LAST))


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_planned_rows_are_focus(placement: str) -> None:
    _, _, rows = planned(placement)
    assert rows
    assert problems(as_csv(rows)) == []


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_planned_rows_add_up_to_the_likely_cost_of_the_days(placement: str) -> None:
    _, cost, rows = planned(placement)
    total = sum((row["BilledCost"] for row in rows), Decimal(0))
    assert abs(total - 4 * cost.daily.likely) < Decimal("0.01")


def test_rows_carry_who_pays_the_stage_the_model_and_the_prices_source() -> None:
    row = next(row for row in planned("aws-use1")[2] if row["x_Stage"] == "generate")
    assert (row["x_Owner"], row["x_CostCenter"], row["x_Record"]) == ("search-platform", "ml-4711", "planned")
    assert row["x_Model"].startswith("meta-llama/")
    assert row["x_GpuHours"] == 2 * 24 * 8
    assert row["x_PriceSource"]
    assert (row["CapacityReservationStatus"], row["PricingCategory"]) == ("Used", "Standard")


def test_months_are_kept_apart() -> None:
    found = {(row["BillingPeriodStart"], row["BillingPeriodEnd"]) for row in planned("aws-use1")[2]}
    assert found == {
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    }


def test_a_contract_price_stands_beside_the_list_price() -> None:
    own = Price(Decimal(40), "hour", "on-demand", "contract 17", "2026-06-01", CONTRACT)
    book = PriceBook((OwnPrice("aws", "us-east-1", "p5.48xlarge", "on-demand", own),))
    row = next(row for row in planned("aws-use1", book)[2] if row["x_Stage"] == "generate")
    assert (row["ContractedUnitPrice"], row["ListUnitPrice"]) == (Decimal(40), Decimal("55.04"))
    assert row["BilledCost"] == row["EffectiveCost"] == Decimal(40) * 48


def test_an_unknown_price_has_no_row_never_a_row_of_0() -> None:
    _, cost, rows = planned("azure-swc")
    assert any("load balancer" in gap for gap in cost.unknown)
    assert not [row for row in rows if "load balancer" in row["ChargeDescription"]]
    assert all(row["BilledCost"] > 0 for row in rows)


def used(tmp_path: Path, text: str) -> list[dict]:
    path = tmp_path / "usage.csv"
    path.write_text("date,pool,hours\n" + text)
    plan = resolve(read_file(CHAT), "aws-use1")
    return list(used_rows(plan, cost_of(plan, BOOK), BOOK, read_usage(path, plan, latest=date(2026, 11, 30))))


def test_reserved_hours_that_nobody_used_are_rows_of_their_own(tmp_path: Path) -> None:
    rows = used(tmp_path, "2026-11-01,generate0,30\n2026-11-01,general,10\n")
    assert problems(as_csv(rows)) == []
    parts = {row["CapacityReservationStatus"]: row for row in rows if row["ResourceName"] == "generate0"}
    assert (parts["Used"]["PricingQuantity"], parts["Unused"]["PricingQuantity"]) == (30, 18)
    assert (parts["Used"]["x_GpuHours"], parts["Unused"]["x_GpuHours"]) == (240, 0)
    billed = sum(part["BilledCost"] for part in parts.values())
    assert billed == Decimal("55.04") * 48
    assert {row["x_Record"] for row in rows} == {"actual"}


def test_hours_of_one_day_and_pool_add_up(tmp_path: Path) -> None:
    rows = used(tmp_path, "2026-11-01,general,10\n2026-11-01,general,2.5\n")
    assert [row["PricingQuantity"] for row in rows if row["ResourceName"] == "general"] == [Decimal("12.5")]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2026-13-01,general,1", "date"),
        ("2126-11-01,general,1", "date"),  # the future
        ("2026-11-01,nowhere,1", "pool"),
        ("2026-11-01,general,-1", "hours"),
        ("2026-11-01,general,NaN", "hours"),
        ("2026-11-01,general,1e9", "hours"),
        ("2026-11-01,general,240001", "hours"),
        ("2026-11-01,general", "row"),
        ("2026-11-01,general,1,5", "row"),
        ("x", "row"),
    ],
)
def test_a_bad_cell_of_use_is_named_with_line_and_column(row: str, column: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"usage\.csv:2: {column}: found "):
        used(tmp_path, row + "\n")


def test_columns_stand_once_and_text_is_no_formula() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert cell("=1+1") == "'=1+1"
    assert cell(Decimal("10")) == "10.0"
    assert cell(Decimal("0.1000")) == "0.1"


def test_the_check_sees_what_is_wrong() -> None:
    rows = planned("aws-use1")[2]
    broken = {**rows[0], "ListCost": Decimal(1), "ChargeCategory": "Used", "Tags": None, "BillingCurrency": None}
    found = "\n".join(problems(as_csv([broken])))
    for said in ("ListCost is not", "ChargeCategory is 'Used'", "BillingCurrency is null"):
        assert said in found


def test_the_command_writes_rows_and_tells_the_gaps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    intertie: Callable[..., Ran] = lambda *words: run(capsys, monkeypatch, *words)  # noqa: E731
    shown = intertie("focus", str(CHAT), "-p", "aws-use1", "--from", "2026-11-01", "--to", "2026-11-02")
    assert shown.code == 0
    assert problems(shown.out) == []
    assert len({row["ChargePeriodStart"] for row in read(shown.out)}) == 2
    assert "not in the rows: load balancer" in shown.err
    assert intertie("focus", str(CHAT), "--from", "2026-11-02", "--to", "2026-11-01").code == 2
