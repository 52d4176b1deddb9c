"""A Pulumi project on disk: what Pulumi.yaml says, and which stacks have a file."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intertie.errors import InputError
from intertie.preview import pulumi_yaml
from intertie.preview.settings import Declaration, Settings, declarations, settings

_PREFIX, _SUFFIX = "Pulumi.", ".yaml"
_LONGEST = 200
POLICY_FILE = "policy.json"
"""What the organisation tells the policy packs, beside the stacks' files."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose program is written in Python."""

    name: str
    root: Path  # folder of Pulumi.yaml
    program: Path  # folder or script
    stack_folder: Path  # where Pulumi.<stack>.yaml lie
    declared: Mapping[str, Declaration]  # configuration keys by full name

    @property
    def program_folder(self) -> Path:
        """The folder that a program takes its relative paths from."""
        return self.program if self.program.is_dir() else self.program.parent

    def stacks(self) -> tuple[str, ...]:
        """Names of the stacks that have a file, sorted."""
        files = self.stack_folder.glob(f"{_PREFIX}*{_SUFFIX}")
        names = (file.name.removeprefix(_PREFIX).removesuffix(_SUFFIX) for file in files)
        return tuple(sorted(name for name in names if name))

    def policy_file(self) -> Path | None:
        """The packs' configuration that lies beside the stacks' files; None where there is none."""
        file = self.stack_folder / POLICY_FILE
        return file if file.is_file() else None

    def settings(self, stack: str) -> Settings:
        """The stack's configuration with the project's defaults. InputError when its file cannot be read."""
        file = self.stack_folder / f"{_PREFIX}{stack}{_SUFFIX}"
        return settings(self.name, self.declared, pulumi_yaml.read(file), pulumi_yaml.shown(file))

    def chosen(self, wanted: tuple[str, ...] | None) -> tuple[str, ...]:
        """The wanted stacks, or all of them. InputError when one has no file, or when there are none at all."""
        known = self.stacks()
        if not known:
            folder = pulumi_yaml.shown(self.stack_folder)
            raise InputError(f"{folder}: no stack has a file Pulumi.<stack>.yaml here\n  → pulumi stack init NAME")
        for name in wanted or ():
            if name not in known:
                raise InputError(f"no stack is called {name!r}; known: {', '.join(known)}{meant(name, known)}")
        return wanted if wanted is not None else known


def read_project(root: Path) -> Project:
    """The project in a folder. InputError when there is none, or none that can be run here."""
    file = root / "Pulumi.yaml"
    if not file.is_file():
        raise InputError(f"{pulumi_yaml.shown(root)}: no Pulumi.yaml here\n  → name the folder of a Pulumi project")
    data, name = pulumi_yaml.read(file), pulumi_yaml.shown(file)
    project = _text(data, "name", name, required=True)
    _check_runtime(data.get("runtime"), name)
    program = root / _text(data, "main", name)
    if not program.exists():
        raise InputError(f"{name}: main: found {data['main']!r}, which does not exist")
    config = data.get("config")
    # `config: folder` is the older spelling of stackConfigDir
    folder = config if isinstance(config, str) else _text(data, "stackConfigDir", name)
    declared = {} if isinstance(config, str) else declarations(project, config, name)
    return Project(project, root.resolve(), program.resolve(), Path(os.path.realpath(root / folder)), declared)


def _text(data: Mapping[str, Any], key: str, name: str, *, required: bool = False) -> str:
    value = data.get(key, None if required else "")
    if not isinstance(value, str) or (required and not value):
        raise InputError(f"{name}: {key}: found {value!r}; allowed: text")
    if "\0" in value or len(value) > _LONGEST:
        raise InputError(f"{name}: {key}: allowed: at most {_LONGEST} characters, none of them a null")
    return value


def _check_runtime(runtime: Any, name: str) -> None:
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise InputError(f"{name}: runtime: found {language!r}; allowed: python\n  → only Python programs run here")


def meant(word: str, words: tuple[str, ...]) -> str:
    """`; did you mean …?` when one of the words is near."""
    near = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
