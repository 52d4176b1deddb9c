"""Facts that others build on, as literal values from the clouds' own documents."""

import re

import pytest

from intertie import catalog


@pytest.mark.parametrize(
    ("cloud", "name", "expected"),
    [
        ("aws", "g4dn.12xlarge", ("t4", 4, 48, 192, "efa", 1)),
        ("aws", "g5.xlarge", ("a10g", 1, 4, 16, "none", 0)),
        ("aws", "g6.12xlarge", ("l4", 4, 48, 192, "efa", 1)),
        ("aws", "g6e.48xlarge", ("l40s", 8, 192, 1536, "efa", 4)),
        ("aws", "p4d.24xlarge", ("a100-40gb", 8, 96, 1152, "efa", 4)),
        ("aws", "p4de.24xlarge", ("a100-80gb", 8, 96, 1152, "efa", 4)),
        ("aws", "p5.4xlarge", ("h100", 1, 16, 256, "efa", 1)),
        ("aws", "p5.48xlarge", ("h100", 8, 192, 2048, "efa", 32)),
        ("aws", "p5e.48xlarge", ("h200", 8, 192, 2048, "efa", 32)),
        ("aws", "p5en.48xlarge", ("h200", 8, 192, 2048, "efa", 16)),
        ("aws", "p6-b200.48xlarge", ("b200", 8, 192, 2048, "efa", 8)),
        ("aws", "inf2.48xlarge", ("inferentia2", 12, 192, 768, "none", 0)),
        ("aws", "trn1.32xlarge", ("trainium1", 16, 128, 512, "efa", 8)),
        ("aws", "trn1n.32xlarge", ("trainium1", 16, 128, 512, "efa", 16)),
        ("aws", "trn2.48xlarge", ("trainium2", 16, 192, 2048, "efa", 16)),
        ("azure", "Standard_NC64as_T4_v3", ("t4", 4, 64, 440, "none", 0)),
        ("azure", "Standard_NV72ads_A10_v5", ("a10", 2, 72, 880, "none", 0)),
        ("azure", "Standard_ND96asr_v4", ("a100-40gb", 8, 96, 900, "infiniband", 8)),
        ("azure", "Standard_NC24ads_A100_v4", ("a100-80gb", 1, 24, 220, "none", 0)),
        ("azure", "Standard_NC40ads_H100_v5", ("h100-nvl", 1, 40, 320, "none", 0)),
        ("azure", "Standard_ND96isr_H100_v5", ("h100", 8, 96, 1900, "infiniband", 8)),
        ("azure", "Standard_ND96isr_H200_v5", ("h200", 8, 96, 1850, "infiniband", 8)),
        ("azure", "Standard_ND96isr_MI300X_v5", ("mi300x", 8, 96, 1850, "infiniband", 8)),
        ("gcp", "n1-standard-4", ("t4", 1, 4, 15, "none", 0)),
        ("gcp", "g2-standard-24", ("l4", 2, 24, 96, "none", 0)),
        ("gcp", "a2-megagpu-16g", ("a100-40gb", 16, 96, 1360, "none", 0)),
        ("gcp", "a2-ultragpu-8g", ("a100-80gb", 8, 96, 1360, "none", 0)),
        ("gcp", "a3-highgpu-1g", ("h100", 1, 26, 234, "none", 0)),
        ("gcp", "a3-highgpu-8g", ("h100", 8, 208, 1872, "tcpx", 4)),
        ("gcp", "a3-megagpu-8g", ("h100", 8, 208, 1872, "tcpxo", 8)),
        ("gcp", "a3-ultragpu-8g", ("h200", 8, 224, 2952, "roce", 8)),
        ("gcp", "a4-highgpu-8g", ("b200", 8, 224, 3968, "roce", 8)),
        ("gcp", "ct5lp-hightpu-4t", ("tpu-v5e", 4, 112, 192, "ici", 0)),
        ("gcp", "ct6e-standard-8t", ("tpu-v6e", 8, 180, 1440, "ici", 0)),
    ],
)
def test_machine_types_are_what_the_clouds_say(cloud: str, name: str, expected: tuple[str | int, ...]) -> None:
    row = catalog.machine(cloud, name)
    assert (row.accelerator, row.count, row.vcpus, row.memory_gib, row.fabric, row.fabric_nics) == expected


