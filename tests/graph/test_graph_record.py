"""What a recording holds: every resource as the real engine would register it."""

import json

import pulumi
import pytest
from pulumi import ResourceOptions as Options
from pulumi_aws import Provider, ec2, eks, get_caller_identity_output
from pulumi_azure_native.containerservice import ManagedCluster, ManagedClusterIdentityArgs, ResourceIdentityType

from intertie.errors import InputError
from intertie.graph import SECRET, UNKNOWN
from support.recording import STACK, recorded


class Network(pulumi.ComponentResource):
    def __init__(self, name: str, opts: Options | None = None) -> None:
        super().__init__("acme:index:Network", name, None, opts)
        self.vpc = ec2.Vpc(f"{name}-vpc", cidr_block="10.0.0.0/16", opts=Options(parent=self))
        self.subnet = ec2.Subnet(
            f"{name}-subnet", vpc_id=self.vpc.id, cidr_block=self.vpc.cidr_block, opts=Options(parent=self)
        )
        self.register_outputs({"vpc": self.vpc.id, "token": pulumi.Output.secret("hunter2")})


class Region(pulumi.ComponentResource):
    def __init__(self, name: str, opts: Options | None = None) -> None:
        super().__init__("acme:index:Region", name, None, opts)
        self.network = Network(f"{name}-net", Options(parent=self))
        self.register_outputs({})


def test_urns_carry_the_types_of_all_parents_but_the_stack() -> None:
    graph = recorded(lambda: Region("eu"))
    assert [resource.urn for resource in graph] == [
        STACK,
        "urn:pulumi:dev::inference::acme:index:Region::eu",
        "urn:pulumi:dev::inference::acme:index:Region$acme:index:Network::eu-net",
        "urn:pulumi:dev::inference::acme:index:Region$acme:index:Network$aws:ec2/vpc:Vpc::eu-net-vpc",
        "urn:pulumi:dev::inference::acme:index:Region$acme:index:Network$aws:ec2/subnet:Subnet::eu-net-subnet",
    ]
    assert [resource.parent for resource in graph][:3] == ["", STACK, graph.resources[1].urn]
    assert [resource.custom for resource in graph] == [False, False, False, True, True]


