"""Configuration of a stack, as the CLI hands it to a program: text by full key, objects as JSON, secrets marked.

Secrets in a stack's file are encrypted, and nothing is decrypted here: their values are unknown.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.errors import InputError, Problem
from intertie.graph import SECRET, UNKNOWN

_SECURE = "secure"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One key of the `config` of Pulumi.yaml. `value` is what holds when a stack says nothing."""

    key: str  # namespace:name
    type: str = ""  # string | integer | boolean | array | object; "": anything
    has_value: bool = False
    value: Any = None
    required: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a program may ask of its configuration, and what is wrong with it."""

    values: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def declarations(project: str, config: Any, name: str) -> dict[str, Declaration]:
    """The keys that Pulumi.yaml declares. InputError when `config` is not a mapping."""
    if config is None:
        return {}
    if not isinstance(config, Mapping):
        raise InputError(f"{name}: config: found {type(config).__name__}; allowed: keys with values or declarations")
    return {full(project, str(key)): _declaration(project, full(project, str(key)), config[key]) for key in config}


def _declaration(project: str, key: str, value: Any) -> Declaration:
    if not isinstance(value, Mapping):
        return Declaration(key, has_value=True, value=value)
    given = next((name for name in ("value", "default") if name in value), None)
    return Declaration(
        key=key,
        type=str(value.get("type", "")),
        has_value=given is not None,
        value=value[given] if given else None,
        required=given is None and key.startswith(f"{project}:"),
        secret=bool(value.get("secret")),
    )


def settings(
    project: str, declared: Mapping[str, Declaration], data: Mapping[str, Any], name: str = "configuration"
) -> Settings:
    """The configuration of a stack from its file's data. What is missing or of another type is among the problems."""
    given = data.get("config") or {}
    if not isinstance(given, Mapping):
        raise InputError(f"{name}: config: found {type(given).__name__}; allowed: keys with values")
    own = {full(project, str(key)): value for key, value in given.items()}
    defaults = {key: each.value for key, each in declared.items() if each.has_value}
    merged = {key: value for key, value in {**defaults, **own}.items() if value is not None}
    marked = {key for key, each in declared.items() if each.secret}
    return Settings(
        values={key: _text(value) for key, value in merged.items()},
        secrets=tuple(key for key, value in merged.items() if key in marked or _is_secret(value)),
        problems=tuple(problem for each in declared.values() for problem in _problems(each, merged, name)),
    )


def full(project: str, key: str) -> str:
    """A key with its namespace: without one it is the project's."""
    return key if ":" in key else f"{project}:{key}"


def _is_secret(value: Any) -> bool:
    """Whether a value is, or holds, an encrypted one: then the whole key is secret."""
    if isinstance(value, Mapping):
        return _is_encrypted(value) or any(_is_secret(each) for each in value.values())
    return isinstance(value, list) and any(_is_secret(each) for each in value)


def _is_encrypted(value: Mapping[Any, Any]) -> bool:
    return set(value) == {_SECURE} and isinstance(value[_SECURE], str)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    opened = _opened(value)
    return opened if isinstance(opened, str) else json.dumps(opened, ensure_ascii=False)


def _opened(value: Any) -> Any:
    """The value with unknowns in the place of what is encrypted."""
    if isinstance(value, Mapping):
        return UNKNOWN if _is_encrypted(value) else {str(key): _opened(each) for key, each in value.items()}
    return [_opened(each) for each in value] if isinstance(value, list) else value


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return value.removeprefix("-").isdigit()
    return isinstance(value, (int, float)) and float(value).is_integer()


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: not isinstance(value, (dict, list)),
    "integer": _is_whole,
    "boolean": lambda value: isinstance(value, bool) or value in ("true", "false"),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _problems(declared: Declaration, merged: Mapping[str, Any], name: str) -> list[Problem]:
    path, value = f"config.{declared.key}", merged.get(declared.key)
    wanted = declared.type or "a value"
    if value is None:
        hint = f"pulumi config set {declared.key} VALUE"
        return [Problem(path, "nothing", wanted, hint, where=name)] if declared.required else []
    if declared.type in _FITS and not _is_secret(value) and not _FITS[declared.type](value):
        found = SECRET if declared.secret else json.dumps(value, default=str)
        return [Problem(path, found, wanted, where=name)]
    return []
