"""Where machine types, attached accelerators and launch templates are named, and who sees them."""

from typing import Any

import pytest

from intertie.graph import wire
from intertie_policies import karpenter
from intertie_policies.accelerators import ON_N1, last, model_of
from intertie_policies.accessor import State, Trace, show
from intertie_policies.machine_types import ATTACHED, MACHINES, attached_in, left_open, machines_in
from intertie_policies.owners import clusters_of
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER, LAUNCH, pools_of
from intertie_policies.resources import Index, Node, Resource, Stack
from intertie_policies.templates import GROUP, USERS, foreign, templates, unseen

T1, T2 = (Node(LAUNCH, name, f"urn:{name}", {"instanceType": "p5.48xlarge"}) for name in ("t1", "t2"))


@pytest.mark.parametrize(
    ("device", "model"),
    [
        ("nvidia-tesla-t4", "t4"), ("NVIDIA-TESLA-T4", "t4"), ("nvidia-h100-mega-80gb", "h100"), ("nvidia-l4", "l4"),
        ("projects/acme/zones/us-east1-b/acceleratorTypes/nvidia-tesla-a100", "a100-40gb"), ("ct6e", "ct6e"),
        ("nvidia-tesla-v100", "v100"), ("nvidia-x900", "x900"),
    ],
)  # fmt: skip
def test_an_attached_device_has_the_catalogues_name_else_its_own_without_its_maker(device: str, model: str) -> None:
    assert model_of(device) == model


def test_a_name_is_the_end_of_its_address() -> None:
    assert last("zones/us-east1-b/machineTypes/n1-standard-4") == last("n1-standard-4") == "n1-standard-4"


def test_what_attaches_to_n1_machines_attaches_in_powers_of_two() -> None:
    for device, counts in ON_N1.items():
        assert counts == tuple(2**power for power in range(4 if device.endswith("v100") else 3))


def resource(type_: str, props: Any) -> Resource:
    return Resource(Node(type_, "r", "urn:r", props), Trace())


def at(path: str, value: Any) -> Any:
    """Properties that hold a value at a path, with one item in every list."""
    step, _, rest = path.partition(".")
    inner = at(rest, value) if rest else value
    return {step.removesuffix("[*]"): [inner] if step.endswith("[*]") else inner}


@pytest.mark.parametrize("type_", MACHINES)
def test_the_machine_types_of_every_type_are_found_and_none_where_none_is_named(type_: str) -> None:
    cloud, paths = MACHINES[type_]
    assert list(machines_in(resource(type_, {}))) == []
    for path in paths:
        assert [(place, value.text) for place, value in machines_in(resource(type_, at(path, "m")))] == [(cloud, "m")]


@pytest.mark.parametrize("type_", ATTACHED)
def test_the_attached_accelerators_of_every_type_are_found(type_: str) -> None:
    for path in ATTACHED[type_]:
        assert [value.text for value in attached_in(resource(type_, at(path, "a")))] == ["a"]


def test_a_choice_that_is_left_to_the_cloud_is_found_where_it_is() -> None:
    assert [show(each.path) for each in left_open(resource(LAUNCH, {"instanceRequirements": {"a": 1}}))] == [
        "instanceRequirements"
    ]
    assert list(left_open(resource(LAUNCH, {"instanceType": "m7i.large"}))) == []
    assert list(left_open(resource("aws:kms/key:Key", {"a": 1}))) == []


def test_a_pool_that_names_no_machine_has_its_clouds_default_unless_a_template_says_it() -> None:
    def found(type_: str, props: Any) -> list[str | None]:
        return [value.text for _, value in machines_in(resource(type_, props))]

    assert found(EKS, {}) == ["t3.medium"]
    assert found(EKS, {"instanceTypes": ["m7i.large"]}) == ["m7i.large"]
    assert found(EKS, {"launchTemplate": {"id": "lt-1"}}) == []
    assert found(GKE, {"nodeConfig": {}}) == ["e2-medium"]
    assert found(GKE, {"nodeConfig": {"machineType": "n2-standard-4"}}) == ["n2-standard-4"]


@pytest.mark.parametrize(
    ("props", "count"),
    [
        ({"nodeConfig": {"machineType": "n2-standard-4"}}, 1),
        ({"nodeConfig": {"machineType": "n2-standard-4"}, "removeDefaultNodePool": True}, 0),
        ({"nodeConfig": {"machineType": "n2-standard-4"}, "enableAutopilot": True}, 0),
        ({"nodeConfig": {"machineType": "n2-standard-4"}, "nodePools": [{"name": "a"}, {"name": "b"}]}, 2),
        ({"initialNodeCount": 1}, 0),
    ],
)
def test_the_default_pool_of_a_cluster_counts_where_it_stays_and_is_described(props: Any, count: int) -> None:
    assert len(list(pools_of(resource(GKE_CLUSTER, props)))) == count


