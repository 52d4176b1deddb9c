"""Values with units. Each parses what people write, prints what Kubernetes and people read, and
describes itself in the JSON Schema, so that an editor and the reader agree.

    Memory    "16Gi", "512Mi", "80GB" or bytes        → bytes (int)
    Duration  "800ms", "30s", "10m", "4h", "30d"      → milliseconds (int)
    Count     2e9, "70e9", "70B", "8M"                → a whole number of things (parameters)
    Replicas  {min: 1, max: 8}, "1..8" or 3           → min and max
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from intertie.spec.fields import NotAllowed

_MEMORY_UNITS = {
    "": 1,
    "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_DURATION_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_COUNT_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_COUNT_UNITS |= {unit.lower(): size for unit, size in _COUNT_UNITS.items()}

_NUMBER = r"[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE]\+?[0-9]{1,2})?"
_LARGEST = 2**63 - 1  # more than any cloud sells, and what every JSON reader still holds

_MEMORY = "an amount of memory or disk, such as 16Gi"
_DURATION = "a time with its unit (ms, s, m, h, d), such as 800ms or 10m"
_COUNT = "a whole number above 0, such as 70e9 or 70B"


def _scaled(text: str, units: dict[str, int], allowed: str) -> int:
    """The number in `text` times its unit, exactly: floats would lose bytes above 2**53."""
    match = re.fullmatch(rf"\s*({_NUMBER})\s*([A-Za-z]*)\s*", text, re.ASCII)
    if match is None:
        raise NotAllowed(allowed)
    number, unit = match.groups()
    if unit not in units:
        same = next((known for known in units if known.lower() == unit.lower()), None)
        raise NotAllowed(allowed, f"did you mean {number}{same}?" if same else f"{unit} is not one of its units")
    value = Decimal(number) * units[unit]
    if value > _LARGEST:
        raise NotAllowed(allowed, "no cloud has that much")
    return round(value)


def _whole(value: Any, allowed: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAllowed(allowed)
    if not 0 <= value <= _LARGEST or value != int(value):
        raise NotAllowed(allowed)
    return int(value)


def _schema(parse: Callable[[Any], Any], write: Callable[[Any], Any]) -> CoreSchema:
    """Read through `parse`, written through `write`."""
    return core_schema.no_info_plain_validator_function(
        parse, serialization=core_schema.plain_serializer_function_ser_schema(write, when_used="always")
    )


class _Unit:
    """An immutable quantity that pydantic reads through `parse` and writes through `str`."""

    parse: ClassVar[Callable[[Any], Any]]
    described: ClassVar[dict[str, Any]]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(cls.described)


@dataclass(frozen=True, slots=True, order=True)
class Memory(_Unit):
    """An amount of memory or disk, in bytes."""

    bytes: int

    described: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {
                "type": "string",
                "pattern": rf"^\s*{_NUMBER}\s*([KMGT]i?B?)?\s*$",
                "patternErrorMessage": f"Expected {_MEMORY}.",
            },
            {"type": "integer", "minimum": 1},
        ],
        "description": "Memory: 512Mi, 16Gi, 80GB, or a number of bytes.",
        "examples": ["16Gi"],
    }

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Bytes, or text with a unit: `Ki Mi Gi Ti` are powers of 1024, `K M G T` of 1000. NotAllowed if neither."""
        if isinstance(value, cls):
            return value
        amount = _scaled(value, _MEMORY_UNITS, _MEMORY) if isinstance(value, str) else _whole(value, _MEMORY)
        if amount == 0:
            raise NotAllowed(_MEMORY, "zero is not an amount")
        return cls(amount)

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

    described: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": rf"^\s*{_NUMBER}\s*(ms|s|m|h|d)\s*$",
        "patternErrorMessage": f"Expected {_DURATION}.",
        "description": "Duration: 800ms, 30s, 10m, 4h, 30d.",
        "examples": ["800ms"],
    }

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Text with a unit; a bare number could mean anything, so it is NotAllowed."""
        if isinstance(value, cls):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise NotAllowed(_DURATION, "give the unit: seconds and minutes look the same without")
        if not isinstance(value, str):
            raise NotAllowed(_DURATION)
        return cls(_scaled(value, _DURATION_UNITS, _DURATION))

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
    def parse(cls, value: Any) -> Self:
        """A whole number above 0, or text with K, M, B or T for thousands to trillions. NotAllowed if neither."""
        number = _scaled(value, _COUNT_UNITS, _COUNT) if isinstance(value, str) else _whole(value, _COUNT)
        if number == 0:
            raise NotAllowed(_COUNT)
        return cls(number)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _schema(cls.parse, int)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": rf"^\s*{_NUMBER}\s*[KMBTkmbt]?\s*$",
                    "patternErrorMessage": f"Expected {_COUNT}.",
                },
                {"type": "number", "exclusiveMinimum": 0},
            ],
            "description": "A whole number: 70e9, 70B or 70000000000.",
            "examples": ["70e9"],
        }
