"""Kinds of plain values. Each says in words what it takes: the same words stand in messages and in editors.

Text(pattern, words, longest)    text of one form
Whole(least, most)               a whole number; 8 and 8.0, never "8" or true
Number(above, most)              a number, never text or true
Moment()                         a date and time with its zone
Switch()                         true or false
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

FORM = "form"
"""Type of the errors that these kinds raise; their context says what is `allowed`."""

_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})$"


class NotAllowed(ValueError):  # noqa: N818  it names what is wrong with a value, as the messages do
    """A value that cannot be taken: what would be `allowed`, and what to do (`hint`)."""

    def __init__(self, allowed: str, hint: str = "") -> None:
        self.allowed = allowed
        self.hint = hint
        super().__init__(f"expected {allowed}" + (f"; {hint}" if hint else ""))


def _worded(schema: CoreSchema, allowed: str, **context: Any) -> CoreSchema:
    """`schema`, whose every error says what is allowed."""
    return core_schema.custom_error_schema(
        schema,
        custom_error_type=FORM,
        custom_error_message="expected {allowed}",
        custom_error_context={"allowed": allowed, **context},
    )


@dataclass(frozen=True, slots=True)
class Text:
    """Text of one form."""

    pattern: str
    words: str
    longest: int = 200
    examples: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=self.pattern, max_length=self.longest)
        return _worded(text, self.words, pattern=self.pattern, longest=self.longest)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = {
            "type": "string",
            "pattern": self.pattern,
            "maxLength": self.longest,
            "patternErrorMessage": f"Expected {self.words}.",
        }
        return {**described, "examples": list(self.examples)} if self.examples else described


@dataclass(frozen=True, slots=True)
class Completed:
    """Names that editors complete. Asked for only when the schema is written; that they exist is a check's to say."""

    names: Callable[[], list[str]]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "enum": self.names()}


def _integral(value: Any) -> Any:
    """A whole number as an int: where a description comes as JSON, 8 may arrive as 8.0."""
    if isinstance(value, bool | str):
        raise NotAllowed("a whole number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.int_schema(ge=self.least, le=self.most)
        whole = core_schema.no_info_before_validator_function(_integral, bounded)
        return _worded(whole, f"a whole number from {self.least} to {self.most}", number=True)


def _numeric(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise NotAllowed("a number")
    return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number above one bound and not above another."""

    above: float
    most: float
    what: str = "a number"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.float_schema(gt=self.above, le=self.most, allow_inf_nan=False)
        number = core_schema.no_info_before_validator_function(_numeric, bounded)
        return _worded(number, f"{self.what} above {self.above:g}, at most {self.most:,.15g}", number=True)


def _dated(value: Any) -> Any:
    """Text in full: pydantic alone would also take a bare date, and numbers as seconds since 1970."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(_MOMENT, value):
        return value
    raise NotAllowed("a date and time with its zone")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, with its zone."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        aware = core_schema.datetime_schema(tz_constraint="aware")
        dated = core_schema.no_info_before_validator_function(_dated, aware)
        return _worded(dated, "a date and time with its zone, for example 2026-08-01T09:00:00Z")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "date-time",
            "pattern": _MOMENT,
            "patternErrorMessage": "Expected a date and time with its zone, for example 2026-08-01T09:00:00Z.",
        }


@dataclass(frozen=True, slots=True)
class Switch:
    """True or false, never a word or number that stands for one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _worded(core_schema.bool_schema(strict=True), "true or false")
