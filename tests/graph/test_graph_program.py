"""What a program is given while it is recorded, and what is waited for and kept of what it says."""

import asyncio
from pathlib import Path

import pulumi
from pulumi_aws import ec2

from support.recording import recorded


def test_configuration_reaches_the_program_with_and_without_namespace() -> None:
    def program() -> None:
        pulumi.export("spec", pulumi.Config().require("spec"))
        pulumi.export("sizes", pulumi.Config().require_object("sizes"))
        pulumi.export("region", pulumi.Config("aws").require("region"))
        pulumi.export("stack", f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}")

    graph = recorded(
        program, config={"spec": "a.yaml", "inference:sizes": "[1, 2]", "aws:region": "eu-west-1"}, organization="acme"
    )
    assert graph.exports == {
        "spec": "a.yaml",
        "sizes": [1, 2],
        "region": "eu-west-1",
        "stack": "acme/inference/dev",
    }


def test_the_root_directory_is_what_the_program_is_told() -> None:
    graph = recorded(lambda: pulumi.export("root", pulumi.get_root_directory()), root_directory=Path("/srv"))
    assert graph.exports == {"root": "/srv"}


def test_a_program_may_be_asynchronous_and_construct_resources_late() -> None:
    async def program() -> None:
        vpc = ec2.Vpc("v", cidr_block="10.0.0.0/16")
        await asyncio.sleep(0)
        vpc.cidr_block.apply(lambda block: ec2.Subnet("late", vpc_id="vpc-1", cidr_block=block))

    assert [resource.name for resource in recorded(program)] == ["inference-dev", "v", "late"]


def test_work_that_the_program_gives_to_threads_is_waited_for() -> None:
    async def program() -> None:
        size = await asyncio.to_thread(lambda: 24)
        ec2.Vpc("v", cidr_block=f"10.0.0.0/{size}")

    assert recorded(program).find("aws:ec2/vpc:Vpc", "v").inputs == {"cidrBlock": "10.0.0.0/24"}


def test_errors_and_warnings_of_the_log_are_kept() -> None:
    def program() -> None:
        pulumi.log.info("fine")
        pulumi.log.warn("old option")
        pulumi.log.error("no such zone")

    graph = recorded(program)
    assert [(each.severity, each.text) for each in graph.messages] == [
        ("warning", "old option"),
        ("error", "no such zone"),
    ]