@pytest.mark.parametrize(
    ("props", "nodes"),
    [
        ({"nodeCount": 2, "initialNodeCount": 9}, 2),
        ({"initialNodeCount": 3}, 3),
        ({"autoscaling": {"totalMaxNodeCount": 5}, "initialNodeCount": 3}, 5),
        ({}, None),
    ],
)
def test_a_pool_that_does_not_grow_has_the_nodes_that_it_begins_with(props: Any, nodes: float | None) -> None:
    (pool,) = pools_of(resource(GKE, {"location": "us-east1-b", **props}))
    assert pool.ceiling.number == nodes


def seen(type_: str, props: Any, flows: Any, depends_on: tuple[str, ...] = ()) -> Resource:
    node = Node(type_, "r", "urn:r", props, property_dependencies=flows, depends_on=depends_on)
    return Stack(Index((T1, T2, node)), Trace()).of_type(type_)[0]


ID = {"id": "lt-1"}
MIXED = {"launchTemplate": {"launchTemplateSpecification": {"launchTemplateId": "lt-1"}}}
USES = {
    "its own": (EKS, {"launchTemplate": ID}, {"launchTemplate": ("urn:t1",)}, (), ["t1"], None),
    "its own, in a list without flows": (EKS, {"launchTemplate": ID}, {}, ("urn:t1",), ["t1"], None),
    "none": (EKS, {"instanceTypes": ["a"]}, {}, ("urn:t1",), [], None),
    "another's": (EKS, {"launchTemplate": ID}, {}, (), [], "launchTemplate"),
    "another's, waiting for one": (EKS, {"launchTemplate": ID}, {"x": ()}, ("urn:t1",), [], "launchTemplate"),
    "a mixed group's": (
        GROUP, {"mixedInstancesPolicy": MIXED}, {"mixedInstancesPolicy": ("urn:t2",)}, (), ["t2"], None,
    ),
    "a mixed group's, another's": (GROUP, {"mixedInstancesPolicy": MIXED}, {}, (), [], "mixedInstancesPolicy"),
    "the same twice": (
        GROUP, {"launchTemplate": ID, "mixedInstancesPolicy": MIXED},
        {"launchTemplate": ("urn:t1",), "mixedInstancesPolicy": ("urn:t1", "urn:t2")}, (), ["t1", "t2"], None,
    ),
    "of a type that has none": (GKE, {"launchTemplate": ID}, {}, (), [], None),
}  # fmt: skip


@pytest.mark.parametrize("name", USES)
def test_a_template_is_of_this_stack_or_nobody_sees_it(name: str) -> None:
    type_, props, flows, depends_on, own, path = USES[name]
    found = seen(type_, props, flows, depends_on)
    assert [template.name for template in templates(found)] == own
    value = foreign(found)
    assert (show(value.path) if value is not None else None) == path
    told = [(each.verdict, each.path, each.message) for each in unseen(found, "its colour")]
    why = "its launch template is not made in this stack, so nobody sees its colour: make the template in this stack"
    assert told == ([("unknown", path, why)] if path else [])


def test_the_machine_of_an_unseen_template_is_unknown() -> None:
    (pool,) = pools_of(seen(EKS, {"launchTemplate": ID}, {}))
    (machine,) = pool.machines
    assert (machine.quietly().state, show(machine.path)) == (State.UNKNOWN, "launchTemplate.instanceType")
    assert len(USERS) == 3


NAMED = {
    EKS: ("clusterName", EKS_CLUSTER, "name"),
    AKS: ("resourceName", AKS_CLUSTER, "resourceName"),
    GKE: ("cluster", GKE_CLUSTER, "name"),
}


