"""What must hold of machines: nothing dangling, nothing that their cloud does not have."""

import pytest

from intertie import catalog

VENDORS = {"aws": ("nvidia", "neuron"), "azure": ("nvidia", "amd"), "gcp": ("nvidia", "google")}
FABRICS = {
    "aws": {"none", "efa"},
    "azure": {"none", "infiniband"},
    "gcp": {"none", "tcpx", "tcpxo", "roce", "ici"},
}


@pytest.mark.parametrize("cloud", catalog.CLOUDS)
def test_machines_have_accelerators_of_the_catalogue_or_none(cloud: str) -> None:
    for row in catalog.machines(cloud):
        if row.accelerator is None:
            assert (row.count, row.device_type, row.fabric) == (0, "", "none"), row.name
        else:
            assert catalog.accelerator(row.accelerator).vendor in VENDORS[cloud]
            assert row.count >= 1
        assert row.vcpus >= 2
        assert row.memory_gib >= 8
        assert row.arch in ("amd64", "arm64")


@pytest.mark.parametrize("cloud", catalog.CLOUDS)
def test_machines_list_kinds_that_their_cloud_has_a_rule_for(cloud: str) -> None:
    for row in catalog.machines(cloud):
        assert row.kinds
        assert len(set(row.kinds)) == len(row.kinds)
        for kind in row.kinds:
            assert catalog.kind_rule(cloud, kind), (row.name, kind)


@pytest.mark.parametrize("cloud", catalog.CLOUDS)
def test_fabrics_have_interfaces_and_machines_without_a_fabric_have_none(cloud: str) -> None:
    for row in catalog.machines(cloud):
        assert row.fabric in FABRICS[cloud]
        assert (row.fabric_nics > 0) == (row.fabric not in ("none", "ici")), row.name


@pytest.mark.parametrize("cloud", catalog.CLOUDS)
def test_there_are_cpu_machines_in_steps_for_system_and_cpu_pools(cloud: str) -> None:
    plain = [row for row in catalog.machines(cloud) if row.accelerator is None]
    assert {4, 8, 16, 32} <= {row.vcpus for row in plain}
    assert max(row.memory_gib / row.vcpus for row in plain) >= 8
    assert all("on-demand" in row.kinds for row in plain)


def test_node_images_follow_the_accelerator() -> None:
    for row in catalog.machines("aws"):
        vendor = catalog.accelerator(row.accelerator).vendor if row.accelerator else ""
        ending = {"nvidia": "NVIDIA", "neuron": "NEURON", "": "STANDARD"}[vendor]
        assert row.image == f"AL2023_x86_64_{ending}", row.name
    assert {row.image for row in catalog.machines("azure")} == {"Ubuntu"}
    assert {row.image for row in catalog.machines("gcp")} == {"COS_CONTAINERD"}


def test_only_google_machines_have_a_device_type_and_all_accelerated_ones_do() -> None:
    for row in catalog.machines():
        assert bool(row.device_type) == (row.cloud == "gcp" and row.accelerator is not None), row.name


def test_disk_types_are_those_of_the_cloud() -> None:
    allowed = {"aws": {"gp3"}, "azure": {"managed"}, "gcp": {"pd-balanced", "hyperdisk-balanced"}}
    for row in catalog.machines():
        assert row.disk_type in allowed[row.cloud], row.name
