"""What connections between placements cost: what each cloud counts, at a dated price or unknown, and never nothing."""

from decimal import Decimal

import pytest

from intertie.money import PriceBook, cost_of
from intertie.money.types import Line
from support.interconnected import plan_of


def vpn_lines(cloud: str, other: str, placement: str = "here") -> dict[str, Line]:
    cost = cost_of(plan_of(cloud, other, placement), PriceBook())
    return {each.kind: each for each in cost.lines if each.kind.startswith("vpn-")}


def test_aws_counts_connections_of_two_tunnels_at_a_price_with_its_day() -> None:
    line = vpn_lines("aws", "gcp")["vpn-connection"]
    assert line.quantity.likely == 2
    assert line.price is not None
    assert (line.price.amount, str(line.price.as_of)) == (Decimal("0.05"), "2026-06-13")
    assert line.monthly is not None
    assert line.monthly.likely == 2 * Decimal("0.05") * 730


@pytest.mark.parametrize(
    ("clouds", "placement", "counted"),
    [
        (("aws", "azure"), "there", {"vpn-gateway": 1, "vpn-tunnel": 4}),
        (("aws", "gcp"), "there", {"vpn-tunnel": 4}),
        (("azure", "gcp"), "here", {"vpn-gateway": 1, "vpn-tunnel": 2}),
    ],
)
def test_gateways_and_tunnels_without_a_source_for_their_price_are_unknown_and_not_nothing(
    clouds: tuple[str, str], placement: str, counted: dict[str, int]
) -> None:
    lines = vpn_lines(*clouds, placement)
    assert {kind: int(line.quantity.likely) for kind, line in lines.items()} == counted
    assert {line.monthly for line in lines.values()} == {None}
    assert all("no source has a price of vpn-" in line.why_unknown for line in lines.values())


def test_a_peering_is_paid_by_the_gigabyte_alone_and_says_that_nobody_said_how_many() -> None:
    assert vpn_lines("aws", "aws") == {}
    unknown = cost_of(plan_of("aws", "aws"), PriceBook()).unknown
    assert any("traffic between connected placements: no quantity is given" in text for text in unknown)
