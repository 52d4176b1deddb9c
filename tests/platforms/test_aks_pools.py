"""Agent pools: one per step of a ladder, each obtained in its own way."""

from functools import cache
from typing import Any

import pytest

from intertie.contract import Toleration
from intertie.errors import PlanError
from intertie.graph import Resource, check
from intertie.plan import Taint
from support.azure import CLUSTER, CRG, KINDS, POOL, RESERVED, ROLE, SUBSCRIPTION, ladder, other, plain, pool
from support.building import Built, build
from support.plans import plan, spec, spec_data

SPOT = "kubernetes.azure.com/scalesetpriority"
OF_A_KIND = ("scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice", "capacityReservationGroupID")


SHARED = CRG.replace("resourceGroups", "resourcegroups").replace("acme-reserved", "ACME-Reserved") + "-b"


@cache
def variants() -> Built:
    """Pools that differ in one thing each."""
    pools = (
        pool(0, "spot", name="tainted", taints=(Taint(SPOT, "spot", "NoSchedule"),)),
        pool(0, "on-demand", name="fabric", fabric="infiniband", hosts=2),
        pool(0, "azure-block", name="block", fabric="infiniband"),
        pool(0, "crg", name="shared", identifier=SHARED),
        pool(
            0,
            "on-demand",
            name="amd",
            vendor="amd",
            accelerator="mi300x",
            per_node=8,
            machine="Standard_ND96isr_MI300X_v5",
        ),
        pool(0, "on-demand", name="unlisted", machine="Standard_ND1000_v9", disk_gib=4000),
    )
    return build(plan("azure", pools))


def made(kind: str) -> dict[str, Any]:
    """Inputs of the pool of this kind."""
    return ladder().inputs(POOL, f"pool-generate{KINDS.index(kind)}")


def variant(name: str) -> dict[str, Any]:
    return variants().inputs(POOL, f"pool-{name}")


def capacity_grants(stack: Built) -> list[Resource]:
    return [each for each in stack.graph.of_type(ROLE) if each.name.startswith("here-grant-capacity-")]


def test_pools_of_every_variant_have_nothing_misspelt_or_missing() -> None:
    assert check(variants().graph) == ()


def test_a_bought_pool_says_nothing_of_spot_or_reservations() -> None:
    assert not set(OF_A_KIND) & set(made("on-demand"))


def test_a_spot_pool_is_evicted_for_capacity_and_never_for_its_price() -> None:
    inputs = made("spot")
    assert inputs["scaleSetPriority"] == "Spot"
    assert inputs["scaleSetEvictionPolicy"] == "Delete"
    assert inputs["spotMaxPrice"] == -1
    assert "capacityReservationGroupID" not in inputs


def test_a_spot_pool_declares_the_label_and_taint_that_azure_adds() -> None:
    inputs = made("spot")
    assert inputs["nodeLabels"][SPOT] == "spot"
    assert inputs["nodeTaints"] == ["nvidia.com/gpu=present:NoSchedule", f"{SPOT}=spot:NoSchedule"]
    assert SPOT not in made("on-demand")["nodeLabels"]


def test_pods_tolerate_the_taint_that_azure_adds_to_a_spot_pool() -> None:
    handle = ladder().handle
    assert handle is not None
    added = Toleration(SPOT, "Equal", "spot", "NoSchedule")
    tolerant = {name for name, binding in handle.pools.items() if added in binding.tolerations}
    assert tolerant == {f"generate{KINDS.index('spot')}"}


def test_the_taint_of_spot_is_not_written_twice() -> None:
    assert variant("tainted")["nodeTaints"] == [f"{SPOT}=spot:NoSchedule"]


@pytest.mark.parametrize("kind", ["crg", "azure-block"])
def test_reserved_capacity_is_used_by_the_id_of_its_group_in_its_zone(kind: str) -> None:
    inputs = made(kind)
    assert inputs["capacityReservationGroupID"] == CRG
    assert inputs["availabilityZones"] == ["1"]
    assert "scaleSetPriority" not in inputs


