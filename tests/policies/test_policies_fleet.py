"""Machines of a stack with their price: what runs without any load, and whose price counts."""

from typing import Any

import pytest

from intertie.catalog import prices
from intertie.graph import wire
from intertie_policies.accessor import Trace
from intertie_policies.fleet import HOURS_PER_MONTH, Fleet, fleets, price_of
from intertie_policies.resources import Index, Node, Stack

EKS, GROUP = "aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/group:Group"


def fleet(type_: str, props: Any) -> Fleet:
    """The one fleet of a stack with one resource."""
    (found,) = fleets(Stack(Index((Node(type_, "p", "urn:p", props),)), Trace()))
    return found


@pytest.mark.parametrize(
    ("own", "price"),
    [
        ({"aws:x1.a": 1, "aws:x1.b": 2}, 2),
        ({"aws:x1.a": 3, "aws:x1.b": 2}, 3),
        ({"aws:x1.a": 3}, None),
        ({}, None),
        ({"aws:x1.a": 0, "aws:x1.b": 0}, 0),
    ],
)
def test_the_dearest_of_alternatives_counts_and_none_where_one_is_unknown(own: dict[str, float], price: Any) -> None:
    assert fleet(EKS, {"instanceTypes": ["x1.a", "x1.b"]}).price(own) == price


def test_a_pool_without_machines_has_no_price() -> None:
    assert fleet(EKS, {"scalingConfig": {"minSize": 1}}).price({}) is None


@pytest.mark.parametrize(
    ("scaling", "floor", "where"),
    [
        ({"minSize": 0}, 0, "minSize"),
        ({"minSize": 2, "desiredSize": 2}, 2, "minSize"),
        ({"minSize": 2, "desiredSize": 1}, 2, "minSize"),
        ({"minSize": 2, "desiredSize": 3}, 3, "desiredSize"),
        ({"desiredSize": 1}, 1, "desiredSize"),
        ({}, None, "minSize"),
    ],
)
def test_what_runs_without_load_is_the_minimum_or_what_a_group_begins_with(
    scaling: Any, floor: float | None, where: str
) -> None:
    found = fleet(EKS, {"instanceTypes": ["m7i.xlarge"], "scalingConfig": scaling}).floor
    assert (found.number, found.path) == (floor, ("scalingConfig", where))


def test_a_group_of_ones_own_is_priced_on_demand_by_its_overrides() -> None:
    overrides = [{"instanceType": "p5.48xlarge"}, {"weightedCapacity": "1"}]
    props = {"minSize": 1, "maxSize": 4, "mixedInstancesPolicy": {"launchTemplate": {"overrides": overrides}}}
    found = fleet(GROUP, props)
    assert (found.spot, found.accelerated, found.cloud) == (False, True, "aws")
    assert [machine.text for machine in found.machines] == ["p5.48xlarge"]
    assert (found.floor.number, found.ceiling.number) == (1, 4)


@pytest.mark.parametrize(
    ("machines", "count"),
    [(["p5.48xlarge"], 8), (["g6.xlarge", "p5.48xlarge"], 8), (["m7i.xlarge"], 0), (["x1.a"], 0), ([], 0)],
)
def test_the_accelerators_of_one_node_are_those_of_the_largest_machine(machines: list[str], count: int) -> None:
    overrides = [{"instanceType": machine} for machine in machines]
    assert fleet(GROUP, {"mixedInstancesPolicy": {"launchTemplate": {"overrides": overrides}}}).per_node == count


def test_a_scale_set_has_one_machine_type_and_as_many_nodes_as_it_says() -> None:
    sku = {"name": "Standard_ND96isr_H100_v5", "capacity": 3}
    found = fleet("azure-native:compute:VirtualMachineScaleSet", {"sku": sku})
    assert (found.cloud, found.spot, found.accelerated, found.per_node) == ("azure", False, True, 8)
    assert (found.floor.number, found.ceiling.number) == (3, 3)


SPREADS = {
    "all spot": ({"onDemandPercentageAboveBaseCapacity": 0}, True),
    "all spot, no base": ({"onDemandPercentageAboveBaseCapacity": 0, "onDemandBaseCapacity": 0}, True),
    "a base": ({"onDemandPercentageAboveBaseCapacity": 0, "onDemandBaseCapacity": 1}, False),
    "a share": ({"onDemandPercentageAboveBaseCapacity": 1}, False),
    "a base that only apply knows": (
        {"onDemandPercentageAboveBaseCapacity": 0, "onDemandBaseCapacity": wire.UNKNOWN}, False,
    ),
    "the default": ({"spotInstancePools": 2}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", SPREADS)
def test_a_mixed_group_is_spot_where_nothing_of_it_is_on_demand(name: str) -> None:
    spread, spot = SPREADS[name]
    assert fleet(GROUP, {"mixedInstancesPolicy": {"instancesDistribution": spread}}).spot is spot


def test_a_price_is_ones_own_else_that_of_the_region_else_the_highest_anywhere() -> None:
    listed: dict[tuple[str, str], list[Any]] = {}
    for row in prices.list_prices():
        listed.setdefault((row.cloud, row.machine), []).append(row)
    for (cloud, machine), rows in listed.items():
        highest = max(float(row.usd_per_hour) for row in rows)
        assert price_of(cloud, "nowhere", machine, {}) == highest
        assert price_of(cloud, "nowhere", machine, {f"{cloud}:{machine}": 0.5}) == 0.5
        for row in rows:
            spot = row.kind == "spot"
            assert price_of(cloud, row.region, machine, {}, spot=spot) == float(row.usd_per_hour)
            if not spot:
                assert price_of(cloud, row.region, machine, {}) == float(row.usd_per_hour)
    assert any(max(float(row.usd_per_hour) for row in rows) < 1 for rows in listed.values())
    assert price_of("aws", "us-east-1", "x1.a", {}) is None


def test_a_machine_of_azure_has_its_price_in_any_case() -> None:
    names = "Standard_NC24ads_A100_v4", "standard_nc24ads_a100_v4"
    exact, low = (price_of("azure", "eastus", name, {}) for name in names)
    assert exact is not None
    assert low == exact


def test_a_month_has_730_hours() -> None:
    assert HOURS_PER_MONTH == 365 * 24 / 12
