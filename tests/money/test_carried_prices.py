"""What a cluster is told of contract prices: what holds for its placement, and nothing of the others."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intertie.errors import InputError
from intertie.money import PriceBook
from intertie.money.carried_prices import LARGEST, carried
from intertie.money.contract_prices import prices_in
from intertie.plan import Plan, resolve
from support import plans

HEADER = "cloud,region,machine,kind,price,currency,unit,as_of,source,origin,placement\n"
BLOCK = "aws,us-east-1,p5.48xlarge,capacity-block,31.5,USD,hour,2026-10-01,agreement,contract,*\n"
TODAY = date(2026, 11, 22)


def priced(**prices: float) -> Plan:
    here = {
        "cloud": "aws",
        "region": "us-east-1",
        "prices": {name.replace("_", "."): usd for name, usd in prices.items()},
    }
    return resolve(plans.spec(placements={"here": here}), "here")


def book(text: str) -> PriceBook:
    return PriceBook(prices_in(text, "prices.csv", TODAY))


def test_what_the_description_pays_is_what_the_cluster_reads_and_is_marked_as_contract() -> None:
    plan = priced(p5_48xlarge=39.5)
    read = book(carried(plan, "aws"))
    for region in (plan.region, ""):  # nodes of an adopted cluster may not say where they are
        for kind in ("on-demand", "odcr"):
            price = read.machine("aws", region, "p5.48xlarge", kind, plan.placement)
            assert price is not None
            assert (price.amount, price.origin, price.as_of) == (Decimal("39.5"), "contract", "")
            assert price.source == f"placements.{plan.placement}.prices"
    assert not book(carried(plan, "aws")).own[0].price.stale(TODAY)


def test_a_price_file_gives_prices_of_every_kind() -> None:
    plan = plans.plan()
    read = book(carried(plan, "aws", HEADER + BLOCK))
    price = read.machine("aws", "us-east-1", "p5.48xlarge", "capacity-block", plan.placement)
    assert price is not None
    assert (price.amount, price.source, price.as_of, price.origin) == (
        Decimal("31.5"), "agreement", "2026-10-01", "contract",
    )  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        BLOCK.replace("us-east-1", "us-west-2"),
        BLOCK.replace(",*\n", ",another\n"),
        BLOCK.replace("aws,us-east-1,p5.48xlarge,capacity-block", "gcp,*,a3-highgpu-8g,on-demand").replace(
            "31.5", "80"
        ),
        BLOCK.replace("us-east-1,p5.48xlarge,capacity-block", "*,control-plane,service"),
        BLOCK.replace("capacity-block", "on-demand").replace("31.5", "50").replace(",contract,", ",list,"),
    ],
)
def test_what_does_not_hold_for_the_placement_is_not_told_to_its_cluster(row: str) -> None:
    assert prices_in(HEADER + row, "contract.csv", TODAY)
    assert not carried(plans.plan(), "aws", HEADER + row)


def test_the_description_wins_over_a_price_file() -> None:
    plan = priced(p5_48xlarge=39.5)
    other = BLOCK.replace("capacity-block", "on-demand").replace("*\n", f"{plan.placement}\n")
    price = book(carried(plan, "aws", HEADER + other)).machine(
        "aws", "us-east-1", "p5.48xlarge", "on-demand", plan.placement
    )
    assert price is not None
    assert price.amount == Decimal("39.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + BLOCK.replace("31.5", "-1"), "contract prices:2.*price"),
        ("cloud\n", "no column"),
        (HEADER + BLOCK.replace("USD", "EUR"), "currency"),
        (HEADER + BLOCK.replace("31.5", "22995"), "times the list price"),
    ],
)
def test_a_price_file_that_cannot_be_meant_reaches_no_cluster(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        carried(plans.plan(), "aws", text)


def test_a_price_of_the_description_that_cannot_be_true_reaches_no_cluster() -> None:
    with pytest.raises(InputError, match="times the list price"):
        carried(priced(p5_48xlarge=28_000), "aws")


def test_more_prices_than_a_cluster_holds_are_refused_with_what_to_do() -> None:
    sources = "x" * (LARGEST // 10)
    rows = [
        f"aws,{region},p5.48xlarge,{kind},40,USD,hour,2026-10-01,{sources},contract,{place}\n"
        for kind in ("on-demand", "odcr", "capacity-block")
        for region in ("us-east-1", "*")
        for place in ("here", "*")
    ]
    with pytest.raises(InputError, match=r"allowed: 524,288 bytes in a cluster\n  → name the machine types"):
        carried(plans.plan(), "aws", HEADER + "".join(rows))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"as_of": "2026-10-01"}, "as_of: found '2026-10-01'; allowed: nothing, with the origin `description`"),
        ({"placement": "*"}, "placement: found '*'; allowed: the name of a placement"),
    ],
)
def test_a_price_without_a_day_is_one_of_a_placements_description(changes: dict[str, Any], said: str) -> None:
    row = {"as_of": "", "placement": "aws-use1", **changes}
    text = f"aws,*,p5.48xlarge,on-demand,39.5,USD,hour,{row['as_of']},x,description,{row['placement']}\n"
    with pytest.raises(InputError) as caught:
        prices_in(HEADER + text, "prices.csv", TODAY)
    assert said in str(caught.value)


def test_a_contract_price_of_a_file_still_needs_its_day(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="as_of: found nothing"):
        prices_in(HEADER + BLOCK.replace("2026-10-01", ""), "prices.csv", TODAY)
