"""The JSON Schema: held in stacks/specs/schema.json, valid draft 7, and never stricter than the reader."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from intertie import catalog
from intertie.errors import InputError
from intertie.spec import json_schema, read_data, read_file
from intertie.spec.schema_generator import schema_text
from support.descriptions import SAMPLES, SPECS, problems_of, sample_data, small
from support.mutations import changed, places, values

SCHEMA = json_schema()
VALID = Draft7Validator(SCHEMA)


def test_the_schema_in_the_stacks_folder_is_the_models() -> None:
    assert (SPECS / "schema.json").read_text(encoding="utf-8") == schema_text(), "run `make schema`"


def test_the_command_that_make_schema_runs_prints_it_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-m", "intertie.spec.schema"], capture_output=True, check=True)
    assert done.stdout.decode() == schema_text()
    assert done.stderr == b""


def test_it_is_a_draft_7_schema_with_a_title_and_descriptions() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert SCHEMA["title"] == "Intertie pipeline"
    for name, definition in SCHEMA["definitions"].items():
        assert definition["description"], name
        for field, described in definition.get("properties", {}).items():
            assert described.get("description") or field == "kind", f"{name}.{field}"


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    for child in schema if isinstance(schema, list) else []:
        yield from nodes(child)


def test_every_pattern_is_said_in_words_too() -> None:
    for node in nodes(SCHEMA):
        if isinstance(node.get("pattern"), str):
            assert node["patternErrorMessage"].startswith("Expected "), node["pattern"]


def test_every_mapping_either_lists_its_keys_or_says_their_form() -> None:
    for node in nodes(SCHEMA):
        if node.get("type") == "object":
            assert node.get("additionalProperties") is False or "propertyNames" in node, node


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    used = {node["$ref"] for node in nodes(SCHEMA) if isinstance(node.get("$ref"), str)}
    assert used == {f"#/definitions/{name}" for name in SCHEMA["definitions"]}


def test_editors_complete_accelerators_from_the_catalogue() -> None:
    stage = SCHEMA["definitions"]["StageSpec"]["properties"]
    names = [accelerator.name for accelerator in catalog.accelerators()]
    assert stage["accelerators"]["items"]["enum"] == names
    assert stage["throughput"]["propertyNames"]["enum"] == names


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_valid_as_written_and_as_read(path: Path) -> None:
    assert not list(VALID.iter_errors(sample_data(path)))
    assert not list(VALID.iter_errors(read_file(path).model_dump(mode="json")))


@pytest.mark.parametrize(
    "stage",
    [
        {"replicas": 3}, {"replicas": "2..8"}, {"replicas": " 2 .. 8 "}, {"replicas": {"max": 3}}, {"replicas": 3.0},
        {"grace": "1.5m"}, {"resources": {"memory": 2**30}}, {"resources": {"memory": "1.5 GiB", "cpu": 1}},
        {"env": {}, "image": None, "images": {"l4": "a", "a10": "b"}, "accelerators": ["l4", "a10"]},
    ],
)  # fmt: skip
def test_shorthand_of_stages_is_valid(stage: dict[str, Any]) -> None:
    data = small()
    data["stages"][0] |= stage
    assert not problems_of(data)
    assert not list(VALID.iter_errors(data))


@pytest.mark.parametrize("parameters", [8e9, "8e9", "8B", "8b", 8_000_000_000, "7e+9", 1])
def test_shorthand_of_counts_is_valid(parameters: Any) -> None:
    data = small()
    data["stages"][1]["model"]["parameters"] = parameters
    assert not problems_of(data)
    assert not list(VALID.iter_errors(data))


@pytest.mark.parametrize(
    "ladder", ["spot", ["spot"], {"kind": "spot"}, [{"kind": "spot"}, "on-demand", {"kind": "odcr", "id": "cr-1"}]]
)
def test_shorthand_of_claims_is_valid(ladder: Any) -> None:
    data = small()
    data["placements"]["here"]["capacity"] = {"generate": ladder}
    assert not problems_of(data)
    assert not list(VALID.iter_errors(data))


@pytest.mark.parametrize("auth", ["oidc", "api-key", {"kind": "oidc", "issuer": "https://login.example.com"}])
def test_shorthand_of_authentication_is_valid(auth: Any) -> None:
    data = small(endpoint={"host": "a.example.com", "auth": auth})
    assert not problems_of(data)
    assert not list(VALID.iter_errors(data))


@pytest.mark.parametrize(
    "data",
    [
        small(zzz=1), small(owner=7), small(residency=[]), small(environment="prod"), small(stages=None),
        small(tags={"Team": "x"}), small(endpoint={"host": "a.example.com", "auth": "none"}),
        small(placements={"here": {"cloud": "aws", "region": "us-east-1", "capacity": {"generate": "odcr"}}}),
    ],
)  # fmt: skip
def test_what_editors_should_underline_is_invalid(data: dict[str, Any]) -> None:
    assert list(VALID.iter_errors(data))
    assert problems_of(data)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_the_schema_refuses_the_reader_refuses_too(data: st.DataObject) -> None:
    whole = sample_data(data.draw(st.sampled_from(SAMPLES)))
    mutant = changed(whole, data.draw(st.sampled_from(places(whole))), data.draw(values()))
    try:
        read_data(copy.deepcopy(mutant))
    except InputError:
        return
    assert not list(VALID.iter_errors(json.loads(json.dumps(mutant))))
