"""Values with units. Each parses what people write, prints what Kubernetes and people read, and
describes itself in the JSON Schema, so that an editor and the reader agree.

    Memory    "16Gi", "512Mi", "80GB" or bytes        → bytes (int)
    Duration  "800ms", "30s", "10m", "4h", "30d"      → milliseconds (int)
    Count     2e9, "70e9", "70B", "8M"                → a whole number of things (parameters)
    Replicas  {min: 1, max: 8}, "1..8" or 3           → min and max
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_MEMORY_UNITS = {
    "": 1,
    "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40,
}  # fmt: skip
_DURATION_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_COUNT_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}

_NUMBER = r"([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]{1,2})?)"
_LARGEST = 2**63 - 1  # more than any cloud sells, and what every JSON reader still holds


def _scaled(text: str, units: dict[str, int], *, upper: bool, what: str, example: str) -> int:
    match = re.fullmatch(_NUMBER + r"\s*([A-Za-z]*)", text.strip(), re.ASCII)
    unit = match.group(2).upper() if match and upper else match.group(2) if match else ""
    if match is None or unit not in units:
        raise ValueError(f"{text!r} is not {what}; write for example {example}")
    value = float(match.group(1)) * units[unit]
    if not math.isfinite(value) or value > _LARGEST:
        raise ValueError(f"{text!r} is larger than any {what} that exists")
    return round(value)


def _whole(value: Any, what: str, example: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected {what}, for example {example}")
    if value < 0 or value > _LARGEST or value != int(value):
        raise ValueError(f"{value!r} is not {what}; write for example {example}")
    return int(value)


class _Unit:
    """An immutable quantity that pydantic reads through `parse` and writes through `str`."""

    _json_schema: dict[str, Any] = {}

    @classmethod
    def parse(cls, value: Any) -> Self:
        raise TypeError(f"{cls.__name__} does not say how it is read")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="always"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(cls._json_schema)


@dataclass(frozen=True, slots=True, order=True)
class Memory(_Unit):
    """An amount of memory or disk, in bytes."""

    bytes: int

    _json_schema = {
        "anyOf": [
            {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([KMGT]i?B?)?\s*$"},
            {"type": "integer", "minimum": 0},
        ],
        "description": "Memory: 512Mi, 16Gi, 80GB, or a number of bytes.",
        "examples": ["16Gi"],
    }

    @classmethod
    def parse(cls, value: Any) -> "Memory":
        if isinstance(value, Memory):
            return value
        what, example = "an amount of memory", "16Gi"
        if isinstance(value, str):
            return cls(_scaled(value, _MEMORY_UNITS, upper=True, what=what, example=example))
        return cls(_whole(value, what, example))

    @property
    def gib(self) -> float:
        return self.bytes / 2**30

    def __str__(self) -> str:
        """The shortest exact Kubernetes quantity."""
        for suffix, size in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
            if self.bytes and self.bytes % size == 0:
                return f"{self.bytes // size}{suffix}"
        return str(self.bytes)


@dataclass(frozen=True, slots=True, order=True)
class Duration(_Unit):
    """A span of time, in milliseconds."""

    milliseconds: int

    _json_schema = {
        "type": "string",
        "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*$",
        "description": "Duration: 800ms, 30s, 10m, 4h, 30d.",
        "examples": ["800ms"],
    }

    @classmethod
    def parse(cls, value: Any) -> "Duration":
        if isinstance(value, Duration):
            return value
        if not isinstance(value, str):
            raise ValueError("expected a duration with its unit, for example 800ms or 10m")
        if re.fullmatch(r"\s*[0-9.]+\s*", value):
            raise ValueError(f"{value!r} has no unit; write for example 800ms, 30s or 10m")
        return cls(_scaled(value, _DURATION_UNITS, upper=False, what="a duration", example="800ms"))

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1_000

    def __str__(self) -> str:
        for suffix, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
            if self.milliseconds and self.milliseconds % size == 0:
                return f"{self.milliseconds // size}{suffix}"
        return f"{self.milliseconds}ms"


class Count(int):
    """A whole number of things, such as the parameters of a model: 70e9, "70B" or 8030000000."""

    @classmethod
    def parse(cls, value: Any) -> "Count":
        what, example = "a whole number", "70e9 or 70B"
        if isinstance(value, str):
            return cls(_scaled(value, _COUNT_UNITS, upper=True, what=what, example=example))
        return cls(_whole(value, what, example))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(int, when_used="always"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?([eE][0-9]{1,2})?\s*[KMBT]?\s*$"},
                {"type": "number", "minimum": 0},
            ],
            "description": "A whole number: 70e9, 70B or 70000000000.",
            "examples": ["70e9"],
        }
