"""Lookups among resources: twice as many resources take about twice as many steps. Counted, not timed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from intertie.graph import wire
from intertie_policies.accessor import Value
from intertie_policies.engine import Judge
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER
from intertie_policies.resources import Index, Node, Stack
from intertie_policies.testing import TODAY

FEW = 60
Kind = Callable[[int], list[Node]]
MOST_GROWTH = 3.0  # linear is 2, quadratic is 4


def named(number: int) -> list[Node]:
    """Pools that name their clusters: whose each is."""
    return [
        Node(GKE_CLUSTER, f"c{number}", f"urn:c{number}", {"name": f"c{number}", "location": "us-east1"}),
        Node(GKE, f"p{number}", f"urn:p{number}", {"cluster": f"projects/a/locations/b/clusters/c{number}"}),
        Node(EKS_CLUSTER, f"e{number}", f"urn:e{number}", {"name": f"e{number}"}),
        Node(EKS, f"n{number}", f"urn:n{number}", {"clusterName": f"e{number}", "instanceTypes": ["p5.48xlarge"]}),
    ]


def nameless(number: int) -> list[Node]:
    """Pools that nothing joins to a cluster: in which region each lies."""
    return [
        Node(GKE_CLUSTER, f"c{number}", f"urn:c{number}", {"name": wire.UNKNOWN, "location": "us-east1"}),
        Node(GKE, f"p{number}", f"urn:p{number}", {"cluster": wire.UNKNOWN}),
        Node(AKS_CLUSTER, f"d{number}", f"urn:d{number}", {"location": "eastus", "resourceName": wire.UNKNOWN}),
        Node(AKS, f"q{number}", f"urn:q{number}", {"resourceName": wire.UNKNOWN, "vmSize": "Standard_D8s_v5"}),
    ]


def referring(number: int) -> list[Node]:
    """Resources that others flow into: groups, templates, subnets, accounts and what they are granted."""
    return [
        Node("aws:ec2/subnet:Subnet", f"s{number}", f"urn:s{number}", {"availabilityZone": "us-east-1a"}),
        Node("aws:ec2/launchTemplate:LaunchTemplate", f"t{number}", f"urn:t{number}", {"instanceType": "p5.48xlarge"}),
        Node(
            "aws:autoscaling/group:Group", f"g{number}", f"urn:g{number}", {"launchTemplate": {"id": wire.UNKNOWN}},
            property_dependencies={"launchTemplate": (f"urn:t{number}",), "vpcZoneIdentifiers": (f"urn:s{number}",)},
        ),
        Node("gcp:serviceaccount/account:Account", f"a{number}", f"urn:a{number}", {"accountId": f"a{number}"}),
        Node(
            "gcp:projects/iAMMember:IAMMember", f"m{number}", f"urn:m{number}",
            {"role": "roles/viewer", "member": f"serviceAccount:a{number}@acme.iam.gserviceaccount.com"},
        ),
        Node(GKE, f"p{number}", f"urn:p{number}", {"nodeConfig": {"serviceAccount": f"a{number}@acme"}}),
        Node(
            "gcp:compute/instanceGroupManager:InstanceGroupManager", f"i{number}", f"urn:i{number}",
            {"name": f"i{number}", "versions": [{"instanceTemplate": f"global/instanceTemplates/x{number}"}]},
        ),
        Node("gcp:compute/instanceTemplate:InstanceTemplate", f"x{number}", f"urn:x{number}", {"name": f"x{number}"}),
        Node("gcp:compute/autoscaler:Autoscaler", f"o{number}", f"urn:o{number}", {"target": f"zones/z/i{number}"}),
    ]  # fmt: skip


@dataclass
class Steps:
    """How often a value is asked for, a resource is looked up, or a node is passed by while one is searched."""

    count: int = 0

    def counting(self, method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named_: object) -> object:
            self.count += 1
            return method(*args, **named_)

        return call


class Passed:
    """Nodes that say when they are gone through."""

    def __init__(self, nodes: tuple[Node, ...], steps: Steps) -> None:
        self.nodes = nodes
        self.steps = steps

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        for node in self.nodes:
            self.steps.count += 1
            yield node


class Forgetful(dict[Any, Any]):
    """What is remembered in it is looked for again."""

    def __contains__(self, key: object) -> bool:
        return False


def steps(nodes: list[Node], monkeypatch: pytest.MonkeyPatch, *, forgetful: bool = False) -> int:
    """How many steps all rules take to judge."""
    found, make = Steps(), Index.__init__

    def made(index: Index, all_nodes: tuple[Node, ...]) -> None:
        make(index, cast("Any", Passed(all_nodes, found)))
        if forgetful:
            index.named, index.remembered = Forgetful(), Forgetful()

    with monkeypatch.context() as patch:
        patch.setattr(Index, "__init__", made)
        counted = ((Value, "__getitem__"), (Value, "_as"), (Value, "quietly"), (Stack, "find"), (Stack, "_view"))
        for owner, name in counted:
            patch.setattr(owner, name, found.counting(getattr(owner, name)))
        Judge(today=TODAY).everything(nodes)
    return found.count


def growth(kind: Kind, monkeypatch: pytest.MonkeyPatch, *, forgetful: bool = False) -> float:
    """By how much the steps grow where there is twice as much."""
    few, many = ([node for number in range(size) for node in kind(number)] for size in (FEW, 2 * FEW))
    return steps(many, monkeypatch, forgetful=forgetful) / steps(few, monkeypatch, forgetful=forgetful)


@pytest.mark.parametrize("kind", [named, nameless, referring])
def test_twice_as_many_resources_take_less_than_three_times_the_steps(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert growth(kind, monkeypatch) < MOST_GROWTH


@pytest.mark.parametrize("kind", [named, nameless, referring])
def test_an_answer_that_is_looked_for_again_each_time_is_noticed(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    assert growth(kind, monkeypatch, forgetful=True) > MOST_GROWTH


def test_relations_that_are_built_again_each_time_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    build = Index.by_urn.func
    monkeypatch.setattr(Index, "by_urn", property(build))
    assert growth(referring, monkeypatch) > MOST_GROWTH