@pytest.mark.parametrize(
    ("machine", "device_type", "disk_type", "local_disk_gib"),
    [
        ("n1-standard-4", "nvidia-tesla-t4", "pd-balanced", 0),
        ("g2-standard-4", "nvidia-l4", "pd-balanced", 0),
        ("a2-highgpu-1g", "nvidia-tesla-a100", "pd-balanced", 0),
        ("a2-ultragpu-2g", "nvidia-a100-80gb", "pd-balanced", 750),
        ("a3-highgpu-8g", "nvidia-h100-80gb", "pd-balanced", 6000),
        ("a3-megagpu-8g", "nvidia-h100-mega-80gb", "pd-balanced", 6000),
        ("a3-ultragpu-8g", "nvidia-h200-141gb", "hyperdisk-balanced", 12000),
        ("a4-highgpu-8g", "nvidia-b200", "hyperdisk-balanced", 12000),
        ("ct5lp-hightpu-4t", "tpu-v5-lite-podslice", "pd-balanced", 0),
        ("ct6e-standard-4t", "tpu-v6e-slice", "hyperdisk-balanced", 0),
    ],
)
def test_google_device_and_disk_types_are_the_exact_strings(
    machine: str, device_type: str, disk_type: str, local_disk_gib: int
) -> None:
    row = catalog.machine("gcp", machine)
    assert (row.device_type, row.disk_type, row.local_disk_gib) == (device_type, disk_type, local_disk_gib)


def test_an_accelerator_that_one_cloud_alone_has_is_not_claimed_for_others() -> None:
    where = {
        row.name: {machine.cloud for machine in catalog.machines(accelerator=row.name)}
        for row in catalog.accelerators()
    }
    assert where == {
        "t4": {"aws", "azure", "gcp"},
        "a10g": {"aws"},
        "a10": {"azure"},
        "l4": {"aws", "gcp"},
        "l40s": {"aws"},
        "a100-40gb": {"aws", "azure", "gcp"},
        "a100-80gb": {"aws", "azure", "gcp"},
        "h100": {"aws", "azure", "gcp"},
        "h100-nvl": {"azure"},
        "h200": {"aws", "azure", "gcp"},
        "b200": {"aws", "gcp"},
        "mi300x": {"azure"},
        "inferentia2": {"aws"},
        "trainium1": {"aws"},
        "trainium2": {"aws"},
        "tpu-v5e": {"gcp"},
        "tpu-v6e": {"gcp"},
    }


def test_capacity_blocks_exist_for_the_families_that_aws_lists() -> None:
    with_blocks = {row.name for row in catalog.machines("aws") if "capacity-block" in row.kinds}
    assert with_blocks == {
        "p4d.24xlarge", "p5.4xlarge", "p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge", "p6-b200.48xlarge",
        "trn1.32xlarge", "trn2.48xlarge",
    }  # fmt: skip


def test_machines_without_a_published_on_demand_price_are_not_on_demand() -> None:
    assert {row.name for row in catalog.machines("aws") if "on-demand" not in row.kinds} == {
        "p5e.48xlarge", "trn2.3xlarge", "trn2.48xlarge",
    }  # fmt: skip


def test_azure_reserves_the_sizes_that_its_reservation_overview_lists() -> None:
    reservable = {row.name for row in catalog.machines("azure") if row.accelerator and "crg" in row.kinds}
    assert all(re.search(r"_T4_v3|_A10_v5|NC\d+ads_A100_v4", name) for name in reservable)
    for name in ("Standard_ND96isr_H100_v5", "Standard_NC40ads_H100_v5", "Standard_ND96asr_v4"):
        assert "crg" not in catalog.machine("azure", name).kinds  # ND series, NCads H100 v5: "not currently available"


def test_azure_block_reservations_are_known_for_one_size_only() -> None:
    assert [row.name for row in catalog.machines("azure") if "azure-block" in row.kinds] == ["Standard_ND96isr_H100_v5"]


def test_google_sells_its_newest_and_its_small_h100_machines_in_no_plain_way() -> None:
    for name in ("a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g"):
        assert catalog.machine("gcp", name).kinds == ("spot", "flex-start")
    for name in ("a3-ultragpu-8g", "a4-highgpu-8g"):
        assert catalog.machine("gcp", name).kinds == ("spot", "reservation", "future-reservation", "flex-start")


@pytest.mark.parametrize(
    ("cloud", "kind", "needs_zone", "needs_window", "max_days"),
    [
        ("aws", "on-demand", False, False, None),
        ("aws", "odcr", True, False, None),
        ("aws", "capacity-block", True, True, 182),
        ("azure", "crg", False, False, None),
        ("azure", "azure-block", False, True, None),
        ("gcp", "reservation", True, False, None),
        ("gcp", "future-reservation", True, True, None),
        ("gcp", "flex-start", False, False, 7),
    ],
)
def test_kinds_ask_for_what_their_cloud_asks_for(
    cloud: str, kind: str, needs_zone: bool, needs_window: bool, max_days: int | None
) -> None:
    rule = catalog.kind_rule(cloud, kind)
    assert rule
    assert (rule.needs_zone, rule.needs_window, rule.max_days) == (needs_zone, needs_window, max_days)


GROUP = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/capacity"
    "/providers/Microsoft.Compute/capacityReservationGroups/h100"
)