def test_ids_are_unknown_and_inputs_come_back_as_outputs() -> None:
    subnet = recorded(lambda: Network("n")).find("aws:ec2/subnet:Subnet", "n-subnet")
    assert subnet.inputs == {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/16"}


def test_dependencies_are_recorded_as_a_whole_and_by_property() -> None:
    def program() -> None:
        network = Network("n")
        eks.Cluster(
            "c", role_arn="r", vpc_config={"subnet_ids": [network.subnet.id]}, opts=Options(depends_on=[network])
        )

    graph = recorded(program)
    cluster = graph.find("aws:eks/cluster:Cluster", "c")
    vpc, subnet = (graph.find(f"aws:ec2/{kind.lower()}:{kind}", f"n-{kind.lower()}").urn for kind in ("Vpc", "Subnet"))
    assert cluster.depends_on == tuple(sorted((vpc, subnet)))
    assert cluster.property_dependencies == {"vpcConfig": (subnet,)}
    assert cluster.inputs["vpcConfig"] == {"subnetIds": [UNKNOWN]}


def test_options_are_recorded() -> None:
    def program() -> None:
        provider = Provider("aws-eu", region="eu-west-1", allowed_account_ids=["123456789012"])
        base = ec2.Vpc("base", opts=Options(provider=provider))
        ec2.Vpc(
            "v",
            cidr_block="10.0.0.0/16",
            opts=Options(
                provider=provider,
                protect=True,
                ignore_changes=["tags"],
                replace_on_changes=["cidrBlock"],
                retain_on_delete=True,
                deleted_with=base,
                delete_before_replace=True,
                aliases=[pulumi.Alias(name="old"), "urn:pulumi:dev::inference::aws:ec2/vpc:Vpc::older"],
                custom_timeouts=pulumi.CustomTimeouts(create="30m"),
                import_="vpc-123",
                version="7.0.0",
            ),
        )

    graph = recorded(program)
    vpc = graph.find("aws:ec2/vpc:Vpc", "v")
    assert vpc.provider == graph.find("pulumi:providers:aws", "aws-eu").urn
    assert (vpc.protect, vpc.retain_on_delete, vpc.delete_before_replace) == (True, True, True)
    assert (vpc.ignore_changes, vpc.replace_on_changes) == (("tags",), ("cidrBlock",))
    assert vpc.deleted_with == graph.find("aws:ec2/vpc:Vpc", "base").urn
    assert {"urn": "urn:pulumi:dev::inference::aws:ec2/vpc:Vpc::older"} in vpc.aliases
    assert any(alias.get("name") == "old" for alias in vpc.aliases)
    assert (vpc.timeouts, vpc.import_id, vpc.version) == ({"create": "30m"}, "vpc-123", "7.0.0")
    assert vpc.to_json()["protect"] is True


def test_provider_resources_are_part_of_the_graph_with_their_configuration() -> None:
    graph = recorded(lambda: Provider("p", region="eu-west-1", allowed_account_ids=["123456789012"]))
    provider = graph.find("pulumi:providers:aws", "p")
    assert provider.inputs["allowedAccountIds"] == '["123456789012"]'
    assert provider.package == "aws"


def test_exports_and_outputs_of_components_are_recorded() -> None:
    def program() -> None:
        network = Network("n")
        pulumi.export("vpc", network.vpc.id)
        pulumi.export("nested", {"range": network.vpc.cidr_block, "count": 3})

    graph = recorded(program)
    assert graph.exports == {"vpc": UNKNOWN, "nested": {"range": "10.0.0.0/16", "count": 3}}
    assert graph.find("acme:index:Network", "n").outputs == {"vpc": UNKNOWN, "token": SECRET}


def test_invokes_are_recorded_and_their_answers_are_unknown() -> None:
    def program() -> None:
        identity = get_caller_identity_output()
        ec2.Vpc("v", tags={"account": identity.account_id})
        ec2.get_subnet_output(id="subnet-1")

    graph = recorded(program)
    assert [invoke.token for invoke in graph.invokes] == [
        "aws:index/getCallerIdentity:getCallerIdentity",
        "aws:ec2/getSubnet:getSubnet",
    ]
    assert graph.invokes[1].args == {"id": "subnet-1"}
    assert graph.find("aws:ec2/vpc:Vpc", "v").inputs["tags"] == {"account": UNKNOWN}


def test_resources_that_are_only_read_are_external() -> None:
    def program() -> None:
        vpc = ec2.Vpc.get("shared", "vpc-123")
        ec2.Subnet("s", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
        pulumi.export("arn", vpc.arn)

    graph = recorded(program)
    vpc = graph.find("aws:ec2/vpc:Vpc", "shared")
    assert vpc.external
    assert vpc.import_id == "vpc-123"
    assert graph.find("aws:ec2/subnet:Subnet", "s").inputs["vpcId"] == "vpc-123"
    assert graph.exports["arn"] == UNKNOWN


def test_outputs_of_another_stack_are_unknown() -> None:
    def program() -> None:
        other = pulumi.StackReference("organization/network/dev")
        pulumi.export("vpc", other.get_output("vpc"))

    graph = recorded(program)
    assert graph.exports == {"vpc": UNKNOWN}
    assert graph.find("pulumi:pulumi:StackReference", "organization/network/dev").external


def test_resources_stand_in_the_order_of_construction() -> None:
    def program() -> None:
        first = ec2.Vpc("a")
        waiting = ec2.Subnet("b", vpc_id=first.id, cidr_block=first.arn.apply(str))
        ec2.Vpc("c", opts=Options(depends_on=[waiting]))
        ec2.Vpc("d")

    assert [resource.name for resource in recorded(program)] == ["inference-dev", "a", "b", "c", "d"]


def test_the_same_program_gives_the_same_graph_every_time() -> None:
    def program() -> None:
        networks = [Network(f"n{number}") for number in range(5)]
        ec2.Vpc("last", opts=Options(depends_on=networks))

    first = json.dumps(recorded(program).to_json())
    assert all(json.dumps(recorded(program).to_json()) == first for _ in range(5))


def test_a_urn_may_be_registered_only_once_and_both_places_are_named() -> None:
    def program() -> None:
        ec2.Vpc("twin")
        ec2.Vpc("twin", cidr_block="10.0.0.0/16")

    with pytest.raises(InputError, match=r"aws:ec2/vpc:Vpc 'twin' twice") as caught:
        recorded(program)
    line = program.__code__.co_firstlineno
    assert f"test_graph_record.py:{line + 2}: " in str(caught.value)
    assert f"test_graph_record.py:{line + 1}\n" in str(caught.value)


def test_the_same_name_under_different_parents_is_no_duplicate() -> None:
    class Box(pulumi.ComponentResource):
        def __init__(self, kind: str) -> None:
            super().__init__(f"acme:index:{kind}", "box")
            ec2.Vpc("v", opts=Options(parent=self))

    def program() -> None:
        Box("A")
        Box("B")

    graph = recorded(program)
    assert len({resource.urn for resource in graph}) == len(graph) == 5
    with pytest.raises(KeyError, match="2 resources"):
        graph.find("aws:ec2/vpc:Vpc", "v")


def test_an_input_that_cannot_be_the_output_of_its_name_stays_unknown() -> None:
    def program() -> None:
        cluster = ManagedCluster(
            "c",
            resource_group_name="g",
            identity=ManagedClusterIdentityArgs(
                type=ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=["/subscriptions/1/identities/a"]
            ),
            tags={"a": "b"},
        )
        pulumi.export("ids", cluster.identity.apply(lambda identity: identity and identity.user_assigned_identities))
        pulumi.export("tags", cluster.tags)

    graph = recorded(program)
    identity = graph.find("azure-native:containerservice:ManagedCluster", "c").inputs["identity"]
    assert identity["userAssignedIdentities"] == ["/subscriptions/1/identities/a"]
    assert graph.exports["tags"] == {"a": "b"}
    assert graph.exports["ids"] == UNKNOWN
