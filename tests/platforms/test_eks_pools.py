"""EKS node groups: each kind of capacity as AWS takes it, and the mistakes that AWS only shows at apply."""

from dataclasses import replace
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
from support.eks import CLUSTER, NODE_GROUP, group, template, with_pool, zones_of
from support.plans import accelerator_pool, claim, cpu_pool, plan

ODCR = accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"))
BLOCK = accelerator_pool(kind="capacity-block", claim=claim("capacity-block", id="cr-0abd"))
FABRIC = accelerator_pool(hosts=2)


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
        assert node_group.inputs["scalingConfig"]["desiredSize"] >= 0


def test_taints_are_written_as_eks_takes_them():
    assert group(with_pool(accelerator_pool()), "generate0").inputs["taints"] == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
    ]


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


def test_a_group_that_pods_hold_has_no_minimum_that_a_promotion_could_raise_above_its_size():
    """EKS refuses a minimum above the present size, which the program leaves to the autoscaler."""
    held: Any = pools.scaling(accelerator_pool(min_nodes=2, max_nodes=4, initial_nodes=2))
    assert (held.min_size, held.desired_size, held.max_size) == (0, 2, 4)
    system: Any = pools.scaling(replace(accelerator_pool(min_nodes=2, max_nodes=4, initial_nodes=2), role="system"))
    assert (system.min_size, system.desired_size, system.max_size) == (2, 2, 4)


@given(nodes=st.integers(0, 1000))
def test_repair_replaces_one_node_and_stops_when_half_are_ill(nodes: int):
    repair: Any = pools.repair(accelerator_pool(max_nodes=nodes))
    assert repair.enabled is True
    assert repair.max_parallel_nodes_repaired_count == 1
    assert 1 <= repair.max_unhealthy_node_threshold_count <= max(1, nodes)


def test_every_group_of_nodes_is_repaired():
    for node_group in with_pool(accelerator_pool()).graph.of_type(NODE_GROUP):
        assert node_group.inputs["nodeRepairConfig"]["enabled"] is True


def test_accelerator_nodes_are_updated_without_spare_ones():
    built = with_pool(accelerator_pool())
    assert group(built, "generate0").inputs["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}
    assert group(built, "general").inputs["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "DEFAULT"}


def test_pools_without_zones_use_every_zone_of_the_cluster():
    built = with_pool(accelerator_pool())
    assert zones_of(built.graph, group(built, "system")) == {"us-east-1a", "us-east-1b"}
    assert cpu_pool("aws", "system").zones == ()
