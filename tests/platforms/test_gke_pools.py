"""Node pools: how each kind of capacity is asked for, what nodes carry, and who counts them."""

import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie import catalog
from intertie.contract import Toleration
from intertie.graph import check
from intertie.plan import Taint
from intertie.platforms.gke import pools, reservation
from support.building import build
from support.gke import KINDS, POOL, ZONE, ladder, made, placed, pool, rendered, tpu_pool
from support.plans import claim, cpu_pool

UNKNOWN = "europe-north9"
"""A region of which no source says which machine types it has."""
GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
SPOT = {"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NO_SCHEDULE"}


def step(kind: str) -> dict:
    """Inputs of the ladder's pool of this kind."""
    return dict(made(ladder(), f"generate{KINDS.index(kind)}").inputs)


@cache
def every_machine() -> dict[str, dict]:
    """The node configuration of a pool of each machine type that has accelerators; one stack holds them all."""
    rows = [row for row in catalog.machines("gcp") if row.accelerator]
    planned = [
        (pool if catalog.accelerator(row.accelerator or "").vendor == "nvidia" else tpu_pool)(
            "spot", name=f"p{number}", machine=row.name, per_node=row.count, fabric=row.fabric, max_nodes=1
        )
        for number, row in enumerate(rows)
    ]
    built = build(placed(*planned))
    assert check(built.graph) == ()
    return {one.machine: made(built, one.name).inputs["nodeConfig"] for one in planned}


def test_on_demand_uses_up_no_reservation_of_others() -> None:
    for kind in ("on-demand", "spot", "flex-start"):
        assert step(kind)["nodeConfig"]["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}, kind
    for name in ("system", "general"):
        affinity = made(ladder(), name).inputs["nodeConfig"]["reservationAffinity"]
        assert affinity == {"consumeReservationType": "NO_RESERVATION"}


@pytest.mark.parametrize("kind", ["reservation", "future-reservation"])
def test_reserved_machines_are_asked_for_by_name_in_their_zone(kind) -> None:
    assert step(kind)["nodeConfig"]["reservationAffinity"] == {
        "consumeReservationType": "SPECIFIC_RESERVATION",
        "key": "compute.googleapis.com/reservation-name",
        "values": ["gpus"],
    }
    assert step(kind)["nodeLocations"] == [ZONE]
    assert step(kind)["autoscaling"]["locationPolicy"] == "ANY"


def test_spot_nodes_carry_a_taint_that_gke_does_not_add() -> None:
    node = step("spot")["nodeConfig"]
    assert node["spot"] is True
    assert SPOT in node["taints"]
    assert all("spot" not in step(kind)["nodeConfig"] for kind in KINDS if kind != "spot")
    assert all(SPOT not in step(kind)["nodeConfig"]["taints"] for kind in KINDS if kind != "spot")


def test_flex_start_nodes_are_queued_for_run_out_and_are_not_repaired() -> None:
    inputs = step("flex-start")
    assert inputs["nodeConfig"]["flexStart"] is True
    assert inputs["nodeConfig"]["maxRunDuration"] == "604800s"
    assert inputs["management"] == {"autoRepair": False, "autoUpgrade": True}
    assert inputs["initialNodeCount"] == 0
    assert inputs["autoscaling"]["totalMinNodeCount"] == 0
    assert "upgradeSettings" not in inputs
    assert "placementPolicy" not in inputs
    others = [step(kind)["nodeConfig"] for kind in KINDS if kind != "flex-start"]
    assert not any("flexStart" in node or "maxRunDuration" in node for node in others)


def test_pools_in_a_release_channel_upgrade_themselves_one_accelerator_node_after_another() -> None:
    for node_pool in ladder().graph.of_type(POOL):
        assert node_pool.inputs["management"]["autoUpgrade"] is True
        started = node_pool.inputs["nodeConfig"].get("flexStart") or False
        assert node_pool.inputs["management"]["autoRepair"] is not started
    assert step("on-demand")["upgradeSettings"] == {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": 1}
    general = made(ladder(), "general").inputs["upgradeSettings"]
    assert (general["maxSurge"], general["maxUnavailable"]) == (1, 0)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("gpus", "gpus"),
        ("reservations/gpus", "gpus"),
        ("projects/acme-capacity/reservations/gpus", "projects/acme-capacity/reservations/gpus"),
        ("projects/acme-capacity/zones/europe-west4-b/reservations/gpus", "projects/acme-capacity/reservations/gpus"),
        (
            "https://www.googleapis.com/compute/v1/projects/acme-capacity/zones/europe-west4-b/reservations/gpus",
            "projects/acme-capacity/reservations/gpus",
        ),
        ("gpus/reservationBlocks/b-1", "gpus/reservationBlocks/b-1"),
        (
            "projects/acme-capacity/reservations/gpus/reservationBlocks/b-1",
            "projects/acme-capacity/reservations/gpus/reservationBlocks/b-1",
        ),
    ],
)
def test_a_reservation_is_written_as_gke_reads_it(written, wanted) -> None:
    rule = catalog.kind_rule("gcp", "reservation")
    assert rule is not None
    assert re.fullmatch(rule.id_pattern, written), "the plan would not let it through"
    assert reservation.reference(claim("reservation", id=written)) == wanted