@pytest.mark.parametrize(
    ("cloud", "kind", "good", "bad"),
    [
        ("aws", "odcr", ("cr-0abc", "cr-0123456789abcdef0"), ("cr-", "cr-xyz", "fr-0abc", "cr-0abc ")),
        ("aws", "capacity-block", ("cr-0abc",), ("cb-0abc", "cr-0ABC")),
        ("azure", "crg", (GROUP, GROUP.lower()), ("h100", GROUP + "/x", GROUP.replace("Compute", "Network"))),
        ("azure", "azure-block", (GROUP,), ("cr-0abc", GROUP.rsplit("/", 1)[0])),
        (
            "gcp",
            "reservation",
            ("h100", "projects/acme/reservations/h100", "projects/acme/reservations/h100/reservationBlocks/b-1",
             "projects/acme/zones/europe-west4-b/reservations/h100",
             "https://compute.example.com/compute/v1/projects/acme/zones/us-central1-a/reservations/h100"),
            ("H100", "1h", "projects/acme/h100", "h100/", "-h100", "cr_0abc"),
        ),
        ("gcp", "future-reservation", ("may-launch",), ("May-launch", "may_launch", "")),
    ],
)  # fmt: skip
def test_identifiers_of_reserved_capacity_are_told_from_others(
    cloud: str, kind: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    rule = catalog.kind_rule(cloud, kind)
    assert rule
    for text in good:
        assert re.fullmatch(rule.id_pattern, text), text
    for text in bad:
        assert not re.fullmatch(rule.id_pattern, text), text


@pytest.mark.parametrize(
    ("component", "cloud", "vendor", "owner"),
    [
        ("driver", "aws", "nvidia", "cloud"),
        ("driver", "aws", "neuron", "cloud"),
        ("driver", "azure", "nvidia", "addon"),
        ("driver", "azure", "amd", "intertie"),
        ("driver", "gcp", "nvidia", "cloud"),
        ("driver", "gcp", "google", "cloud"),
        ("driver", "other", "nvidia", "cloud"),
        ("device-plugin", "aws", "nvidia", "intertie"),
        ("device-plugin", "aws", "neuron", "intertie"),
        ("device-plugin", "azure", "nvidia", "intertie"),
        ("device-plugin", "gcp", "nvidia", "cloud"),
        ("device-plugin", "gcp", "google", "cloud"),
        ("taint", "gcp", "nvidia", "intertie"),
        ("taint", "gcp", "google", "cloud"),
        ("autoscaler", "aws", "nvidia", "intertie"),
        ("autoscaler", "azure", "nvidia", "cloud"),
        ("autoscaler", "gcp", "google", "cloud"),
        ("scaler", "azure", "amd", "intertie"),
        ("scaler", "aws", "nvidia", "intertie"),
        ("gateway", "gcp", "nvidia", "intertie"),
        ("efa-device-plugin", "aws", "neuron", "intertie"),
    ],
)
def test_components_have_the_owner_that_the_cloud_documents(
    component: str, cloud: str, vendor: str, owner: str
) -> None:
    assert catalog.owner(component, cloud, vendor).owner == owner


@pytest.mark.parametrize(
    ("cloud", "region", "jurisdiction"),
    [
        ("aws", "us-east-1", "us"),
        ("aws", "eu-central-1", "eu"),
        ("aws", "eu-central-2", "ch"),
        ("aws", "eu-west-2", "uk"),
        ("azure", "swedencentral", "eu"),
        ("azure", "norwayeast", "no"),
        ("azure", "switzerlandnorth", "ch"),
        ("azure", "japaneast", "jp"),
        ("gcp", "europe-west4", "eu"),
        ("gcp", "europe-west6", "ch"),
        ("gcp", "europe-west2", "uk"),
        ("gcp", "northamerica-northeast1", "ca"),
    ],
)
def test_regions_are_under_the_law_of_their_country(cloud: str, region: str, jurisdiction: str) -> None:
    assert catalog.region(cloud, region).jurisdiction == jurisdiction


def test_zones_of_google_machines_are_those_of_its_own_list() -> None:
    offering = catalog.offered("gcp", "europe-west4", "a3-highgpu-8g")
    assert offering
    assert offering.zones == ("europe-west4-b", "europe-west4-c")
    assert catalog.region("gcp", "us-central1").zones == (
        "us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cloud", "region", "machine"),
    [
        ("aws", "us-east-1", "p5.48xlarge"),
        ("aws", "us-east-1", "m7i.xlarge"),
        ("azure", "swedencentral", "Standard_ND96isr_H100_v5"),
        ("gcp", "europe-west4", "ct6e-standard-4t"),
        ("gcp", "us-central1", "g2-standard-4"),
    ],
)
def test_well_known_machines_are_offered_where_they_are_sold(cloud: str, region: str, machine: str) -> None:
    assert catalog.offered(cloud, region, machine)


def test_the_published_figure_for_a_70b_model_on_h100_is_per_accelerator() -> None:
    rows = catalog.throughput("meta-llama/Llama-3.3-70B-Instruct", "fp8", "h100")
    assert {(row.input_tokens, row.output_tokens, row.per_instance, row.tokens_per_second) for row in rows} >= {
        (1000, 1000, 2, 2209.0),
        (8192, 1024, 2, 398.0),
    }