@pytest.mark.parametrize("kind", ["crg", "azure-block"])
def test_the_right_to_use_a_reservation_comes_before_the_pool(kind: str) -> None:
    """Without it the pool comes up with a warning, and the reservation is paid for beside it."""
    stack = ladder()
    (grant,) = capacity_grants(stack)
    assert grant.inputs["scope"] == RESERVED
    assert grant.urn in stack.one(POOL, f"pool-generate{KINDS.index(kind)}").depends_on
    assert grant.urn not in stack.one(POOL, "pool-general").depends_on


def test_two_pools_on_one_group_of_reservations_share_one_role() -> None:
    """Azure refuses a second assignment that says the same, and does not look at the case of ids."""
    (grant,) = capacity_grants(variants())
    assert all(grant.urn in variants().one(POOL, f"pool-{name}").depends_on for name in ("block", "shared"))
    assert variant("shared")["capacityReservationGroupID"] == SHARED


@pytest.mark.parametrize(
    "identifier", ["h100", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/acme-reserved", f"{CRG}/x"]
)
def test_a_reservation_that_is_not_named_by_its_full_id_is_a_problem(identifier: str) -> None:
    with pytest.raises(PlanError, match=r"capacity\.generate: found .*allowed: /subscriptions/<id>/resourceGroups"):
        build(plan("azure", (pool(0, "crg", identifier=identifier),)))


def test_aks_installs_nvidias_driver_and_none_on_amd() -> None:
    assert variant("fabric")["gpuProfile"] == {"driver": "Install"}
    assert variant("amd")["gpuProfile"] == {"driver": "None"}


def test_the_autoscaler_is_told_that_an_empty_pool_offers_amds_accelerators() -> None:
    """It counts every GPU of a size as NVIDIA's: no pod that asks for another's would ever make the pool grow."""
    hint = "k8s.io_cluster-autoscaler_node-template_resources_amd.com_gpu"
    assert variant("amd")["tags"][hint] == "8"
    assert not any("node-template" in key for key in variant("fabric")["tags"])


def test_a_cpu_pool_has_no_driver_and_grows_while_it_upgrades() -> None:
    inputs = plain().inputs(POOL, "pool-general")
    assert "gpuProfile" not in inputs
    assert inputs["upgradeSettings"] == {"maxSurge": "1"}


def test_an_accelerator_pool_upgrades_within_the_nodes_that_it_has() -> None:
    settings = made("on-demand")["upgradeSettings"]
    assert (settings["maxSurge"], settings["maxUnavailable"]) == ("0", "1")
    assert settings["undrainableNodeBehavior"] == "Cordon"
    assert settings["drainTimeoutInMinutes"] == 90  # Azure's half hour, and the longest stream


def test_a_spot_pool_says_nothing_of_upgrades() -> None:
    """AKS answers 400 to a pool of spot nodes with a surge, even one of none."""
    assert "upgradeSettings" not in made("spot")


def test_the_autoscalers_count_is_left_alone() -> None:
    """Azure's provider sends the whole pool with every update: a stale count would end running nodes."""
    stack = plain()
    for role in ("pool-general", "pool-generate0"):
        resource = stack.one(POOL, role)
        assert resource.ignore_changes == ("count",)
        assert resource.inputs["enableAutoScaling"] is True
        assert resource.inputs["minCount"] <= resource.inputs["count"] <= resource.inputs["maxCount"]
        assert resource.inputs["minCount"] == 0, "a minimum that rises above the count that the state knows is refused"
    assert stack.one(POOL, "pool-general").inputs["count"] > 0


def test_what_azure_never_changes_in_a_pool_makes_another_pool() -> None:
    resource = plain().one(POOL, "pool-generate0")
    assert {"vmSize", "osDiskSizeGB", "scaleSetPriority", "capacityReservationGroupID", "gpuProfile.driver"} <= set(
        resource.replace_on_changes
    )
    assert not any("_" in path for path in resource.replace_on_changes)  # matches nothing on the wire
    assert resource.delete_before_replace is True  # both would have the same name


def test_a_pool_without_accelerators_lies_in_the_zones_of_the_placement() -> None:
    """Gateway and stages without accelerators outlive a zone; machines of a pool that names none stand in any one."""
    assert other().inputs(POOL, "pool-general")["availabilityZones"] == ["1", "2", "3"]
    assert "availabilityZones" not in plain().inputs(POOL, "pool-general")


def test_infiniband_pools_get_no_zones_unless_they_are_reserved() -> None:
    """One scale set over zones has no common fabric; a reservation lies in its zone, and the pool must too."""
    assert "availabilityZones" not in variant("fabric")
    assert made("on-demand")["availabilityZones"] == ["1"]
    assert variant("block")["availabilityZones"] == ["1"]


def test_disks_are_managed_and_of_the_planned_size_because_no_source_says_what_fits() -> None:
    inputs = made("on-demand")
    assert (inputs["osDiskType"], inputs["osDiskSizeGB"]) == ("Managed", 500)
    assert inputs["osSKU"] == variant("unlisted")["osSKU"] == "Ubuntu"


def test_a_disk_is_never_larger_than_a_node_of_aks_can_have() -> None:
    assert variant("unlisted")["osDiskSizeGB"] == 2000


def test_a_stage_that_asks_for_more_disk_than_a_node_can_have_is_a_problem() -> None:
    data = spec_data("azure")
    data["stages"][1]["resources"] = {"disk": "3Ti"}
    with pytest.raises(PlanError, match=r"stages\[generate\]\.resources\.disk: found 3Ti; allowed: at most 2000 GiB"):
        build(plan("azure", (pool(0, "on-demand"),), spec=spec("azure", **data)))


@pytest.mark.parametrize("kind", KINDS)
def test_labels_lead_to_the_pool_and_taints_are_written_in_one_line(kind: str) -> None:
    handle = ladder().handle
    assert handle is not None
    binding = handle.pools[f"generate{KINDS.index(kind)}"]
    assert binding.selector.items() <= made(kind)["nodeLabels"].items()
    tolerated = {f"{each.key}={each.value}:{each.effect}" for each in binding.tolerations}
    assert tolerated == set(made(kind)["nodeTaints"])


def test_pool_names_are_the_plans_and_never_the_providers() -> None:
    names = {each.inputs["agentPoolName"] for each in ladder().graph.of_type(POOL)}
    assert names == {"general", "generate0", "generate1", "generate2", "generate3"}
    assert all(each.inputs["mode"] == "User" for each in ladder().graph.of_type(POOL))


def test_pools_follow_the_clusters_minor_version() -> None:
    pool = other().one(POOL, "pool-generate0")
    assert pool.inputs["orchestratorVersion"] == other().inputs(CLUSTER, "cluster")["kubernetesVersion"] == "1.36"
    assert "orchestratorVersion" not in pool.ignore_changes


def test_the_workload_waits_for_every_pool() -> None:
    stack = ladder()
    assert stack.handle is not None
    waited = {type(each).__name__ for each in stack.handle.ready}
    assert waited == {
        "AgentPool", "FederatedIdentityCredential", "ConfigMap", "BlobContainer", "RoleAssignment",
        "DataCollectionRuleAssociation", "PrometheusRuleGroup", "Workspace", "DiagnosticSetting",
        "PrivateDnsZoneGroup", "PrivateEndpoint", "VirtualNetworkLink",
    }  # fmt: skip
    assert sum(type(each).__name__ == "AgentPool" for each in stack.handle.ready) == len(stack.graph.of_type(POOL))