@pytest.mark.parametrize("machine", [row.name for row in catalog.machines("gcp") if row.accelerator])
def test_every_machine_of_the_catalogue_becomes_a_pool_of_its_own_type(machine) -> None:
    row, node = catalog.machine("gcp", machine), every_machine()[machine]
    assert (node["machineType"], node["diskType"], node["imageType"]) == (machine, row.disk_type, row.image)
    if catalog.accelerator(row.accelerator or "").vendor == "nvidia":
        (gpu,) = node["guestAccelerators"]
        assert (gpu["type"], gpu["count"]) == (row.device_type, row.count)
        assert gpu["gpuDriverInstallationConfig"] == {"gpuDriverVersion": "DEFAULT"}
        assert GPU in node["taints"]
    else:
        assert "guestAccelerators" not in node
        assert "google.com/tpu" not in [taint["key"] for taint in node["taints"]]


@pytest.mark.parametrize(
    ("machine", "disks"),
    [
        ("a2-ultragpu-1g", 1),
        ("a2-ultragpu-8g", 8),
        ("a3-highgpu-8g", 16),
        ("a3-ultragpu-8g", 32),
        ("a4-highgpu-8g", 32),
    ],
)
def test_local_disks_that_a_machine_always_has_are_counted_as_they_are(machine, disks) -> None:
    assert every_machine()[machine]["ephemeralStorageLocalSsdConfig"] == {"localSsdCount": disks}


def test_a_machine_without_local_disks_asks_for_none() -> None:
    assert "ephemeralStorageLocalSsdConfig" not in every_machine()["g2-standard-4"]


@pytest.mark.parametrize("machine", ["a3-ultragpu-8g", "a4-highgpu-8g", "ct6e-standard-4t"])
def test_machines_that_refuse_persistent_disks_boot_from_hyperdisks(machine) -> None:
    assert every_machine()[machine]["diskType"] == "hyperdisk-balanced"


def test_limits_are_totals_and_never_per_zone() -> None:
    for node_pool in ladder().graph.of_type(POOL):
        limits = node_pool.inputs["autoscaling"]
        assert {"totalMinNodeCount", "totalMaxNodeCount", "locationPolicy"} == set(limits)
        assert "nodeCount" not in node_pool.inputs


def test_the_autoscalers_numbers_are_left_alone_in_wire_names() -> None:
    for node_pool in ladder().graph.of_type(POOL):
        assert node_pool.ignore_changes == ("initialNodeCount", "nodeCount")


@given(nodes=st.integers(0, 200), zones=st.integers(0, 4))
def test_cpu_pools_start_with_no_fewer_nodes_and_accelerators_with_no_more(nodes, zones) -> None:
    spread = zones or 3
    cpu = pools._initial(replace(cpu_pool("gcp", "cpu"), initial_nodes=nodes), zones)
    accelerated = pools._initial(pool(initial_nodes=nodes), zones)
    assert cpu * spread >= nodes > (cpu - 1) * spread or cpu == nodes == 0
    assert accelerated * spread <= nodes < (accelerated + 1) * spread


