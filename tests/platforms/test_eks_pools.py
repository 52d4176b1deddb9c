"""EKS node groups: each kind of capacity as AWS takes it, and the mistakes that AWS only shows at apply."""

import base64
from functools import cache
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie import catalog
from intertie.errors import PlanError
from intertie.graph import check
from intertie.plan import PoolPlan
from intertie.plan.types import Taint
from intertie.platforms.eks import pools, pools_launch
from support.building import Built, build
from support.eks import CLUSTER, NODE_GROUP, RELEASE, TEMPLATE, group, sources, template, zones_of
from support.plans import accelerator_pool, claim, cpu_pool, plan

ODCR = accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"))
BLOCK = accelerator_pool(kind="capacity-block", claim=claim("capacity-block", id="cr-0abd"))
FABRIC = accelerator_pool(hosts=2)


@cache
def with_pool(pool: PoolPlan) -> Built:
    return build(plan(pools=(pool,)))


@cache
def words(shape: str) -> frozenset[str]:
    """What the EKS API takes for an enumeration, from AWS' own service model."""
    return frozenset(botocore.session.get_session().get_service_model("eks").shape_for(shape).enum)


def smaller(machine: str, **changes: Any) -> PoolPlan:
    """A pool of machines with one A10G each."""
    return accelerator_pool(machine=machine, accelerator="a10g", per_node=1, fabric="none", **changes)


def test_on_demand_takes_the_machine_from_the_group():
    built = with_pool(accelerator_pool())
    inputs = group(built, "generate0").inputs
    assert (inputs["capacityType"], inputs["instanceTypes"]) == ("ON_DEMAND", ["p5.48xlarge"])
    assert "instanceMarketOptions" not in template(built, "generate0").inputs
    assert "capacityReservationSpecification" not in template(built, "generate0").inputs


def test_spot_takes_several_machines_with_the_same_accelerators_and_no_market_options():
    built = with_pool(smaller("g5.xlarge", kind="spot"))
    inputs = group(built, "generate0").inputs
    assert inputs["capacityType"] == "SPOT"
    assert inputs["instanceTypes"][0] == "g5.xlarge"
    assert len(inputs["instanceTypes"]) >= 3
    for name in inputs["instanceTypes"]:
        other = catalog.machine("aws", name)
        assert (other.accelerator, other.count, other.arch) == ("a10g", 1, "amd64")
        assert other.memory_gib >= 16
    assert "instanceMarketOptions" not in template(built, "generate0").inputs


def test_spot_keeps_to_the_machine_that_the_user_named():
    pool = smaller("g5.xlarge", kind="spot", claim=claim("spot", machine="g5.xlarge"))
    assert pools.instance_types(plan(), pool, catalog.machine("aws", "g5.xlarge")) == ["g5.xlarge"]


def test_spot_takes_only_machines_that_a_source_shows_in_the_region():
    pool = smaller("g5.xlarge", kind="spot", claim=claim("spot"))
    nowhere = plan(region="nowhere-1")
    assert pools.instance_types(nowhere, pool, catalog.machine("aws", "g5.xlarge")) == ["g5.xlarge"]


def test_a_capacity_reservation_is_targeted_on_demand_in_its_zone_alone():
    built = with_pool(ODCR)
    node_group = group(built, "generate0")
    assert node_group.inputs["capacityType"] == "ON_DEMAND"
    assert node_group.inputs["instanceTypes"] == ["p5.48xlarge"]
    assert template(built, "generate0").inputs["capacityReservationSpecification"] == {
        "capacityReservationTarget": {"capacityReservationId": "cr-0abc"}
    }
    assert zones_of(built.graph, node_group) == {"us-east-1b"}


def test_a_group_of_reservations_is_targeted_by_its_arn():
    arn = "arn:aws:resource-groups:us-east-1:123456789012:group/h100"
    made: Any = pools_launch.target(accelerator_pool(kind="odcr", claim=claim("odcr", id=arn)))
    assert made.capacity_reservation_target.capacity_reservation_resource_group_arn == arn
    assert made.capacity_reservation_target.capacity_reservation_id is None


