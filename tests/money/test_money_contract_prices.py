"""Price files of the organisation: what cannot be meant is refused, with its line and column."""

import contextlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.money import PriceBook
from intertie.money.contract_prices import read_file, read_prices
from intertie.money.placement_prices import placement_prices
from intertie.plan import resolve
from support import plans
from support.patient import patient

HEADER = "cloud,region,machine,kind,price,currency,unit,as_of,source"
GOOD = "aws,us-east-1,p5.48xlarge,on-demand,39.5,USD,hour,2026-10-01,agreement"
TODAY = date(2026, 11, 22)


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "contract.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_file(path, TODAY)
    return str(caught.value)


def test_a_good_file_gives_its_prices(tmp_path: Path) -> None:
    (price,) = read_file(written(tmp_path, GOOD), TODAY)
    assert (price.machine, price.price.amount, price.price.origin) == ("p5.48xlarge", Decimal("39.5"), "contract")


def test_region_kind_unit_and_source_may_be_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "aws,p5.48xlarge,39.5,USD,2026-10-01", header="cloud,machine,price,currency,as_of")
    price = PriceBook(read_prices([path], TODAY)).machine("aws", "us-west-2", "p5.48xlarge")
    assert price is not None
    assert (price.amount, price.source) == (Decimal("39.5"), "contract.csv")


def test_services_have_contract_prices_too(tmp_path: Path) -> None:
    path = written(tmp_path, "azure,*,control-plane,service,0.1,USD,hour,2026-10-01,agreement")
    assert PriceBook(read_prices([path], TODAY)).service("azure", "swedencentral", "control-plane")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (GOOD.replace("39.5", "-39.5"), "price: found '-39.5'; allowed: an amount such as 39.5"),
        (GOOD.replace("39.5", "nan"), "price: found 'nan'"),
        (GOOD.replace("39.5", "1e99"), "price: found '1e99'"),
        (GOOD.replace("39.5", "39,5"), "row: found 10 cells; allowed: 9, as in the header"),
        (GOOD.replace("39.5", "28835"), "times the list price"),
        (GOOD.replace("39.5", "0"), "price: found '0'; allowed: an amount from 0.0001"),
        (GOOD.replace("USD", "EUR"), "currency: found 'EUR'; allowed: USD"),
        (GOOD.replace("2026-10-01", "2027-01-01"), "as_of: found '2027-01-01'; allowed: a day that is not in the fut"),
        (GOOD.replace("2026-10-01", "10/01/2026"), "as_of: found '10/01/2026'; allowed: a day such as 2026-08-03"),
        (GOOD.replace("us-east-1", "us-esat-1"), "region: found 'us-esat-1'; allowed: a region of aws, or *"),
        (GOOD.replace("p5.48xlarge", "p5.48"), "machine: found 'p5.48'; allowed: a machine type of aws"),
        (GOOD.replace("aws,", "aws2,"), "cloud: found 'aws2'; allowed: aws, azure, gcp, other"),
        (GOOD.replace("on-demand", "cheap"), "kind: found 'cheap'"),
        (GOOD.replace("hour", "month"), "unit: found 'month'"),
        (GOOD.replace("hour", "gib"), "unit: found 'gib'; allowed: hour, for a machine"),
        ("aws,*,lunch,service,1,USD,hour,2026-10-01,x", "machine: found 'lunch'; allowed: with the kind `service`"),
        ('aws,"us-east-1', "not CSV"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(row: str, told: str, tmp_path: Path) -> None:
    text = refusal(written(tmp_path, GOOD.replace("us-east-1", "us-west-2"), row))
    assert told in text
    assert "contract.csv:3" in text


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = refusal(written(tmp_path, GOOD.replace("39.5", "x").replace("USD", "EUR"), GOOD.replace("hour", "day")))
    assert "4 problems" in text


def test_the_same_price_twice_is_refused_with_the_other_line(tmp_path: Path) -> None:
    assert "line 2 has one already" in refusal(written(tmp_path, GOOD, GOOD))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("cloud,machine,price", "no column 'currency'"),
        (HEADER + ",discount", "the column 'discount'"),
        (HEADER + ",cloud", "a column twice"),
        ("", "no column 'cloud'"),
    ],
)
def test_a_header_that_is_none_is_refused(header: str, told: str, tmp_path: Path) -> None:
    assert told in refusal(written(tmp_path, header=header))


def test_no_file_a_folder_and_no_text_are_told_apart(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "nowhere.csv")
    assert "found a folder" in refusal(tmp_path)
    (tmp_path / "latin.csv").write_bytes(b"cloud\xff")
    assert "not UTF-8" in refusal(tmp_path / "latin.csv")


@patient
@given(lines=st.lists(st.text(max_size=30), max_size=6), with_header=st.booleans())
def test_any_text_is_a_price_file_or_an_input_error(tmp_path: Path, lines: list[str], with_header: bool) -> None:
    path = tmp_path / "any.csv"
    path.write_text("\n".join([HEADER, *lines] if with_header else lines), encoding="utf-8", errors="replace")
    with contextlib.suppress(InputError):
        read_file(path, TODAY)


def test_a_misspelt_machine_of_a_description_is_refused_as_one_of_a_file_is() -> None:
    here = {"cloud": "aws", "region": "us-east-1", "prices": {"p5.48xlage": 39.5}}
    with pytest.raises(InputError, match=r"placements\.here\.prices\.p5\.48xlage.*a machine type of aws"):
        placement_prices(resolve(plans.spec(placements={"here": here}), "here"))