def test_accelerator_pools_name_their_zones_and_cpu_pools_those_of_the_cluster() -> None:
    three = ("europe-west4-a", "europe-west4-b", "europe-west4-c")
    built = build(placed(pool(), zones=three))
    assert made(built).inputs["nodeLocations"] == [ZONE]
    assert (made(built).inputs["initialNodeCount"], made(built, "general").inputs["initialNodeCount"]) == (1, 1)
    assert made(built, "general").inputs["nodeLocations"] == list(three)
    assert "nodeLocations" not in made(build(placed(pool())), "general").inputs


def test_a_zone_that_a_source_shows_is_used_where_none_is_named() -> None:
    offering = catalog.offered("gcp", "europe-west4", "ct6e-standard-4t")
    assert offering is not None
    assert offering.zones
    assert rendered(tpu_pool(zones=()))["nodeLocations"] == list(offering.zones)


def test_zones_that_nobody_knows_are_said_to_be_unknown() -> None:
    built = build(placed(pool(zones=()), region=UNKNOWN))
    (message,) = built.graph.messages
    assert message.severity == "warning"
    assert f"no source says which zones of {UNKNOWN} have a2-highgpu-1g" in message.text
    assert "name `zones` in placement here" in message.text


def test_accelerator_pools_come_after_the_system_pool() -> None:
    """GKE's own taint and the place of its system pods depend on which pool was first."""
    for rank in range(len(KINDS)):
        assert made(ladder(), "system").urn in made(ladder(), f"generate{rank}").depends_on


def test_nodes_do_not_lend_pods_their_identity() -> None:
    for node_pool in ladder().graph.of_type(POOL):
        node = node_pool.inputs["nodeConfig"]
        assert node["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert node["shieldedInstanceConfig"] == {"enableIntegrityMonitoring": True, "enableSecureBoot": True}
        assert node["gvnic"] == {"enabled": True}
        account = ladder().one("gcp:serviceaccount/account:Account", "nodes-account").urn
        assert account in node_pool.property_dependencies["nodeConfig"]


def test_every_taint_has_a_value_and_gkes_spelling_of_the_effect() -> None:
    for node_pool in ladder().graph.of_type(POOL):
        for taint in node_pool.inputs["nodeConfig"].get("taints", []):
            assert taint["value"]
            assert taint["effect"] in ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


def test_the_gpu_taint_is_declared_even_if_the_plan_forgets_it_and_never_twice() -> None:
    assert rendered(pool(taints=()))["nodeConfig"]["taints"] == [GPU]
    assert rendered(pool())["nodeConfig"]["taints"] == [GPU]


@pytest.mark.parametrize("kind", ["on-demand", "spot", "flex-start", "reservation"])
@pytest.mark.parametrize("one", [pool, tpu_pool])
def test_pods_tolerate_every_taint_of_their_pool(one, kind) -> None:
    planned = one(kind)
    tolerated = {(each.key, each.value, each.effect) for each in pools.binding(planned).tolerations}
    declared = {(t["key"], t["value"]) for t in rendered(planned)["nodeConfig"].get("taints", [])}
    by_itself = {("google.com/tpu", "present")} if planned.vendor == "google" else set()
    assert {pair[:2] for pair in tolerated} == declared | by_itself


def test_a_tpu_taint_that_gke_adds_by_itself_is_not_declared() -> None:
    planned = tpu_pool(taints=(Taint("google.com/tpu", "present", "NoSchedule"),))
    assert "taints" not in rendered(planned)["nodeConfig"]
    assert pools.binding(planned).tolerations == (Toleration("google.com/tpu", "Equal", "present", "NoSchedule"),)


def test_pods_find_their_pool_and_tpu_pods_say_which_chips_they_want() -> None:
    assert pools.binding(pool()).selector == {"intertie.dev/pool": "generate0"}
    assert pools.binding(tpu_pool(hosts=2)).selector == {
        "intertie.dev/pool": "generate0",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
        "cloud.google.com/gke-tpu-topology": "2x4",
    }
    for planned in (pool(), tpu_pool()):
        labels = rendered(planned)["nodeConfig"]["labels"]
        assert labels["intertie.dev/pool"] == "generate0"
