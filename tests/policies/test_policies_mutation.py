"""How many changed rules and how much changed framework the tests notice: the mutation score."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.mutants import idle_spans
from support.mutation_score import modules
from support.policy_cases import FRAMEWORK_TESTS

TESTS = Path(__file__).parents[1]


@pytest.mark.soak
@pytest.mark.timeout(10_000)
def test_the_tests_notice_four_of_five_mutants_of_the_rules_and_of_the_framework(
    record_property: Callable[[str, object], None],
) -> None:
    framework = [name.partition(".")[2] for name in modules("") if ".rules" not in name and "." in name]
    for parts in (["rules"], framework):
        command = [sys.executable, "-m", "support.mutation_score", *parts]
        ran = subprocess.run(command, cwd=TESTS, check=False, capture_output=True, text=True)
        said = "\n".join(line for line in ran.stdout.splitlines() if not line.startswith("survives"))
        record_property("figures", f"mutation score:\n{said}")
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_annotations_and_remembering_decorators_are_not_mutated() -> None:
    code = "@cache\ndef f(a: int | None = 1 + 1) -> str | None:\n    b: int | str = a\n    return b + 1\n"
    assert sorted(idle_spans(code)) == [((1, 0), (1, 6)), ((2, 8), (2, 19)), ((2, 31), (2, 42)), ((3, 6), (3, 16))]


def test_every_module_of_the_framework_is_held_by_tests_of_its_own() -> None:
    parts = {name.split(".")[1] for name in modules("") if "." in name}
    assert parts - {"rules"} == set(FRAMEWORK_TESTS)
    files = {file.stem for file in (TESTS / "policies").glob("test_*.py")}
    assert {f"test_{name}" for names in FRAMEWORK_TESTS.values() for name in names} <= files
