"""What a recording holds of secrets: that there is one, and nothing of it."""

import json

import pulumi
from pulumi import ResourceOptions as Options
from pulumi_aws import ec2

from intertie.graph import SECRET, UNKNOWN
from support.recording import recorded


def test_secrets_never_leave_in_clear() -> None:
    def program() -> None:
        config = pulumi.Config()
        ec2.Vpc("v", tags={"token": config.require_secret("token"), "plain": "x"})
        pulumi.export("token", config.require_secret("token"))
        pulumi.export("built", pulumi.Output.concat("bearer ", config.require_secret("token")))
        pulumi.log.warn(f"using {config.require('token')}")

    graph = recorded(program, config={"token": "hunter2"}, secret_keys=["token"])
    assert "hunter2" not in json.dumps(graph.to_json())
    assert graph.exports == {"token": SECRET, "built": SECRET}
    assert graph.find("aws:ec2/vpc:Vpc", "v").inputs["tags"] == {"token": SECRET, "plain": "x"}
    assert [message.text for message in graph.messages] == ["using [secret]"]


def test_a_secret_that_is_asked_for_as_plain_text_is_hidden_all_the_same() -> None:
    def program() -> None:
        config = pulumi.Config()
        pulumi.log.warn(f"using {config.require_object('door')['password']}")
        vpc = ec2.Vpc(f"v-{config.require('token')}", tags={config.require("token"): config.require("token")})
        ec2.get_vpc_output(id=config.require("token"))
        pulumi.export("door", {"is": [config.require_object("door")]})
        ec2.Subnet("s", vpc_id=vpc.id)

    values = {"token": "hunter2hunter2", "door": '{"password": "swordfish-99"}'}
    graph = recorded(program, config=values, secret_keys=list(values))
    text = json.dumps([graph.to_json(), [message.text for message in graph.messages]])
    assert "hunter2" not in text
    assert "swordfish" not in text
    subnet, vpc = graph.find("aws:ec2/subnet:Subnet", "s"), graph.find("aws:ec2/vpc:Vpc", "v-[secret]")
    assert subnet.depends_on == (vpc.urn,)


def test_what_stands_in_the_place_of_a_secret_that_nobody_knows_hides_nothing() -> None:
    def program() -> None:
        ec2.Subnet("s", vpc_id=ec2.Vpc("v").id)

    graph = recorded(
        program, config={"door": f'{{"password": "{UNKNOWN}"}}', "token": UNKNOWN}, secret_keys=["door", "token"]
    )
    assert graph.find("aws:ec2/subnet:Subnet", "s").inputs == {"vpcId": UNKNOWN}


def test_outputs_that_the_program_declares_secret_are_secret() -> None:
    def program() -> None:
        vpc = ec2.Vpc("v", cidr_block="10.0.0.0/16", opts=Options(additional_secret_outputs=["arn", "cidrBlock"]))
        pulumi.export("arn", vpc.arn)
        pulumi.export("range", vpc.cidr_block)
        pulumi.export("id", vpc.id)

    assert recorded(program).exports == {"arn": SECRET, "range": SECRET, "id": UNKNOWN}
