"""What the library of rules may import: it works for any Pulumi program, and starts fast."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "policies" / "intertie_policies"
FILES = sorted(LIBRARY.rglob("*.py"))
ALLOWED = ("intertie.errors", "intertie.catalog", "intertie.graph")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_rules_know_errors_catalogue_and_graph_and_no_cloud_sdk(file: Path) -> None:
    for name in imports(file):
        parts = name.split(".")
        assert parts[0] != "intertie" or name.startswith(ALLOWED), f"{file.name} imports {name}"
        assert not parts[0].startswith("pulumi_"), f"{file.name} imports {name}"


def test_only_the_host_knows_pulumi() -> None:
    for file in FILES:
        if file.name != "host.py":
            assert "pulumi" not in {name.split(".")[0] for name in imports(file)}, file
