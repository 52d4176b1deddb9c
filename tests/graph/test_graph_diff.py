"""Two graphs side by side: what was added, removed and changed, wherever the stack."""

from collections.abc import Callable

import pulumi
from pulumi import ResourceOptions as Options
from pulumi_aws import ec2

from intertie.graph import Graph, PropertyChange, diff, record


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, block: str) -> None:
        super().__init__("acme:index:Box", name)
        vpc = ec2.Vpc(f"{name}-v", cidr_block=block, opts=Options(parent=self))
        ec2.Subnet(f"{name}-s", vpc_id=vpc.id, cidr_block=block, opts=Options(parent=self, depends_on=[vpc]))


def recorded(program: Callable[[], object], stack: str = "dev") -> Graph:
    return record(program, "inference", stack)


def test_the_same_program_in_two_stacks_does_not_differ() -> None:
    def program() -> None:
        Box("a", "10.0.0.0/16")
        Box("b", "10.1.0.0/16")

    difference = diff(recorded(program, "dev"), recorded(program, "prod"))
    assert not difference


def test_resources_are_matched_by_type_and_name() -> None:
    before = recorded(lambda: (Box("a", "10.0.0.0/16"), Box("b", "10.1.0.0/16")))
    after = recorded(lambda: (Box("a", "10.0.0.0/16"), Box("c", "10.1.0.0/16")))
    difference = diff(before, after)
    assert [resource.name for resource in difference.removed] == ["b", "b-v", "b-s"]
    assert [resource.name for resource in difference.added] == ["c", "c-v", "c-s"]
    assert difference.changed == ()
    assert difference


def test_changed_properties_are_named_with_their_values() -> None:
    def program(tags: dict[str, str], protect: bool) -> Callable[[], object]:
        return lambda: ec2.Vpc("v", cidr_block="10.0.0.0/16", tags=tags, opts=Options(protect=protect))

    difference = diff(recorded(program({"a": "1", "b": "2"}, False)), recorded(program({"a": "1", "c": "3"}, True)))
    (change,) = difference.changed
    assert change.after.name == "v"
    assert set(change.properties) == {
        PropertyChange("inputs.tags.b", "2", None),
        PropertyChange("inputs.tags.c", None, "3"),
        PropertyChange("protect", False, True),
    }


def test_items_of_lists_of_one_length_are_compared_one_by_one() -> None:
    def program(*blocks: str) -> Callable[[], object]:
        return lambda: ec2.SecurityGroup("g", ingress=[{"cidr_blocks": list(blocks), "protocol": "tcp"}])  # type: ignore[arg-type]

    (change,) = diff(recorded(program("10.0.0.0/8", "a")), recorded(program("10.0.0.0/8", "b"))).changed
    assert [each.path for each in change.properties] == ["inputs.ingress[0].cidrBlocks[1]"]
    (change,) = diff(recorded(program("a")), recorded(program("a", "b"))).changed
    assert change.properties == (PropertyChange("inputs.ingress[0].cidrBlocks", ["a"], ["a", "b"]),)


def test_a_dependency_on_another_resource_is_a_change() -> None:
    def program(number: int) -> Callable[[], object]:
        def run() -> None:
            vpcs = [ec2.Vpc("a"), ec2.Vpc("b")]
            ec2.Subnet("s", vpc_id="vpc-1", opts=Options(depends_on=[vpcs[number]]))

        return run

    (change,) = diff(recorded(program(0), "dev"), recorded(program(1), "prod")).changed
    assert change.properties == (PropertyChange("depends_on[0]", "aws:ec2/vpc:Vpc::a", "aws:ec2/vpc:Vpc::b"),)


def test_true_and_one_are_different() -> None:
    def program(value: object) -> Callable[[], object]:
        return lambda: pulumi.CustomResource("aws:ec2/vpc:Vpc", "v", {"flag": value})

    assert diff(recorded(program(True)), recorded(program(1)))
    assert not diff(recorded(program(1)), recorded(program(1.0)))


def test_another_parent_is_a_change_of_the_child() -> None:
    def program(parent: str) -> Callable[[], object]:
        def run() -> None:
            vpcs = {name: ec2.Vpc(name) for name in ("a", "b")}
            ec2.Subnet("s", vpc_id="vpc-1", opts=Options(parent=vpcs[parent]))

        return run

    (change,) = diff(recorded(program("a")), recorded(program("b"))).changed
    assert change.properties == (PropertyChange("parent", "aws:ec2/vpc:Vpc::a", "aws:ec2/vpc:Vpc::b"),)
