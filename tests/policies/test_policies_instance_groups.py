"""Instance groups of Compute Engine: what their templates start, and how many."""

from typing import Any

import pytest

from intertie.graph import wire
from intertie_policies.accessor import State, Trace
from intertie_policies.fleet import fleets
from intertie_policies.instance_groups import AUTOSCALERS, MANAGERS, REGIONAL, TEMPLATES, ZONAL, Group, groups
from intertie_policies.resources import Index, Node, Stack

A3 = {"machineType": "a3-highgpu-8g"}
HERE = {"versions": [{"instanceTemplate": wire.UNKNOWN}]}


def stack(*nodes: Node) -> Stack:
    return Stack(Index(nodes), Trace())


def template(props: Any, name: str = "t", type_: str = TEMPLATES[0]) -> Node:
    return Node(type_, name, f"urn:{name}", props)


def manager(props: Any, *templates: str, type_: str = ZONAL) -> Node:
    flows = {"versions": tuple(f"urn:{each}" for each in templates)}
    return Node(type_, "g", "urn:g", {**HERE, **props}, property_dependencies=flows)


def scaler(policy: Any, target: Any = wire.UNKNOWN, flows: tuple[str, ...] = ("urn:g",)) -> Node:
    relations = {"target": flows} if flows else {}
    return Node(
        AUTOSCALERS[0], "s", "urn:s", {"target": target, "autoscalingPolicy": policy}, property_dependencies=relations
    )


def one(*nodes: Node) -> Group:
    (found,) = groups(stack(*nodes))
    return found


def names(group: Group) -> list[str | None]:
    return [machine.text for machine in group.machines]


@pytest.mark.parametrize("type_", MANAGERS)
@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_group_starts_the_machines_of_the_templates_that_flow_into_its_versions(type_: str, kind: str) -> None:
    other = template({"machineType": "n2-standard-8"}, "u")
    found = one(template(A3, type_=kind), other, manager({"targetSize": 2}, "t", "u", type_=type_))
    assert names(found) == ["a3-highgpu-8g", "n2-standard-8"]
    assert (found.resource.urn, found.scaler, found.unseen) == ("urn:g", None, ())
    assert names(one(template(A3), other, manager({}, "u"))) == ["n2-standard-8"]


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_whose_name_is_written_out_is_found_by_it(kind: str) -> None:
    address = "projects/p/global/instanceTemplates/big"
    versions = {"versions": [{"instanceTemplate": address}, {"instanceTemplate": "big"}, {}]}
    found = one(template({**A3, "name": "big"}, type_=kind), Node(ZONAL, "g", "urn:g", versions))
    assert (names(found), found.unseen) == (["a3-highgpu-8g"], ())


@pytest.mark.parametrize("address", ["projects/p/global/instanceTemplates/elsewhere", wire.UNKNOWN])
def test_nobody_knows_the_machines_of_a_template_of_another_stack(address: str) -> None:
    group = Node(ZONAL, "g", "urn:g", {"versions": [{"instanceTemplate": address}]})
    (machine,) = one(template({**A3, "name": "big"}), group).machines
    assert (machine.state, machine.path) == (State.UNKNOWN, ("versions", 0, "instanceTemplate"))


def test_types_that_a_group_is_left_to_choose_from_come_before_the_one_of_its_template() -> None:
    choices = [{"machineTypes": ["g2-standard-4", "g2-standard-8"]}, {"machineTypes": ["a3-highgpu-8g"]}]
    flexible = {"instanceFlexibilityPolicy": {"instanceSelections": choices}}
    found = one(template({"machineType": "n2-standard-8"}), manager(flexible, "t", type_=REGIONAL))
    assert names(found) == ["g2-standard-4", "g2-standard-8", "a3-highgpu-8g"]


def test_attached_accelerators_are_those_of_one_machine_of_the_template_with_the_most() -> None:
    devices = [{"type": "nvidia-tesla-t4", "count": 1}, {"type": "nvidia-tesla-t4", "count": 2}, {"type": "x"}]
    more = template({"guestAccelerators": devices})
    fewer = template({"guestAccelerators": devices[:1]}, "u")
    assert one(more, fewer, manager({}, "t", "u")).attached == 3
    assert one(more, fewer, manager({}, "u")).attached == 1
    assert one(template(A3), manager({}, "t")).attached == 0
    assert one(manager({})).attached == 0


SPOT, TAKEN, KEPT = {"provisioningModel": "SPOT"}, {"preemptible": True}, {"provisioningModel": "STANDARD"}


@pytest.mark.parametrize(
    ("markets", "spot"),
    [([SPOT], True), ([TAKEN], True), ([SPOT, TAKEN], True), ([KEPT], False), ([SPOT, KEPT], False), ([], False)],
)
def test_a_group_is_spot_where_all_of_its_templates_are(markets: list[Any], spot: bool) -> None:
    nodes = [template({"scheduling": market}, f"t{number}") for number, market in enumerate(markets)]
    assert one(*nodes, manager({}, *(node.name for node in nodes))).spot is spot


@pytest.mark.parametrize(
    ("policy", "floor", "ceiling"),
    [
        (None, 3, 3),
        ({"minReplicas": 1, "maxReplicas": 9}, 1, 9),
        ({"minReplicas": 1, "maxReplicas": 9, "mode": "ON"}, 1, 9),
        ({"minReplicas": 1, "maxReplicas": 9, "mode": "OFF"}, 3, 3),
        ({"maxReplicas": 9}, None, 9),
    ],
)
def test_an_autoscaler_says_how_many_unless_it_is_off(policy: Any, floor: float | None, ceiling: float) -> None:
    scalers = () if policy is None else (scaler(policy),)
    found = one(template(A3), manager({"targetSize": 3}, "t"), *scalers)
    assert (found.floor.number, found.ceiling.number) == (floor, ceiling)


def test_an_autoscaler_is_of_the_group_that_flows_into_it_else_of_that_whose_name_it_has() -> None:
    def scaled(*relations: Any, **props: Any) -> bool:
        return one(manager(props), scaler({"maxReplicas": 2}, *relations)).scaler is not None

    address = "projects/p/zones/us-east1-b/instanceGroupManagers/serve"
    assert scaled()
    assert scaled(address, (), name="serve")
    assert scaled("serve", (), name="serve")
    assert not scaled(address, (), name="other")
    assert not scaled(address, ())
    assert not scaled(wire.UNKNOWN, (), name="serve")
    assert not scaled("serve", ("urn:elsewhere",), name="other")


def test_a_group_is_a_fleet_of_accelerators_by_its_machines_or_by_what_is_attached() -> None:
    def fleet(props: Any) -> tuple[Any, ...]:
        (found,) = fleets(stack(template(props), manager({"targetSize": 2}, "t")))
        return found.cloud, found.accelerated, found.per_node, found.spot, found.floor.number, found.ceiling.number

    devices = [{"type": "nvidia-tesla-t4", "count": 4}]
    assert fleet(A3) == ("gcp", True, 8, False, 2, 2)
    assert fleet({"machineType": "n1-standard-16", "guestAccelerators": devices}) == ("gcp", True, 4, False, 2, 2)
    assert fleet({"machineType": "n1-standard-16"})[1] is False
    assert fleet({**A3, "scheduling": SPOT})[3] is True


def test_a_stack_without_groups_has_none() -> None:
    assert list(groups(stack(template(A3), scaler({"maxReplicas": 2})))) == []
