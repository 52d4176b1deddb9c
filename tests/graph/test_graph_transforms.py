"""Transforms run in the recording as they do in the engine."""

from typing import Any, cast

import pulumi
import pytest
from pulumi import ResourceOptions as Options
from pulumi import ResourceTransformArgs as Args
from pulumi import ResourceTransformResult as Result
from pulumi_aws import Provider, ec2

from intertie.errors import InputError
from intertie.graph import SECRET, UNKNOWN, Graph, record


def recorded(program: Any, **arguments: Any) -> Graph:
    return record(program, "inference", "dev", **arguments)


def _tagged(name: str) -> Any:
    """A transform that appends its name to the tag `seen`."""

    def transform(args: Args) -> Result | None:
        if args.type_ != "aws:ec2/vpc:Vpc":
            return None
        tags = cast("dict[str, str]", args.props.get("tags") or {})
        return Result({**args.props, "tags": {**tags, "seen": tags.get("seen", "") + name}}, args.opts)

    return transform


class Box(pulumi.ComponentResource):
    def __init__(self, opts: Options | None = None) -> None:
        super().__init__("acme:index:Box", "box", None, opts)
        ec2.Vpc("inside", opts=Options(parent=self, transforms=[_tagged("a")]))


def test_own_transforms_come_first_then_those_of_parents_then_the_stacks() -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(_tagged("c"))
        Box(Options(transforms=[_tagged("b")]))

    assert recorded(program).find("aws:ec2/vpc:Vpc", "inside").inputs["tags"] == {"seen": "abc"}


def test_transforms_see_unknowns_and_keep_secrets() -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(_tagged("x"))
        first = ec2.Vpc("first")
        ec2.Vpc("v", tags={"id": first.id}, cidr_block=pulumi.Output.secret("10.0.0.0/16"))

    vpc = recorded(program).find("aws:ec2/vpc:Vpc", "v")
    assert vpc.inputs == {"tags": {"id": UNKNOWN, "seen": "x"}, "cidrBlock": SECRET}


def test_options_that_a_transform_sets_are_recorded() -> None:
    def program() -> None:
        provider = Provider("p", region="eu-west-1")
        base = ec2.Vpc("base", opts=Options(provider=provider))

        def harden(args: Args) -> Result | None:
            if args.name != "v":
                return None
            more = Options(
                protect=True,
                ignore_changes=["tags"],
                provider=provider,
                depends_on=[base],
                custom_timeouts=pulumi.CustomTimeouts(create="5m"),
                retain_on_delete=True,
            )
            return Result(args.props, Options.merge(args.opts, more))

        pulumi.runtime.register_resource_transform(harden)
        ec2.Vpc("v", opts=Options(delete_before_replace=True))

    graph = recorded(program)
    vpc = graph.find("aws:ec2/vpc:Vpc", "v")
    assert (vpc.protect, vpc.retain_on_delete, vpc.delete_before_replace) == (True, True, True)
    assert vpc.ignore_changes == ("tags",)
    assert vpc.timeouts == {"create": "5m"}
    assert vpc.provider == graph.find("pulumi:providers:aws", "p").urn
    assert vpc.depends_on == (graph.find("aws:ec2/vpc:Vpc", "base").urn,)


def test_a_transform_that_returns_nothing_changes_nothing() -> None:
    def program() -> None:
        first = ec2.Vpc("first", cidr_block="10.0.0.0/16", tags={"a": "b"}, opts=Options(protect=True))
        ec2.Subnet("s", vpc_id=first.id, cidr_block="10.0.0.0/24", opts=Options(ignore_changes=["tags"]))

    def watched() -> None:
        pulumi.runtime.register_resource_transform(lambda args: None)
        program()

    assert recorded(watched) == recorded(program)


def test_a_property_that_a_transform_drops_takes_its_dependencies_along() -> None:
    def program() -> None:
        first = ec2.Vpc("first")

        def drop(args: Args) -> Result | None:
            props = {key: value for key, value in args.props.items() if key != "vpcId"}
            return Result(props, args.opts) if args.name == "s" else None

        pulumi.runtime.register_resource_transform(drop)
        ec2.Subnet("s", vpc_id=first.id, cidr_block=first.cidr_block)

    subnet = recorded(program).find("aws:ec2/subnet:Subnet", "s")
    assert set(subnet.inputs) == {"cidrBlock"}
    assert set(subnet.property_dependencies) == {"cidrBlock"}


def test_transforms_may_be_asynchronous() -> None:
    async def transform(args: Args) -> Result | None:
        return _tagged("later")(args)

    def program() -> None:
        ec2.Vpc("v", opts=Options(transforms=[transform]))

    assert recorded(program).find("aws:ec2/vpc:Vpc", "v").inputs["tags"] == {"seen": "later"}


def test_a_transform_that_fails_is_reported_with_the_resource() -> None:
    def transform(args: Args) -> Result | None:
        raise ValueError(f"no owner on {args.name}")

    with pytest.raises(InputError, match=r"ValueError: no owner on v\n  while registering aws:ec2/vpc:Vpc 'v'"):
        recorded(lambda: ec2.Vpc("v", opts=Options(transforms=[transform])))


def test_transformations_of_the_older_kind_run_too() -> None:
    def program() -> None:
        def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
            return pulumi.ResourceTransformationResult({**args.props, "tags": {"old": "way"}}, args.opts)

        ec2.Vpc("v", opts=Options(transformations=[tag]))

    assert recorded(program).find("aws:ec2/vpc:Vpc", "v").inputs["tags"] == {"old": "way"}


def test_hooks_and_invoke_transforms_are_taken_note_of_and_not_run() -> None:
    def program() -> None:
        def hook(_args: Any) -> None:
            raise AssertionError("a hook runs with the cloud's answer, and there is none")

        pulumi.runtime.register_invoke_transform(lambda args: None)
        ec2.Vpc("v", opts=Options(hooks=pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook("hook", hook)])))

    assert len(recorded(program)) == 2
