"""What must hold between the tables: no dangling names, no duplicates, no gaps, no impossible numbers."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from intertie import catalog
from intertie.catalog import prices, reading, tables
from intertie.platforms.gke.fabric import GIB
from intertie.workload.agents import agents

DATA = Path(catalog.__file__).parent / "data"
TABLES: dict[str, tuple[type, tuple[str, ...]]] = {
    "accelerators": (catalog.Accelerator, ("name",)),
    "cached_registries": (catalog.CachedRegistry, ("cloud", "host")),
    "capacity_products": (prices.CapacityProduct, ("cloud", "product")),
    "carbon": (prices.Carbon, ("cloud", "region")),
    "commitments": (prices.CommitmentPrice, ("cloud", "family", "product", "days", "payment")),
    "list_prices": (prices.ListPrice, ("cloud", "machine", "region", "kind")),
    "power": (prices.Power, ("accelerator", "machine_prefix")),
    "pue": (prices.Pue, ("cloud",)),
    "service_prices": (prices.ServicePrice, ("cloud", "region", "service", "least")),
    "spot_risk": (prices.SpotRisk, ("cloud", "machine", "region")),
    "image_digests": (tables.ImageDigest, ("image",)),
    "kind_rules": (catalog.KindRule, ("cloud", "kind")),
    "machines": (catalog.Machine, ("cloud", "name")),
    "model_shapes": (catalog.ModelShape, ("id",)),
    "offerings": (catalog.Offering, ("cloud", "region", "machine")),
    "ownership": (catalog.Ownership, ("component", "cloud", "vendor")),
    "quotas": (catalog.Quota, ("cloud", "machines", "market", "code")),
    "regions": (catalog.Region, ("cloud", "name")),
    "runtime_images": (catalog.RuntimeImage, ("runtime", "vendor", "accelerators")),
    "runtime_options": (tables.RuntimeOption, ("runtime", "version", "option")),
    "throughput": (
        catalog.Throughput,
        ("model", "precision", "accelerator", "input_tokens", "output_tokens", "kind", "fact"),
    ),
    "tpu_topologies": (catalog.TpuTopology, ("accelerator", "topology", "machine")),
}
"""Every data file: what its rows are, and what makes a row one of its kind."""

KINDS = {
    "aws": {"on-demand", "spot", "odcr", "capacity-block"},
    "azure": {"on-demand", "spot", "crg", "azure-block"},
    "gcp": {"on-demand", "spot", "reservation", "future-reservation", "flex-start"},
    "other": {"on-demand"},
}
VENDORS = {
    "aws": ("nvidia", "neuron"),
    "azure": ("nvidia", "amd"),
    "gcp": ("nvidia", "google"),
    "other": ("nvidia", "amd"),
}
COMPONENTS = (
    "driver", "device-plugin", "taint", "label", "autoscaler", "metrics-exporter", "gateway", "scaler", "lws",
    "metrics-server", "log-collector", "inference-pool",
)  # fmt: skip
OLDEST = {"carbon": date(2022, 1, 1), "commitments": date(2023, 1, 1), "service_prices": date(2023, 1, 1)}
"""Tables whose sources are old: prices of theirs are shown with their age."""


def twice(keys: Iterable[Any]) -> list[Any]:
    return [key for key, times in Counter(keys).items() if times > 1]


def test_every_data_file_is_one_of_the_tables() -> None:
    assert {path.stem for path in DATA.iterdir()} == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_and_the_day_it_was_read(name: str) -> None:
    rows = reading.load(name, TABLES[name][0])
    assert rows
    for row in rows:
        assert row.fact.source.strip()
        assert OLDEST.get(name, date(2024, 1, 1)) <= date.fromisoformat(row.fact.as_of) <= date(2026, 12, 31)


@pytest.mark.parametrize("name", TABLES)
def test_no_table_says_a_thing_twice(name: str) -> None:
    kind, key = TABLES[name]
    assert not twice(tuple(getattr(row, field) for field in key) for row in reading.load(name, kind))


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_plain_unix_csv(name: str) -> None:
    text = (DATA / f"{name}.csv").read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    text.decode("ascii" if name not in ("runtime_images",) else "utf-8")


def test_sources_name_public_places_and_no_path_of_a_machine() -> None:
    for name in TABLES:
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert not re.search(r"/work|/tmp|/home|shared/", row["source"]), row


def test_a_program_can_never_use_more_memory_than_the_accelerator_has() -> None:
    for row in catalog.accelerators():
        assert 0.85 * row.nominal_gb * 1000 < row.usable_mib < row.nominal_gb * 1024, row.name


def test_usable_memory_is_below_what_the_nodes_are_labelled_with() -> None:
    # gpu memory labels of Karpenter, which come from EC2's own description of the instance types
    labels = {
        "t4": 16384, "a10g": 22888, "l4": 22888, "l40s": 45776, "a100-40gb": 40960, "a100-80gb": 81920,
        "h100": 81920, "h200": 144384, "b200": 183359,
    }  # fmt: skip
    for name, label in labels.items():
        assert 0.9 * label < catalog.accelerator(name).usable_mib < label, name


def test_vendors_go_with_their_resource_names() -> None:
    assert {(row.vendor, row.resource) for row in catalog.accelerators()} == {
        ("nvidia", "nvidia.com/gpu"),
        ("amd", "amd.com/gpu"),
        ("neuron", "aws.amazon.com/neuron"),
        ("google", "google.com/tpu"),
    }


def test_precisions_are_words_that_a_description_may_use() -> None:
    from intertie.spec.model import Precision

    words = {str(precision) for precision in Precision}
    for row in catalog.accelerators():
        assert set(row.precisions) <= words
    for row in tables.runtime_images():
        assert set(row.precisions) <= words
    assert {row.precision for row in reading.load("throughput", catalog.Throughput)} <= words


def test_every_accelerator_is_sold_by_someone() -> None:
    for row in catalog.accelerators():
        assert catalog.machines(accelerator=row.name), row.name


def test_every_offering_is_of_a_machine_and_a_region_that_exist() -> None:
    for row in catalog.offerings():
        catalog.machine(row.cloud, row.machine)
        assert set(row.zones) <= set(catalog.region(row.cloud, row.region).zones), row


def test_every_accelerator_of_a_cloud_is_offered_somewhere_there_or_the_gap_is_known() -> None:
    offered = {(row.cloud, catalog.machine(row.cloud, row.machine).accelerator) for row in catalog.offerings()}
    sold = {(row.cloud, row.accelerator) for row in catalog.machines() if row.accelerator}
    assert sold - offered == {("gcp", "t4")}


def test_region_names_and_zones_follow_the_grammar_of_their_cloud() -> None:
    for row in catalog.regions():
        if row.cloud == "aws":
            assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", row.name)
            assert row.zones == ()  # aliases of the account
        elif row.cloud == "azure":
            assert re.fullmatch(r"[a-z]+\d?", row.name)
            assert row.zones in ((), ("1", "2", "3"))
        else:
            assert re.fullmatch(r"[a-z]+-[a-z]+\d+", row.name)
            assert len(row.zones) >= 3
            assert all(re.fullmatch(rf"{row.name}-[a-z]", zone) for zone in row.zones)


def test_jurisdictions_are_words_that_residency_may_use() -> None:
    for row in catalog.regions():
        assert re.fullmatch(r"[a-z]{2}", row.jurisdiction)
        assert row.place


def test_european_regions_outside_the_union_are_not_under_its_law() -> None:
    outside = {"Norway": "no", "Switzerland": "ch", "United Kingdom": "uk"}
    for row in catalog.regions():
        country = row.place.rpartition(", ")[2]
        if country in outside:
            assert row.jurisdiction == outside[country], row.name
        else:
            assert row.jurisdiction not in outside.values(), row.name
        assert (row.jurisdiction == "us") == (country == "US"), row.name


@pytest.mark.parametrize("cloud", KINDS)
def test_clouds_have_rules_for_exactly_their_own_kinds(cloud: str) -> None:
    assert {row.kind for row in catalog.kind_rules() if row.cloud == cloud} == KINDS[cloud]


def test_every_kind_of_a_description_has_a_rule_on_some_cloud() -> None:
    from intertie.spec.capacity import CapacityKind

    assert {row.kind for row in catalog.kind_rules()} == {str(kind) for kind in CapacityKind}


def test_reserved_kinds_have_identifiers_and_bought_ones_have_none() -> None:
    for row in catalog.kind_rules():
        re.compile(row.id_pattern)
        assert (row.id_pattern == "") == (row.kind in ("on-demand", "spot", "flex-start")), row.kind
        assert row.note


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("cloud", VENDORS)
def test_exactly_one_party_owns_each_component(component: str, cloud: str) -> None:
    for vendor in VENDORS[cloud]:
        rows = [
            row
            for row in catalog.ownership()
            if (row.component, row.cloud) == (component, cloud) and row.vendor in ("*", vendor)
        ]
        assert len(rows) == 1, (component, cloud, vendor)
        assert catalog.owner(component, cloud, vendor) == rows[0]


def test_ownership_speaks_of_no_component_cloud_or_vendor_that_does_not_exist() -> None:
    for row in catalog.ownership():
        assert row.component in (*COMPONENTS, "efa-device-plugin", "rdma-device-plugin")
        assert row.vendor in ("*", *VENDORS[row.cloud])
        assert row.owner in ("cloud", "addon", "intertie")
        assert row.detail


def test_tpu_slices_have_as_many_chips_as_their_shape_and_as_their_machines() -> None:
    for row in reading.load("tpu_topologies", catalog.TpuTopology):
        machine = catalog.machine("gcp", row.machine)
        across, down = map(int, row.topology.split("x"))
        assert machine.accelerator == row.accelerator
        assert across * down == row.chips == row.hosts * machine.count, row


def test_every_tpu_machine_has_a_slice_of_its_own() -> None:
    for row in catalog.machines("gcp"):
        if row.fabric == "ici" and row.accelerator:
            shapes = [shape for shape in catalog.tpu_topologies(row.accelerator) if shape.machine == row.name]
            assert any(shape.hosts == 1 and shape.chips == row.count for shape in shapes), row.name


def test_throughput_is_of_accelerators_of_the_catalogue_and_positive() -> None:
    for row in reading.load("throughput", catalog.Throughput):
        catalog.accelerator(row.accelerator)
        assert row.tokens_per_second > 0
        assert row.kind in ("max-load", "server", "offline")
        assert "/" in row.model


def test_runtime_images_are_for_accelerators_of_their_vendor() -> None:
    for row in tables.runtime_images():
        for name in row.accelerators:
            assert catalog.accelerator(name).vendor == row.vendor


def test_digests_are_whole_and_of_images_that_are_pinned_here() -> None:
    pinned = {row.image for row in tables.runtime_images()} | {agent.image for agent in agents().values()}
    pinned.add(GIB.image)
    for row in tables.image_digests():
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", row.digest), row.image
        assert row.image in pinned
    assert not twice(row.digest for row in tables.image_digests())


def test_an_image_whose_digest_no_source_gives_has_none() -> None:
    assert catalog.image_digest("vllm/vllm-openai:v0.29.0")
    assert catalog.image_digest("vllm/vllm-openai:v0.29.1") is None
    assert catalog.image_digest("public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0") is None
