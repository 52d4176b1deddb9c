"""What rules see of other resources: parents, providers, dependencies, and what label selectors choose."""

from typing import Any

import pytest

from intertie.graph import wire
from intertie_policies import accessor
from intertie_policies.accessor import Trace
from intertie_policies.resources import Index, Node, Resource, Stack
from intertie_policies.workloads import Labelled, Selecting, selects, shared

KEY = "aws:kms/key:Key"

CHAIN = (
    Node("pulumi:pulumi:Stack", "live", "urn:live"),
    Node("pulumi:providers:aws", "p", "urn:p", {"region": "us-east-1"}, parent="urn:live"),
    Node("a:b:C", "parent", "urn:parent", parent="urn:live", depends_on=("urn:far",)),
    Node(KEY, "far", "urn:far", parent="urn:gone"),
    Node(KEY, "k", "urn:k", parent="urn:parent", provider="urn:p::id", depends_on=("urn:far", "urn:gone"),
         property_dependencies={"a": ("urn:p", "urn:k"), "b": ()}, ignore_changes=("tags", "spec.count")),
)  # fmt: skip


def test_relations_lead_to_parents_children_providers_and_what_goes_before() -> None:
    stack = Stack(Index(CHAIN))
    key = stack.find("urn:k")
    assert key is not None
    assert [each.name for each in stack.ancestors(key)] == ["parent", "live"]
    assert [each.name for each in stack.children(stack.ancestors(key)[1])] == ["p", "parent"]
    assert {each.name for each in stack.before(key)} == {"far", "parent", "p", "live"}
    assert key.provider is not None
    assert (key.provider.name, key.provider.is_provider, key.is_provider, len(stack)) == ("p", True, False, 5)
    assert [each.name for each in key.uses("a")] == ["p", "k"]
    assert [each.name for each in key.uses("a", KEY)] == ["k"]
    assert (key.uses("b"), [each.name for each in key.uses("c")]) == ((), ["far"])
    assert [each.name for each in key.dependencies()] == ["far"]
    assert key.dependencies("a:b:C") == ()
    assert (stack.urn, Stack(Index(())).urn) == ("urn:live", "")
    assert [each.name for each in stack.of_type(KEY)] == ["far", "k"]


def test_a_resource_that_is_seen_alone_has_no_relations() -> None:
    alone = Resource(CHAIN[-1], Trace())
    assert (alone.parent, alone.provider, alone.uses("a"), alone.dependencies()) == (None, None, (), ())
    far = Stack(Index(CHAIN)).find("urn:far")
    assert far is not None
    assert far.parent is None


def test_parents_in_a_circle_are_told_once() -> None:
    nodes = tuple(Node(KEY, name, f"urn:{name}", parent=f"urn:{other}") for name, other in ("ab", "bc", "ca"))
    stack = Stack(Index(nodes))
    assert [each.name for each in stack.ancestors(next(iter(stack)))] == ["b", "c"]


def test_ignored_changes_cover_a_property_and_all_within() -> None:
    key = Resource(CHAIN[-1])
    assert [key.ignores(path) for path in ("tags", "tags.owner", "tags[0]", "spec.count")] == [True] * 4
    assert Resource(Node(KEY, "k", ignore_changes=("*",))).ignores("tags.owner")
    assert [key.ignores(path) for path in ("tagsAll", "spec", "spec.counts")] == [False] * 3


def test_a_node_is_a_custom_resource_that_nothing_protects_and_its_kind_has_no_version() -> None:
    node = Node("azure-native:compute/v20240301preview:Disk", "d")
    assert (node.kind, node.custom, node.protect, node.retain_on_delete) == (
        "azure-native:compute:Disk", True, False, False,
    )  # fmt: skip
    assert Node("kubernetes:apps/v1:Deployment", "d").kind == "kubernetes:apps/v1:Deployment"
    first = Node(KEY, "one", "urn:k")
    assert Index((first, Node(KEY, "two", "urn:k"))).by_urn["urn:k"] is first


# ---------------------------------------------------------------------- selectors


def _policy(labels: Any, namespace: str = "chat") -> Node:
    spec = {"podSelector": {"matchLabels": labels}}
    return Node("k:P", "p", f"urn:{namespace}", {"metadata": {"namespace": namespace}, "spec": spec})


def _deployment(labels: Any, namespace: str = "chat") -> Node:
    template = {"metadata": {"labels": labels}, "spec": {}}
    props = {"metadata": {"namespace": namespace}, "spec": {"template": template}}
    return Node("kubernetes:apps/v1:Deployment", "d", "urn:d", props)


@pytest.mark.parametrize(
    ("labels", "wanted", "namespace", "found"),
    [
        ({"app": "a", "tier": "b"}, {"app": "a"}, "chat", True),
        ({"app": "a"}, {"app": "a"}, "other", False),
        ({"app": "a"}, {"app": "b"}, "chat", False),
        ({"app": "a"}, {"app": "a", "tier": "b"}, "chat", False),
        ({"app": "a"}, {}, "chat", True),
        ({"app": wire.UNKNOWN, "tier": "b"}, {"tier": "b"}, "chat", True),
        ({"app": wire.UNKNOWN}, {"tier": "b"}, "chat", False),
        ({"app": wire.UNKNOWN, "tier": "b"}, {"tier": "b"}, "other", False),
    ],
)
def test_a_selector_chooses_pods_of_its_namespace_by_all_its_labels(
    labels: Any, wanted: Any, namespace: str, found: bool
) -> None:
    stack = Stack(Index((_policy(wanted, namespace), _deployment(labels))), Trace())
    workload, policy = stack.of_type("kubernetes:apps/v1:Deployment")[0], stack.of_type("k:P")[0]
    chosen = Selecting(stack, "podSelector", "k:P")
    assert chosen.any(workload, workload["spec"]["template"]["metadata"]["labels"]) is found
    assert not chosen.any(workload, workload["spec"]["template"]["metadata"]["labels"], lambda _: False)
    if wire.UNKNOWN not in labels.values():
        assert bool(Labelled(stack, workload.type).chosen_by(policy, "podSelector")) is found


def test_expressions_of_a_selector_and_namespaces_of_the_cluster_itself() -> None:
    labels = accessor.read({"app": "a"})
    for operator, key, values, holds in (
        ("In", "app", ["a"], True), ("In", "app", ["b"], False), ("NotIn", "app", ["b"], True),
        ("NotIn", "app", ["a"], False), ("Exists", "app", [], True), ("Exists", "x", [], False),
        ("DoesNotExist", "x", [], True), ("DoesNotExist", "app", [], False),
    ):  # fmt: skip
        selector = accessor.read({"matchExpressions": [{"key": key, "operator": operator, "values": values}]})
        assert selects(selector, labels) is holds, (operator, key)
    assert [shared(name, ("kube-*",)) for name in ("kube-system", "chat", None)] == [True, False, False]