@pytest.mark.parametrize("type_", NAMED)
def test_a_pool_is_of_the_cluster_that_flows_into_it_else_of_that_whose_name_it_has(type_: str) -> None:
    prop, kind, own = NAMED[type_]
    clusters = [Node(kind, name, f"urn:{name}", {own: name}) for name in ("one", "two")]
    hidden = Node(kind, "hidden", "urn:hidden", {own: wire.UNKNOWN})

    def found(name: Any, *others: Node, **relations: Any) -> tuple[list[str], int]:
        """Names of the clusters, and how much was in doubt."""
        trace = Trace()
        pool = Node(type_, "p", "urn:p", {prop: name}, **relations)
        stack = Stack(Index((*clusters, *others, pool)), trace)
        (resource,) = stack.of_type(type_)
        return [cluster.name for cluster in clusters_of(resource, stack)], len(trace.doubtful())

    assert found("two") == found("a/b/two") == (["two"], 0)
    assert found("three") == ([], 0)
    assert found("three", hidden) == ([], 1)
    assert found("two", hidden) == (["two"], 0)
    assert found(wire.UNKNOWN) == found(wire.UNKNOWN, hidden) == ([], 1)
    assert found(wire.UNKNOWN, property_dependencies={prop: ("urn:one",)}) == (["one"], 0)
    assert found(wire.UNKNOWN, depends_on=("urn:two",)) == (["two"], 0)


def filled(*requirements: tuple[str, str, list[Any]], group: str = "karpenter.k8s.aws") -> Resource:
    """A node pool of Karpenter with these requirements: key, operator, values."""
    asked = [{"key": key, "operator": operator, "values": values} for key, operator, values in requirements]
    spec = {"nodeClassRef": {"group": group}, "requirements": asked}
    return resource(karpenter.NODE_POOL, {"spec": {"template": {"spec": spec}}})


TYPE, CATEGORY = "node.kubernetes.io/instance-type", "karpenter.k8s.aws/instance-category"
FILLED = {
    "a machine with accelerators": ((TYPE, "In", ["p5.48xlarge"]), False, True),
    "a machine without": ((TYPE, "In", ["m7i.large"]), False, False),
    "all but one machine": ((TYPE, "NotIn", ["m7i.large"]), True, True),
    "a model": (("karpenter.k8s.aws/instance-gpu-name", "In", ["l4"]), False, True),
    "a category without": ((CATEGORY, "In", ["c", "m"]), False, False),
    "a category with": ((CATEGORY, "In", ["c", "g"]), True, True),
    "a category that only apply knows": ((CATEGORY, "In", ["c", wire.UNKNOWN]), True, True),
    "a family without": (("karpenter.k8s.aws/instance-family", "In", ["m7i", "t3", "vt"]), True, True),
    "another family without": (("karpenter.k8s.aws/instance-family", "In", ["m7i", "im4gn"]), False, False),
    "a family with": (("karpenter.azure.com/sku-family", "In", ["ND"]), True, True),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_pool_of_karpenter_has_accelerators_where_its_requirements_let_it(name: str) -> None:
    requirement, is_open, accelerated = FILLED[name]
    assert karpenter.is_open(filled(requirement)) is is_open
    assert karpenter.accelerated(filled(requirement)) is accelerated


def test_a_pool_of_karpenter_is_of_the_cloud_that_its_class_says() -> None:
    assert karpenter.cloud_of(filled()) == "aws"
    assert karpenter.cloud_of(filled(group="karpenter.azure.com")) == "azure"
    found = filled((TYPE, "In", ["standard_nd96isr_h100_v5"]), group="karpenter.azure.com")
    assert [(cloud, value.text) for cloud, value in machines_in(found)] == [("azure", "standard_nd96isr_h100_v5")]
    assert karpenter.accelerated(found)
    assert [value.text for value in attached_in(filled(("karpenter.azure.com/sku-gpu-name", "In", ["A100"])))] == [
        "A100"
    ]


ON, SPOT, KEPT, HELD = "karpenter.sh/capacity-type", "spot", "on-demand", "reserved"


@pytest.mark.parametrize(
    ("requirements", "spot"),
    [
        ([], False),
        ([(ON, "In", [SPOT])], True),
        ([(ON, "In", [SPOT, KEPT])], False),
        ([(ON, "In", [KEPT])], False),
        ([(ON, "In", [])], False),
        ([(ON, "In", [wire.UNKNOWN])], False),
        ([(ON, "NotIn", [KEPT, HELD])], True),
        ([(ON, "NotIn", [KEPT])], False),
        ([(ON, "NotIn", [SPOT])], False),
        ([(ON, "Exists", [])], False),
        ([(ON, "In", [SPOT, HELD]), (ON, "NotIn", [HELD])], True),
        ([("kubernetes.io/arch", "In", [SPOT])], False),
        ([(ON, "In", [SPOT]), ("kubernetes.io/arch", "In", ["amd64"])], True),
    ],
)
def test_a_pool_of_karpenter_is_spot_where_its_requirements_leave_nothing_else(
    requirements: list[Any], spot: bool
) -> None:
    assert karpenter.spot_only(filled(*requirements)) is spot
