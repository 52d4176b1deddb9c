"""Reads a description: text → PipelineSpec, or one `InputError` with every problem and its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from intertie.errors import InputError, Problem
from intertie.spec.pipeline import PipelineSpec


def read_file(path: Path | str) -> PipelineSpec:
    return read_text(Path(path).read_text(encoding="utf-8"), str(path))


def read_text(text: str, name: str = "description") -> PipelineSpec:
    return read_data(yaml.safe_load(text), name)


def read_data(data: Mapping[str, Any], name: str = "description") -> PipelineSpec:
    try:
        return PipelineSpec.model_validate(data)
    except ValidationError as error:
        raise InputError(
            name, [Problem(".".join(map(str, e["loc"])), str(e["input"])[:60], e["msg"]) for e in error.errors()]
        ) from None
