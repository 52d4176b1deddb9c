"""Reads the configuration file, with all that is wrong with it at once."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from intertie.errors import InputError, Problem
from intertie_policies.config.settings import Settings

SETTINGS_KEY = "configuration"
ALL = "all"
LEVELS = ("disabled", "advisory", "mandatory", "remediate")
LARGEST = 2**20


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, and levels that were set by hand: by rule, and `all` for those that are not named."""

    settings: Settings = field(default_factory=Settings)
    levels: Mapping[str, str] = field(default_factory=dict)


def read_file(path: Path | None, rules: Collection[str]) -> Configuration:
    """The configuration in a file; without one, the defaults. InputError with every problem."""
    if path is None:
        return Configuration()
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST:,} bytes; a policy configuration is never that large")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})\n  → check the path and its permissions") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})\n  → the file is a JSON object, like {{}}") from None
    return read(data, rules, str(path))


def read(data: Any, rules: Collection[str], name: str = "policy configuration") -> Configuration:
    """The configuration in data of the file's shape. InputError with every problem."""
    if not isinstance(data, Mapping):
        raise InputError(f"{name}: found {type(data).__name__}; allowed: a JSON object")
    problems: list[Problem] = []
    levels = {key: _level(key, value, rules, problems) for key, value in data.items() if key != SETTINGS_KEY}
    settings = _settings(data.get(SETTINGS_KEY, {}), rules, problems)
    if problems:
        raise InputError(f"{name}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", problems)
    return Configuration(settings, {key: level for key, level in levels.items() if level})


def schema() -> dict[str, Any]:
    """JSON schema of the settings by property, without references: what `PolicyConfigSchema` takes."""
    whole = Settings.model_json_schema()
    return _inlined(whole["properties"], whole.get("$defs", {}))


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        if "$ref" in node:
            return _inlined({**definitions[node["$ref"].rpartition("/")[2]], **_rest(node)}, definitions)
        return {key: _inlined(value, definitions) for key, value in node.items()}
    return [_inlined(each, definitions) for each in node] if isinstance(node, list) else node


def _rest(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "$ref"}


def _level(key: str, value: Any, rules: Collection[str], problems: list[Problem]) -> str:
    if key != ALL and key not in rules:
        problems.append(Problem(key, "no such rule", f"`{SETTINGS_KEY}`, `{ALL}` or a rule", "intertie policy list"))
        return ""
    level = value.get("enforcementLevel", "") if isinstance(value, Mapping) else value
    extra = sorted(str(each) for each in set(value) - {"enforcementLevel"}) if isinstance(value, Mapping) else []
    if extra:
        hint = f"settings of rules stand in `{SETTINGS_KEY}`"
        problems.append(Problem(f"{key}.{extra[0]}", "no such setting", "enforcementLevel", hint))
    if level and level not in LEVELS:
        problems.append(Problem(key, repr(level)[:80], ", ".join(LEVELS)))
        return ""
    return str(level)


def _settings(data: Any, rules: Collection[str], problems: list[Problem]) -> Settings:
    if not isinstance(data, Mapping):
        problems.append(Problem(SETTINGS_KEY, type(data).__name__, "a JSON object"))
        return Settings()
    problems += _names_of_rules(data, rules)
    try:
        return Settings.model_validate({key: value for key, value in data.items() if key != "enforcementLevel"})
    except ValidationError as error:
        problems += [_problem(each) for each in error.errors(include_url=False)]
        return Settings()


def _problem(error: Any) -> Problem:
    path = ".".join((SETTINGS_KEY, *(str(step) for step in error["loc"])))
    found = "no such setting" if error["type"] == "extra_forbidden" else repr(error["input"])[:80]
    allowed = "a setting that docs/rules.md lists" if error["type"] == "extra_forbidden" else error["msg"]
    return Problem(path, found, allowed)


def _names_of_rules(data: Mapping[str, Any], rules: Collection[str]) -> list[Problem]:
    """Rules that are named inside the settings and do not exist: an exception for nothing is a mistake."""
    return [
        Problem(f"{SETTINGS_KEY}.{path}", repr(rule)[:80], "the id of a rule", "intertie policy list")
        for path, rule in _named(data)
        if isinstance(rule, str) and rule not in rules
    ]


def _named(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Where settings of any shape name rules."""
    for number, waiver in _each(data.get("waivers")):
        yield from ((f"waivers.{number}.rule", rule) for key, rule in _each(waiver) if key == "rule")
    for number, rule in _each(data.get("remediate")):
        yield f"remediate.{number}", rule
    for name, environment in _each(data.get("environments")):
        for key, levels in _each(environment):
            yield from ((f"environments.{name}.levels.{rule}", rule) for rule, _ in _each(levels) if key == "levels")


def _each(data: Any) -> Iterable[tuple[Any, Any]]:
    """Entries of an object or list, by key or number; none of anything else."""
    if isinstance(data, Mapping):
        return data.items()
    return enumerate(data) if isinstance(data, list | tuple) else ()
