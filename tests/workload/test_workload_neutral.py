"""A workload does not know on which cloud it is, and only one module of it knows Pulumi."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import intertie.workload

ROOT = Path(intertie.workload.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
CLOUDS = re.compile(r"(?i)\b(aws|amazon|eks|ec2|s3|azure|aks|microsoft|gcp|gke|google|gcloud)\b")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_cloud_is_named_in_code(path: Path) -> None:
    """Identifiers and texts; prose in docstrings and comments may cite a vendor's documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    } | {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    words += [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    words += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = [word for word in words if isinstance(word, str) and CLOUDS.search(word.replace("_", " "))]
    assert not named


def test_rendering_does_not_load_pulumi() -> None:
    program = (
        "import sys; from intertie.workload import charts, check_args, render; "
        "sys.exit(sorted(name for name in sys.modules if name.split('.')[0].startswith('pulumi')) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_one_module_names_pulumi() -> None:
    naming = [path.name for path in SOURCES if re.search(r"^\s*(import|from) pulumi", path.read_text(), re.MULTILINE)]
    assert naming == ["apply.py"]


def test_nothing_asks_the_plan_for_its_cloud_but_the_catalogue() -> None:
    """The cloud is part of a machine type's name, and so of the question how large it is."""
    asking = [path.name for path in SOURCES if re.search(r"\bplan\.(cloud|platform|region)\b", path.read_text())]
    assert asking == ["resources.py"]
