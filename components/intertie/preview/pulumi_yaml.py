"""Reads Pulumi's own YAML files (Pulumi.yaml, Pulumi.<stack>.yaml) as the CLI does, with a place in every error.

The CLI reads YAML 1.2: `yes` and `2026-01-01` are text there, only `true` and `false` are truth values.
"""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode

from intertie.errors import InputError

LARGEST = 2**20
MOST_VALUES = 50_000
_TEXT_IN_1_2 = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's idea of plain values, and each key at most once."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands here twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TEXT_IN_1_2]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read(path: Path) -> dict[str, Any]:
    """The mapping in the file; {} for an empty one. InputError with file, line and column."""
    name = shown(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, and a device may never end
            raise InputError(f"{name}: found {'a folder' if path.is_dir() else 'a device or pipe'}; allowed: a file")
        if path.stat().st_size > LARGEST:
            raise InputError(f"{name}: larger than {LARGEST:,} bytes; a Pulumi file is never that large")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name}: not UTF-8 text\n  → save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})\n  → check the path and its permissions") from None
    data = _parsed(text, name)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InputError(f"{name}: found {type(data).__name__}; allowed: a mapping of keys to values")
    if not _is_bounded(data):
        raise InputError(f"{name}: unfolds to more than {MOST_VALUES:,} values")
    return data


def _parsed(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise InputError(f"{place}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "not YAML"
        raise InputError(f"{name}: {reason}") from None


def _is_bounded(data: Any) -> bool:
    """Whether the data stay small when aliases are unfolded; an alias of what it is in never ends."""
    todo, count = [data], 0
    while todo:
        value = todo.pop()
        count += 1
        if count > MOST_VALUES:
            return False
        todo.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return True


def shown(path: Path) -> str:
    """The path as messages write it: short where it is below the working directory."""
    # not resolved: a link is named as the user sees it, and may lead nowhere
    full = Path(os.path.abspath(path))  # noqa: PTH100
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(path)
