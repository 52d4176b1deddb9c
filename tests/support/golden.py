"""Comparison with files under `tests/golden/`. `UPDATE_GOLDENS=1 pytest …` rewrites them; review the difference."""

import os
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1] / "golden"


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(documents: list[Any]) -> str:
    return yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120, explicit_start=True)


def assert_golden(name: str, text: str) -> None:
    """`text` is what `tests/golden/<name>` holds."""
    path = ROOT / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} does not exist: UPDATE_GOLDENS=1 writes it"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: UPDATE_GOLDENS=1 rewrites it"
