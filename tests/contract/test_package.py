"""The package that other languages see: its schema is held, its tokens are its own, Python's names are the same."""

import json
import runpy
from pathlib import Path

import pulumi
import pytest

import intertie

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def components() -> list[type[pulumi.ComponentResource]]:
    return runpy.run_path(str(ROOT / "components" / "__main__.py"), run_name="components")["COMPONENTS"]


def test_the_package_schema_is_the_committed_one() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "package_schema.py"))["package_schema"]()
    assert made == (ROOT / "components" / "schema.json").read_text(), "run `make schema` and read the difference"


def test_every_input_and_output_of_the_package_is_described() -> None:
    schema = json.loads((ROOT / "components" / "schema.json").read_text())
    for token, resource in schema["resources"].items():
        for name, field in {**resource["inputProperties"], **resource["properties"]}.items():
            assert field.get("description"), f"{token}.{name}"


def test_every_component_has_a_token_of_its_own(components: list[type[pulumi.ComponentResource]]) -> None:
    schema = json.loads((ROOT / "components" / "schema.json").read_text())
    assert sorted(schema["resources"]) == sorted(f"intertie:index:{one.__name__}" for one in components)


def test_every_component_can_be_imported_from_the_package_root(
    components: list[type[pulumi.ComponentResource]],
) -> None:
    for one in components:
        assert getattr(intertie, one.__name__) is one


def test_the_public_names_are_sorted_and_complete() -> None:
    assert intertie.__all__ == sorted(intertie.__all__)
    assert {name for name in intertie.__all__ if getattr(intertie, name, None) is None} == set()


def test_an_unknown_public_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'InferencePipelin'"):
        intertie.InferencePipelin  # noqa: B018
