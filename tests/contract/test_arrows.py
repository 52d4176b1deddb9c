"""The arrows between the rooms, read from the imports. docs/architecture.md draws them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "components" / "intertie"

MAY_USE = {
    "errors": set(),
    "catalog": {"errors"},
    "spec": {"errors", "catalog"},
    "plan": {"errors", "catalog", "spec"},
    "contract": {"errors", "catalog", "spec", "plan"},
    "platforms": {"errors", "catalog", "spec", "plan", "contract", "migrations"},
    "workload": {"errors", "catalog", "spec", "plan", "contract", "migrations"},
    "migrations": set(),
    "boundary": {"contract", "errors", "money", "plan", "spec"},
    "clusters": {"boundary", "contract", "errors", "plan", "platforms"},
    "workloads": {"boundary", "contract", "errors", "plan", "platforms", "workload"},
    "reservations": {"boundary", "contract", "errors", "platforms"},
    "bootstraps": {"boundary", "contract", "errors", "platforms"},
    "pipeline": {"boundary", "clusters", "contract", "money", "plan", "workloads"},
    "graph": {"errors"},
    "money": {"errors", "catalog", "spec", "plan", "contract"},
    "preview": {"errors", "graph", "spec", "plan", "money"},
    "report": set(),
    "lab": {"drills", "errors", "graph"},
    "drills": {"errors"},
    "replication": {"errors", "catalog", "spec", "plan"},
}
"""Which rooms each room may import. `cli` and tests wire everything and so are free."""

WITHOUT_PULUMI = ("errors", "catalog", "spec", "plan", "contract", "money", "report")


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, at any depth."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "intertie" and len(parts) > 1 else None


def rooms() -> list[str]:
    names = {path.name if path.is_dir() else path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    return sorted(name for name in names if not name.startswith("__") and files_of(name))


def files_of(room: str) -> list[Path]:
    folder, file = PACKAGE / room, PACKAGE / f"{room}.py"
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [file] if file.exists() else []


def test_every_room_has_its_arrows_written_down() -> None:
    assert set(rooms()) - {"cli"} <= set(MAY_USE)


@pytest.mark.parametrize("room", sorted(MAY_USE))
def test_a_room_uses_only_what_stands_left_of_it(room: str) -> None:
    known = set(rooms())
    for file in files_of(room):
        used = {used for used in map(room_of, imports(file)) if used in known}
        allowed = MAY_USE[room] | {room}
        assert used <= allowed, f"{file.relative_to(ROOT)} imports {sorted(used - allowed)}"


@pytest.mark.parametrize("room", WITHOUT_PULUMI)
def test_a_pure_room_never_imports_pulumi(room: str) -> None:
    for file in files_of(room):
        assert not any(name.split(".")[0].startswith("pulumi") for name in imports(file)), file


def test_rendering_of_manifests_never_imports_pulumi() -> None:
    for file in files_of("workload"):
        if file.name != "apply.py":
            assert not any(name.split(".")[0].startswith("pulumi") for name in imports(file)), file


def test_only_the_command_line_and_tests_use_the_lab_and_the_reports() -> None:
    for room in set(rooms()) - {"cli", "lab", "report"}:
        for file in files_of(room):
            assert not {"lab", "report"} & {room_of(name) for name in imports(file)}, file


def test_a_platform_uses_its_own_clouds_sdk_and_no_others() -> None:
    sdk = {"eks": "pulumi_aws", "aks": "pulumi_azure_native", "gke": "pulumi_gcp"}
    for platform in (*sdk, "existing"):
        for file in sorted((PACKAGE / "platforms" / platform).rglob("*.py")):
            used = {name.split(".")[0] for name in imports(file)} & set(sdk.values())
            assert used <= {sdk.get(platform)}, file
            others = {name.split(".")[2] for name in imports(file) if name.startswith("intertie.platforms.")}
            assert not others & ({*sdk, "existing"} - {platform}), file


def test_component_modules_can_be_read_by_the_package_analyser() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert "from __future__ import annotations" not in file.read_text(), file
