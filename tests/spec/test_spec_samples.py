"""The samples: what they show, how short they are, and that they survive being written and read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from intertie import catalog
from intertie.spec import RESERVED_KINDS, PipelineSpec, Tier, read_data, read_file
from support.descriptions import SAMPLES, sample_data

SHARED_LINES = 60
PLACEMENT_LINES = 12 - 5  # twelve with the stack's file, which has five: config, spec, placement and the account


def sample(name: str) -> PipelineSpec:
    return read_file(next(path for path in SAMPLES if path.stem == name))


def block_lines(data: Any) -> int:
    """Lines of `data` as ordinary block YAML: one line per key and per entry."""
    return len(yaml.safe_dump(data, default_flow_style=False, width=1000).splitlines())


def test_there_is_a_sample_for_each_way_of_use() -> None:
    assert {path.stem for path in SAMPLES} == {"accelerators", "chat", "existing", "large", "pilot"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_editors_find_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"
    assert (path.parent / "schema.json").is_file()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_written_and_read_again_is_the_same(path: Path) -> None:
    spec = read_file(path)
    assert read_data(spec.model_dump(mode="json")) == spec
    assert read_data(spec.model_dump()) == spec
    assert read_data(spec.model_dump(mode="json", exclude_defaults=True)) == spec


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_shared_part_is_short_and_so_is_each_placement(path: Path) -> None:
    data = sample_data(path)
    placements = data.pop("placements")
    assert block_lines(data) + 1 <= SHARED_LINES
    for name, where in placements.items():
        if "adopt" not in where:
            own = {key: value for key, value in where.items() if key != "capacity"}  # reservations aside
            assert block_lines({name: own}) <= PLACEMENT_LINES, name


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_models_are_pinned_or_open(path: Path) -> None:
    for stage in read_file(path).stages:
        if stage.model and stage.model.id.startswith("meta-llama/"):  # gated: needs a token, by name only
            assert stage.model.revision
            assert stage.model.token_secret == "hub-token"


def test_placement_names_are_stack_names_and_so_never_twice() -> None:
    names = [name for path in SAMPLES for name in read_file(path).placements]
    assert len(set(names)) == len(names)


def test_the_chat_sample_has_three_stages_on_three_clouds() -> None:
    spec = sample("chat")
    assert [stage.name for stage in spec.stages] == ["prepare", "moderate", "generate"]
    assert {name: where.standby for name, where in spec.placements.items()} == {
        "aws-use1": Tier.HOT,
        "gcp-euw4": Tier.WARM,
        "azure-swc": Tier.PILOT,
    }
    assert {where.cloud for where in spec.placements.values()} == set(catalog.CLOUDS)


def test_the_pilot_runs_one_small_accelerator_on_each_cloud() -> None:
    spec = sample("pilot")
    assert [stage.replicas.max for stage in spec.stages] == [1]
    assert {where.cloud for where in spec.placements.values()} == set(catalog.CLOUDS)
    assert all(catalog.accelerator(name).nominal_gb <= 24 for name in spec.stages[0].accelerators)


def test_the_large_model_outgrows_a_machine_of_eight() -> None:
    spec = sample("large")
    model = spec.stages[0].model
    assert model is not None
    assert spec.stages[0].accelerators == ("h100",)
    assert model.parameters * 2 > 8 * catalog.accelerator("h100").usable_mib * 2**20


def test_the_large_sample_shows_reserved_capacity_first() -> None:
    ladders = [ladder for where in sample("large").placements.values() for ladder in where.capacity.values()]
    assert ladders
    assert all(ladder[0].kind in RESERVED_KINDS and len(ladder) > 1 for ladder in ladders)


def test_the_accelerator_sample_needs_no_gpu() -> None:
    names = sample("accelerators").stages[0].accelerators
    assert {catalog.accelerator(name).vendor for name in names} == {"neuron", "google"}


def test_the_existing_cluster_describes_a_pool_for_every_stage() -> None:
    where = sample("existing").placements["datacentre"]
    assert where.adopt is not None
    assert [pool.accelerator for pool in where.adopt.pools] == [None, "l40s"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_region_offers_an_accelerator_that_each_stage_accepts(path: Path) -> None:
    spec = read_file(path)
    for name, where in spec.placements.items():
        for stage in spec.stages if where.adopt is None else ():
            offered = {
                machine.accelerator
                for accelerator in stage.accelerators
                for machine in catalog.machines(where.cloud, accelerator)
                if catalog.offered(where.cloud, where.region, machine.name)
            }
            assert bool(offered) == bool(stage.accelerators), f"{name}: {stage.name}"
