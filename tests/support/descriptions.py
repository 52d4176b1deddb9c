"""Descriptions as text: the samples, a small valid one, and what the reader says of a text."""

from pathlib import Path
from typing import Any

from intertie.errors import InputError, Problem
from intertie.spec import PipelineSpec, read_data, read_text
from intertie.spec.yaml_source import parse

SPECS = Path(__file__).parents[2] / "stacks" / "specs"
SAMPLES = tuple(sorted(SPECS.glob("*.yaml")))

SMALL: str = """\
name: small
owner: search-platform
cost_center: ml-1
environment: staging
residency: [us]
stages:
  - name: prepare
    image: ghcr.io/acme/prepare:1.0
    replicas: 1..2
  - name: generate
    after: [prepare]
    runtime: vllm
    model: {id: acme/model, parameters: 8e9}
    accelerators: [l4, a10]
    replicas: 1
placements:
  here: {cloud: aws, region: us-east-1, capacity: {generate: [spot, on-demand]}}
"""
"""Two stages, one placement; every line is known to the tests that count lines."""


def sample_data(path: Path) -> Any:
    """A sample as plain data, dates as text, without the reader's judgement."""
    return parse(path.read_text(encoding="utf-8"), path.name).data


def small(**changes: Any) -> dict[str, Any]:
    """The small description as plain data; a change of None takes the key out."""
    data = {**parse(SMALL, "small").data, **changes}
    return {key: value for key, value in data.items() if value is not None}


def problems_in(text: str, name: str = "small.yaml") -> tuple[Problem, ...]:
    """What is wrong with a text; () when it is a description."""
    try:
        read_text(text, name)
    except InputError as error:
        return error.problems
    return ()


def problems_of(data: Any) -> tuple[Problem, ...]:
    """What is wrong with plain data; () when it is a description."""
    try:
        read_data(data)
    except InputError as error:
        return error.problems
    return ()


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, "\n".join(map(str, problems)) or "no problem"
    return problems[0]


def spec_of(text: str) -> PipelineSpec:
    return read_text(text, "small.yaml")
