"""The questions that the other rooms ask: what comes back, in which order, and what unknown looks like."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from intertie import catalog
from intertie.catalog import tables
from intertie.catalog.types import RuntimeImage


def test_machines_come_smallest_first() -> None:
    for cloud in (None, *catalog.CLOUDS):
        rows = catalog.machines(cloud)
        assert all(
            (one.count, one.vcpus, one.memory_gib) <= (two.count, two.vcpus, two.memory_gib)
            for one, two in pairwise(rows)
        )
    assert [row.name for row in catalog.machines("aws", "h100")] == ["p5.4xlarge", "p5.48xlarge"]
    assert [row.name for row in catalog.machines("azure")][:1] == ["Standard_D4s_v5"]


def test_machines_are_filtered_by_cloud_and_accelerator() -> None:
    assert {row.cloud for row in catalog.machines(accelerator="h200")} == {"aws", "azure", "gcp"}
    assert {row.accelerator for row in catalog.machines("gcp", "l4")} == {"l4"}
    assert catalog.machines("azure", "l4") == ()
    assert len(catalog.machines()) == sum(len(catalog.machines(cloud)) for cloud in catalog.CLOUDS)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: catalog.accelerator("h999"),
        lambda: catalog.machine("aws", "Standard_D4s_v5"),
        lambda: catalog.region("gcp", "us-east-1"),
        lambda: catalog.owner("gateway", "nowhere"),
        lambda: catalog.owner("driver", "azure", "neuron"),
        lambda: catalog.owner("driver", "aws"),
    ],
)
def test_what_has_a_name_and_is_not_there_is_a_key_error(ask) -> None:
    with pytest.raises(KeyError):
        ask()


def test_what_may_be_unknown_is_none_or_empty() -> None:
    assert catalog.offered("aws", "us-east-1", "no-such-machine") is None
    assert catalog.kind_rule("azure", "odcr") is None
    assert catalog.runtime_image("custom", "nvidia", "h100") is None
    assert catalog.runtime_options("custom") == frozenset()
    assert catalog.throughput("acme/model", "fp8", "h100") == ()
    assert catalog.model_shape("acme/model") is None
    assert catalog.tpu_topologies("h100") == ()
    assert catalog.offerings("aws", region="us-central1") == ()


def test_offerings_are_filtered_by_each_of_their_names() -> None:
    row = catalog.offered("gcp", "us-central1", "g2-standard-4")
    assert row in catalog.offerings("gcp")
    assert catalog.offerings("gcp", "g2-standard-4", "us-central1") == (row,)
    assert {one.region for one in catalog.offerings(machine="g2-standard-4")} > {"us-central1"}
    assert {one.cloud for one in catalog.offerings(region="us-central1")} == {"gcp"}


def test_an_owner_of_a_component_that_is_the_same_for_all_is_found_for_any_vendor() -> None:
    assert catalog.owner("gateway", "aws") == catalog.owner("gateway", "aws", "neuron")


def test_topologies_come_with_fewest_chips_first_and_of_one_shape_fewest_machines_first() -> None:
    shapes = catalog.tpu_topologies("tpu-v6e")
    assert [(row.chips, row.hosts) for row in shapes] == sorted((row.chips, row.hosts) for row in shapes)
    assert [row.machine for row in shapes if row.topology == "2x4"] == ["ct6e-standard-8t", "ct6e-standard-4t"]


def test_an_image_for_one_accelerator_is_preferred_to_one_for_all_of_the_vendor(monkeypatch) -> None:
    everyone = RuntimeImage("vllm", "neuron", "a", "1", (), (), ("bf16",), catalog.Fact("s", "2026-01-01"))
    named = replace(everyone, image="b", accelerators=("trainium2",))
    monkeypatch.setattr(tables, "runtime_images", lambda: (everyone, named))
    assert catalog.runtime_image("vllm", "neuron", "trainium2") == named
    assert catalog.runtime_image("vllm", "neuron", "trainium1") == everyone
    monkeypatch.setattr(tables, "runtime_images", lambda: (named,))
    assert catalog.runtime_image("vllm", "neuron", "trainium1") is None


def test_options_are_those_of_the_release_that_the_image_holds() -> None:
    for row in tables.runtime_images():
        if row.runtime != "triton":
            assert any(option.startswith("--model") for option in catalog.runtime_options(row.runtime, row.version))
            assert catalog.runtime_options(row.runtime, row.version) <= catalog.runtime_options(row.runtime)
    assert catalog.runtime_options("vllm", "0.0.0") == frozenset()


def test_a_row_as_json_has_its_source_beside_its_fields() -> None:
    data = catalog.row_json(catalog.accelerator("h100"))
    assert (data["name"], data["usable_mib"]) == ("h100", catalog.accelerator("h100").usable_mib)
    assert data["source"]
    assert data["as_of"] == "2026-11-22"
    assert "fact" not in data
    json.dumps(data)


def test_the_kubernetes_version_is_a_minor_version() -> None:
    major, minor = catalog.KUBERNETES.split(".")
    assert (major, int(minor) >= 35) == ("1", True)


def test_the_catalogue_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from intertie import catalog\n"
        "catalog.offerings(); catalog.regions(); catalog.runtime_options('vllm')\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'intertie'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
