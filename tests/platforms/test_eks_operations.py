"""What the plan decides about running a cluster, as EKS takes it. Each wish alone, and what it must not touch."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.session
import pytest

from intertie.graph import check
from intertie.plan import Operations, TeamAccess, resolve
from intertie.platforms.eks import cluster, cluster_access, cluster_logs, network_endpoints
from intertie.spec import read_data
from support.building import Built, build
from support.eks import CLUSTER, NODE_GROUP, RELEASE, SUBNET, group, placed, sources
from support.plans import accelerator_pool, plan, spec_data

ENTRY = "aws:eks/accessEntry:AccessEntry"
ACCESS = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ROUTE = "aws:ec2/route:Route"
PLATFORM, READERS = "arn:aws:iam::123456789012:role/platform", "arn:aws:iam::123456789012:role/readers"


@cache
def operated(**wishes: Any) -> Built:
    return build(plan(operations=Operations(**wishes)))


def control_plane(**wishes: Any) -> dict[str, Any]:
    return operated(**wishes).inputs(CLUSTER, "control-plane")


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"api": "private", "runner_network": "vpc-0abc12345", "runner_ranges": ("10.9.0.0/24",)},
        {"egress": "none"},
        {"endpoints": False, "flow_logs": False},
        {"deployer": PLATFORM, "teams": (TeamAccess("readers", "view", (READERS,)),)},
    ],
    ids=lambda wishes: ",".join(wishes) or "defaults",
)
def test_every_way_of_running_a_cluster_is_spelt_right(wishes: dict[str, Any]):
    assert check(operated(**wishes).graph) == ()


def test_a_public_api_answers_to_the_ranges_of_the_plan_alone():
    config = control_plane(api_ranges=("198.51.100.0/24",))["vpcConfig"]
    assert config["endpointPublicAccess"] is True
    assert config["endpointPrivateAccess"] is True
    assert config["publicAccessCidrs"] == ["198.51.100.0/24"]


def test_a_public_api_without_ranges_says_that_it_is_open():
    assert control_plane()["vpcConfig"]["publicAccessCidrs"] == ["0.0.0.0/0"]


def test_a_private_api_has_no_public_address():
    config = control_plane(api="private")["vpcConfig"]
    assert (config["endpointPublicAccess"], config["endpointPrivateAccess"]) == (False, True)
    assert "publicAccessCidrs" not in config


def test_the_runners_network_is_peered_routed_and_let_in():
    built = operated(api="private", runner_network="vpc-0abc12345", runner_ranges=("10.9.0.0/24",))
    peering = built.one(PEERING, "runner-peering")
    assert (peering.inputs["peerVpcId"], peering.inputs["autoAccept"]) == ("vpc-0abc12345", True)
    (route,) = [each for each in built.graph.of_type(ROUTE) if "vpcPeeringConnectionId" in each.inputs]
    assert route.inputs["destinationCidrBlock"] == "10.9.0.0/24"
    assert [each.name for each in sources(built.graph, route, "routeTableId")] == ["here-private-routes"]
    (rule,) = [each for each in built.graph.of_type(INGRESS) if each.name.startswith("here-runner-in-")]
    assert (rule.inputs["cidrIpv4"], rule.inputs["fromPort"], rule.inputs["toPort"]) == ("10.9.0.0/24", 443, 443)
    assert [each.name for each in sources(built.graph, rule, "securityGroupId")] == ["here-control-plane"]


def test_a_runner_that_is_connected_otherwise_is_let_in_without_a_peering():
    built = operated(api="private", runner_ranges=("10.9.0.0/24",))
    assert not built.graph.of_type(PEERING)
    assert [each for each in built.graph.of_type(INGRESS) if each.name.startswith("here-runner-in-")]


def test_a_runner_behind_a_bastion_goes_through_its_proxy():
    made = plan(operations=Operations(runner_proxy="socks5://127.0.0.1:1080"))
    config = json.loads(cluster.kubeconfig_text(made, "https://api.example.com", "Y2E="))
    assert config["clusters"][0]["cluster"]["proxy-url"] == "socks5://127.0.0.1:1080"
    plain = json.loads(cluster.kubeconfig_text(plan(), "https://api.example.com", "Y2E="))
    assert "proxy-url" not in plain["clusters"][0]["cluster"]


def test_what_is_installed_waits_until_the_runner_is_let_in():
    built = operated(deployer=PLATFORM, runner_ranges=("10.9.0.0/24",))
    before = built.before(built.one("kubernetes:helm.sh/v3:Release", "cluster-autoscaler"))
    assert "here-deployer-access" in before
    assert any(name.startswith("here-runner-in-") for name in before)


@pytest.mark.parametrize(("channel", "support"), [("regular", "STANDARD"), ("extended", "EXTENDED")])
def test_long_support_is_paid_for_only_when_it_is_asked_for(channel: str, support: str):
    assert control_plane(channel=channel)["upgradePolicy"] == {"supportType": support}


@pytest.mark.parametrize("on", [True, False])
def test_deletion_protection_is_as_the_plan_says(on: bool):
    assert control_plane(deletion_protection=on)["deletionProtection"] is on


def test_traffic_can_be_led_out_of_an_ill_zone():
    assert control_plane()["zonalShiftConfig"] == {"enabled": True}


def test_an_existing_key_encrypts_the_secrets_and_none_is_made():
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    built = operated(key=key)
    assert built.inputs(CLUSTER, "control-plane")["encryptionConfig"]["provider"] == {"keyArn": key}
    assert not built.graph.of_type("aws:kms/key:Key")
    assert not built.graph.of_type("aws:kms/alias:Alias")


def test_a_named_deployer_administers_the_cluster_and_whoever_creates_it_does_not():
    built = operated(deployer=PLATFORM)
    config = built.inputs(CLUSTER, "control-plane")["accessConfig"]
    assert config == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert built.inputs(ENTRY, "deployer-entry")["principalArn"] == PLATFORM
    access = built.inputs(ACCESS, "deployer-access")
    assert access["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    assert access["accessScope"] == {"type": "cluster"}


def test_without_a_deployer_whoever_creates_the_cluster_is_let_in():
    assert control_plane()["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] is True
    assert not operated().graph.of_type(ENTRY)


@pytest.mark.parametrize(
    ("role", "policy", "scope"),
    [
        ("view", "AmazonEKSViewPolicy", {"type": "namespace", "namespaces": ["chat"]}),
        ("edit", "AmazonEKSEditPolicy", {"type": "namespace", "namespaces": ["chat"]}),
        ("admin", "AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
    ],
)
def test_a_team_gets_what_its_role_says_and_where(role: str, policy: str, scope: dict[str, Any]):
    built = operated(teams=(TeamAccess("platform", role, (PLATFORM, READERS)),))
    entries, accesses = built.graph.of_type(ENTRY), built.graph.of_type(ACCESS)
    assert {each.inputs["principalArn"] for each in entries} == {PLATFORM, READERS}
    assert {each.inputs["type"] for each in entries} == {"STANDARD"}
    assert {each.inputs["policyArn"].rpartition("/")[2] for each in accesses} == {policy}
    assert [each.inputs["accessScope"] for each in accesses] == [scope, scope]
    assert all(entries[0].urn in each.depends_on or entries[1].urn in each.depends_on for each in accesses)


def test_a_principal_that_is_taken_out_renames_no_other():
    names = {each.name for each in operated(teams=(TeamAccess("t", "view", (PLATFORM, READERS)),)).graph.of_type(ENTRY)}
    fewer = {each.name for each in operated(teams=(TeamAccess("t", "view", (READERS,)),)).graph.of_type(ENTRY)}
    assert fewer < names


def test_every_role_of_a_team_has_a_policy():
    from intertie.spec import TeamRole

    assert set(cluster_access.POLICIES) == set(TeamRole)


@pytest.mark.parametrize(("asked", "kept"), [(30, 30), (31, 60), (90, 90), (181, 365), (365, 365)])
def test_logs_are_kept_at_least_as_long_as_asked(asked: int, kept: int):
    built = operated(log_days=asked)
    assert {each.inputs["retentionInDays"] for each in built.graph.of_type(LOG_GROUP)} == {kept}


def test_the_steps_of_retention_are_those_that_the_sdk_documents():
    import inspect

    from pulumi_aws import cloudwatch

    said = inspect.getdoc(cloudwatch.LogGroup._internal_init) or inspect.getsource(cloudwatch.LogGroup)
    assert all(f" {step}," in said for step in cluster_logs.KEPT)


def test_flow_logs_record_all_traffic_to_a_group_that_ends():
    built = operated()
    record = built.one(FLOW_LOG, "flow-log")
    assert (record.inputs["trafficType"], record.inputs["logDestinationType"]) == ("ALL", "cloud-watch-logs")
    assert [each.name for each in sources(built.graph, record, "vpcId")] == ["here-vpc"]
    assert [each.name for each in sources(built.graph, record, "logDestination")] == ["here-flow-logs"]
    assert [each.name for each in sources(built.graph, record, "iamRoleArn")] == ["here-flow-logs-role"]
    assert "here-flow-logs-policy" in built.before(record)
    trust = json.loads(built.inputs("aws:iam/role:Role", "flow-logs-role")["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}


def test_flow_logs_can_be_left_out():
    assert not operated(flow_logs=False).graph.of_type(FLOW_LOG)


def test_services_of_aws_are_reached_by_private_endpoints_in_every_zone():
    built = operated()
    made = [each for each in built.graph.of_type(ENDPOINT) if each.inputs["vpcEndpointType"] == "Interface"]
    asked = {each.inputs["serviceName"].removeprefix("com.amazonaws.us-east-1.") for each in made}
    assert asked == {
        "ecr.api", "ecr.dkr", "sts", "eks-auth", "ec2", "eks", "autoscaling", "elasticloadbalancing", "logs", "kms",
        "secretsmanager",
    }  # fmt: skip
    for endpoint in made:
        assert endpoint.inputs["privateDnsEnabled"] is True
        zones = {each.inputs["availabilityZone"] for each in sources(built.graph, endpoint, "subnetIds")}
        assert zones == {each.inputs["availabilityZone"] for each in built.graph.of_type(SUBNET)}
        assert [each.name for each in sources(built.graph, endpoint, "securityGroupIds")] == ["here-endpoints"]


def test_the_endpoints_services_are_services_of_aws():
    known = set(botocore.session.get_session().get_available_services())
    names = {"ecr.api": "ecr", "ecr.dkr": "ecr", "elasticloadbalancing": "elbv2"}
    assert {names.get(each, each) for each in network_endpoints.SERVICES} <= known


def test_endpoints_answer_to_nodes_and_pods_over_https_alone():
    rule = operated().one(INGRESS, "endpoints-in")
    assert [each.name for each in sources(operated().graph, rule, "securityGroupId")] == ["here-endpoints"]
    assert {key: rule.inputs[key] for key in ("cidrIpv4", "ipProtocol", "fromPort", "toPort")} == {
        "cidrIpv4": "10.64.0.0/19", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
    }  # fmt: skip


def test_without_endpoints_only_the_one_that_costs_nothing_is_left():
    assert [each.name for each in operated(endpoints=False).graph.of_type(ENDPOINT)] == ["here-s3-endpoint"]


def test_nodes_wait_for_the_endpoints():
    assert {"here-ecr-api-endpoint", "here-sts-endpoint"} <= operated().before(group(operated(), "system"))


def test_without_a_way_out_there_is_neither_gateway_nor_public_subnet_nor_default_route():
    graph = operated(egress="none").graph
    assert not graph.of_type("aws:ec2/natGateway:NatGateway")
    assert not graph.of_type("aws:ec2/internetGateway:InternetGateway")
    assert not graph.of_type(ROUTE)
    assert {each.name.split("-")[1] for each in graph.of_type(SUBNET)} == {"private"}


def test_the_group_that_a_network_comes_with_has_no_rule():
    made = operated().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default-group")
    assert [each.name for each in sources(operated().graph, made, "vpcId")] == ["here-vpc"]
    assert not {"ingress", "egress"} & set(made.inputs)


def test_a_retiring_group_is_left_as_it_is_until_it_is_empty():
    old = accelerator_pool(name="old0", retiring=True, min_nodes=0, initial_nodes=0)
    built = build(plan(pools=(accelerator_pool(), old)))
    retiring, current = group(built, "old0"), group(built, "generate0")
    assert set(retiring.ignore_changes) >= {"version", "launchTemplate", "releaseVersion", "scalingConfig.desiredSize"}
    assert list(current.ignore_changes) == ["scalingConfig.desiredSize"]
    assert retiring.inputs["scalingConfig"] == {"minSize": 0, "desiredSize": 0, "maxSize": 4}


def test_only_accelerators_are_updated_without_a_spare_node():
    strategies = {
        each.name: each.inputs["updateConfig"]["updateStrategy"] for each in operated().graph.of_type(NODE_GROUP)
    }
    assert strategies == {
        "here-system-nodes": "DEFAULT", "here-general-nodes": "DEFAULT", "here-generate0-nodes": "MINIMAL",
    }  # fmt: skip


def test_the_key_of_the_secrets_can_be_brought_back():
    assert operated().inputs("aws:kms/key:Key", "secrets-key")["deletionWindowInDays"] == 30


def test_the_network_resolves_private_names():
    inputs = operated().inputs("aws:ec2/vpc:Vpc", "vpc")
    assert (inputs["enableDnsSupport"], inputs["enableDnsHostnames"]) == (True, True)


def test_without_a_way_out_the_autoscaler_comes_from_the_mirror():
    made = replace(placed(registry="mirror.example.com/acme"), operations=Operations(egress="none"))
    image = build(made).one(RELEASE, "cluster-autoscaler").inputs["values"]["image"]
    assert image == {"tag": "v1.35.0", "repository": "mirror.example.com/acme/autoscaling/cluster-autoscaler"}
    assert operated().one(RELEASE, "cluster-autoscaler").inputs["values"]["image"] == {"tag": "v1.35.0"}


def test_two_generations_of_every_pool_stand_side_by_side():
    here = {"cloud": "aws", "region": "us-east-1", "zones": ["us-east-1a"]}
    data = spec_data(placements={"here": here}, cluster={"generation": 2, "retiring": [1]})
    built = build(resolve(read_data(data), "here"))
    groups = built.graph.of_type(NODE_GROUP)
    assert check(built.graph) == ()
    assert len(groups) == 2 * len([each for each in groups if "version" in each.ignore_changes])
    retiring = [each for each in groups if "version" in each.ignore_changes]
    assert all({"key": "intertie.dev/retiring", "value": "true", "effect": "NO_SCHEDULE"} in each.inputs["taints"]
               for each in retiring)  # fmt: skip
    assert {each.name for each in retiring} >= {"here-system-nodes", "here-general-nodes", "here-generate0-nodes"}