def test_a_capacity_block_names_the_machine_in_the_template_and_starts_at_zero():
    built = with_pool(BLOCK)
    inputs = group(built, "generate0").inputs
    assert inputs["capacityType"] == "CAPACITY_BLOCK"
    assert "instanceTypes" not in inputs
    assert inputs["scalingConfig"] == {"minSize": 0, "desiredSize": 0, "maxSize": 4}
    made = template(built, "generate0").inputs
    assert made["instanceType"] == "p5.48xlarge"
    assert made["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert made["capacityReservationSpecification"]["capacityReservationTarget"] == {"capacityReservationId": "cr-0abd"}
    assert zones_of(built.graph, group(built, "generate0")) == {"us-east-1b"}


@pytest.mark.parametrize("pool", [ODCR, BLOCK], ids=["odcr", "capacity-block"])
def test_a_reserved_pool_goes_before_its_successor_comes(pool: PoolPlan):
    assert group(with_pool(pool), "generate0").delete_before_replace is True
    assert group(with_pool(pool), "system").delete_before_replace is False


@pytest.mark.parametrize("zones", [(), ("us-east-1a", "us-east-1b")], ids=["none", "two"])
def test_a_reservation_without_its_one_zone_is_refused(zones: tuple[str, ...]):
    with pytest.raises(PlanError, match=r"pools\.generate0\.zones: found .*; allowed: one zone: that of the reserv"):
        pools.pool_zones(plan(), accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"), zones=zones))


def test_replicas_over_several_machines_need_one_zone():
    with pytest.raises(PlanError, match="allowed: one zone: replicas span machines"):
        pools.pool_zones(plan(), accelerator_pool(hosts=2, zones=()))


def test_a_machine_that_the_catalogue_does_not_know_is_refused_with_its_place():
    with pytest.raises(PlanError, match=r"pools\.generate0\.machine: found p99\.large; allowed: a machine type of the"):
        pools.machine_of(plan(), accelerator_pool(machine="p99.large"))


@pytest.mark.parametrize("pool", [accelerator_pool(), ODCR, BLOCK, FABRIC], ids=["plain", "odcr", "block", "fabric"])
def test_words_of_enumerations_are_those_of_the_api(pool: PoolPlan):
    built = with_pool(pool)
    assert check(built.graph) == ()
    for node_group in built.graph.of_type(NODE_GROUP):
        assert node_group.inputs["amiType"] in words("AMITypes")
        assert node_group.inputs["capacityType"] in words("CapacityTypes")
        assert node_group.inputs["updateConfig"]["updateStrategy"] in words("NodegroupUpdateStrategies")
        for taint in node_group.inputs["taints"]:
            assert taint["effect"] in words("TaintEffect")
    for cluster in built.graph.of_type(CLUSTER):
        assert set(cluster.inputs["enabledClusterLogTypes"]) <= words("LogType")
        assert cluster.inputs["accessConfig"]["authenticationMode"] in words("AuthenticationMode")


def test_the_size_belongs_to_the_autoscaler_by_the_path_that_the_engine_matches():
    for node_group in with_pool(accelerator_pool()).graph.of_type(NODE_GROUP):
        assert node_group.ignore_changes == ("scalingConfig.desiredSize",)


def test_taints_are_written_as_eks_takes_them():
    assert group(with_pool(accelerator_pool()), "generate0").inputs["taints"] == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
    ]


def test_what_the_launch_template_says_the_group_does_not_say_again():
    for node_group in with_pool(ODCR).graph.of_type(NODE_GROUP):
        assert not {"diskSize", "remoteAccess"} & set(node_group.inputs)
    for made in with_pool(ODCR).graph.of_type(TEMPLATE):
        assert not {"iamInstanceProfile", "imageId", "hibernationOptions"} & set(made.inputs)


def test_nodes_join_because_their_cards_carry_the_clusters_own_group():
    built = with_pool(FABRIC)
    made = template(built, "generate0")
    from_where = {(each.type, each.name) for each in sources(built.graph, made, "networkInterfaces")}
    assert (CLUSTER, "here-control-plane") in from_where
    assert ("aws:ec2/securityGroup:SecurityGroup", "here-generate0-fabric") in from_where
    assert "vpcSecurityGroupIds" not in made.inputs


def test_without_a_fabric_eks_adds_the_clusters_group_by_itself():
    made = template(with_pool(accelerator_pool()), "generate0").inputs
    assert not {"networkInterfaces", "vpcSecurityGroupIds"} & set(made)


def test_every_network_card_has_its_efa_interface_and_card_zero_an_address():
    cards = template(with_pool(FABRIC), "generate0").inputs["networkInterfaces"]
    assert len(cards) == catalog.machine("aws", "p5.48xlarge").fabric_nics == 32
    assert [card["networkCardIndex"] for card in cards] == list(range(32))
    assert (cards[0]["deviceIndex"], cards[0]["interfaceType"]) == (0, "efa")
    assert {(card["deviceIndex"], card["interfaceType"]) for card in cards[1:]} == {(1, "efa-only")}
    assert not any("associatePublicIpAddress" in card for card in cards)


def test_where_the_first_card_takes_no_efa_there_is_one_card_more():
    from dataclasses import replace

    machine = replace(catalog.machine("aws", "p6-b200.48xlarge"), name="p6-b300.48xlarge", fabric_nics=16)
    cards = pools_launch.cards(machine, [])
    assert len(cards) == 17
    assert cards[0].interface_type == "interface"
    assert {card.interface_type for card in cards[1:]} == {"efa-only"}


def test_the_fabric_is_let_through_in_both_ways():
    graph = with_pool(FABRIC).graph
    for kind, name in (("Ingress", "in"), ("Egress", "out")):
        rule = graph.find(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule", f"here-generate0-fabric-{name}")
        assert rule.inputs["ipProtocol"] == "-1"
        assert [each.name for each in sources(graph, rule, "referencedSecurityGroupId")] == ["here-generate0-fabric"]


def test_machines_of_one_replica_stand_close_together_in_one_zone():
    built = with_pool(FABRIC)
    placement = built.one("aws:ec2/placementGroup:PlacementGroup", "generate0-placement")
    assert placement.inputs["strategy"] == "cluster"
    assert template(built, "generate0").inputs["placement"] == {"groupName": "chat-here-generate0"}
    assert zones_of(built.graph, group(built, "generate0")) == {"us-east-1b"}


def test_what_was_reserved_outside_a_placement_group_is_not_launched_in_one():
    built = build(plan(pools=(accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"), hosts=2),)))
    assert "placement" not in template(built, "generate0").inputs
    assert not built.graph.of_type("aws:ec2/placementGroup:PlacementGroup")
    assert len(template(built, "generate0").inputs["networkInterfaces"]) == 32


def test_pods_of_such_replicas_ask_for_the_interfaces_and_the_pages():
    handle = with_pool(FABRIC).handle
    assert handle is not None
    assert handle.pools["generate0"].fabric_resources == {"vpc.amazonaws.com/efa": "32", "hugepages-2Mi": "5120Mi"}
    assert handle.pools["generate0"].fabric_env["FI_PROVIDER"] == "efa"
    assert "efa-device-plugin" in handle.provided


def test_the_efa_plugin_runs_only_where_there_is_efa():
    values = with_pool(FABRIC).one(RELEASE, "aws-efa-k8s-device-plugin").inputs["values"]
    assert values["supportedInstanceLabels"]["values"] == ["p5.48xlarge"]
    assert values["nodeSelector"] == {"vpc.amazonaws.com/efa.present": "true"}
    assert group(with_pool(FABRIC), "generate0").inputs["labels"]["vpc.amazonaws.com/efa.present"] == "true"
    plain = with_pool(accelerator_pool())
    assert [release.name for release in plain.graph.of_type(RELEASE)] == ["here-cluster-autoscaler"]
    assert plain.handle is not None
    assert plain.handle.pools["generate0"].fabric_resources == {}


def test_the_disk_that_is_enlarged_is_the_one_with_the_images():
    disk = template(with_pool(accelerator_pool()), "generate0").inputs["blockDeviceMappings"][0]
    assert disk["deviceName"] == "/dev/xvda"
    assert disk["ebs"] == {
        "volumeType": "gp3",
        "volumeSize": 500,
        "throughput": 500,
        "encrypted": "true",
        "deleteOnTermination": "true",
    }


def test_on_bottlerocket_it_is_the_second_disk():
    from dataclasses import replace

    machine = replace(catalog.machine("aws", "g5.xlarge"), image="BOTTLEROCKET_x86_64_NVIDIA")
    assert pools_launch.disk(accelerator_pool(), machine).device_name == "/dev/xvdb"
    assert pools_launch.user_data(machine) is None


def test_local_disks_are_joined_and_not_left_unused():
    data = template(with_pool(accelerator_pool()), "generate0").inputs["userData"]
    text = base64.b64decode(data).decode()
    assert "Content-Type: application/node.eks.aws" in text
    assert "strategy: RAID0" in text
    assert "userData" not in template(with_pool(accelerator_pool()), "system").inputs


def test_pods_cannot_take_the_nodes_credentials():
    for made in with_pool(accelerator_pool()).graph.of_type(TEMPLATE):
        assert made.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }


def test_machines_their_disks_and_their_cards_are_tagged():
    for made in with_pool(accelerator_pool()).graph.of_type(TEMPLATE):
        tagged = {each["resourceType"]: each["tags"] for each in made.inputs["tagSpecifications"]}
        assert set(tagged) == {"instance", "volume", "network-interface"}
        assert all(dict(plan().tags).items() <= tags.items() for tags in tagged.values())


def test_a_group_at_zero_tells_the_autoscaler_what_it_would_offer():
    hint = "k8s.io/cluster-autoscaler/node-template/resources"
    tags = group(with_pool(FABRIC), "generate0").inputs["tags"]
    assert tags[f"{hint}/nvidia.com/gpu"] == "8"
    assert tags[f"{hint}/vpc.amazonaws.com/efa"] == "32"
    assert tags[f"{hint}/ephemeral-storage"] == "24065Gi"
    assert f"{hint}/nvidia.com/gpu" not in group(with_pool(FABRIC), "system").inputs["tags"]


@pytest.mark.parametrize("machine", ["trn2.48xlarge", "inf2.xlarge"])
def test_neuron_machines_have_their_image_and_their_devices(machine: str):
    fact = catalog.machine("aws", machine)
    assert fact.accelerator is not None
    pool = accelerator_pool(
        machine=machine,
        accelerator=fact.accelerator,
        vendor="neuron",
        per_node=fact.count,
        taints=(Taint("aws.amazon.com/neuron", "present", "NoSchedule"),),
    )
    built = with_pool(pool)
    inputs = group(built, "generate0").inputs
    assert inputs["amiType"] == "AL2023_x86_64_NEURON"
    assert "k8s.amazonaws.com/accelerator" not in inputs["labels"]
    resource = catalog.accelerator(fact.accelerator).resource
    assert f"k8s.io/cluster-autoscaler/node-template/resources/{resource}" in inputs["tags"]
    assert built.handle is not None
    assert "neuron-driver" in built.handle.provided
    assert "nvidia-driver" not in built.handle.provided


@given(least=st.integers(0, 5), more=st.integers(0, 9), start=st.integers(0, 20))
def test_sizes_are_always_legal(least: int, more: int, start: int):
    size: Any = pools.scaling(accelerator_pool(min_nodes=least, max_nodes=least + more, initial_nodes=start))
    assert size.max_size >= 1
    assert 0 <= size.min_size <= size.desired_size <= size.max_size


@given(nodes=st.integers(0, 1000))
def test_repair_replaces_one_node_and_stops_when_half_are_ill(nodes: int):
    repair: Any = pools.repair(accelerator_pool(max_nodes=nodes))
    assert repair.enabled is True
    assert repair.max_parallel_nodes_repaired_count == 1
    assert 1 <= repair.max_unhealthy_node_threshold_count <= max(1, nodes)


def test_accelerator_nodes_are_updated_without_spare_ones():
    built = with_pool(accelerator_pool())
    assert group(built, "generate0").inputs["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}
    assert group(built, "general").inputs["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "DEFAULT"}


def test_pools_without_zones_use_every_zone_of_the_cluster():
    built = with_pool(accelerator_pool())
    assert zones_of(built.graph, group(built, "system")) == {"us-east-1a", "us-east-1b"}
    assert cpu_pool("aws", "system").zones == ()
