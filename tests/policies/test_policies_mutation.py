"""How many changed rules and how much changed framework the cases notice: the mutation score."""

import sys

import pytest

from intertie_policies import registry
from support.mutants import mutants, survives
from support.policy_cases import holds

MOST = 1_500
LEAST = 0.80
FRAMEWORK = (
    "accessor", "changes", "engine", "fleet", "pools", "region", "resources", "secret_text", "tags", "waivers",
    "workloads",
)  # fmt: skip
pytestmark = pytest.mark.soak


def modules_of(part: str) -> list[str]:
    """Modules with checks, or those that the checks stand on."""
    if part == "rules":
        return sorted({rule.check.__module__ for rule in registry.rules()})
    return [f"intertie_policies.{name}" for name in FRAMEWORK]


@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("part", ["rules", "framework"])
def test_the_cases_notice_four_of_five_mutants(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    modules = modules_of(part)
    assert all(holds(module) for module in modules)
    results = {mutant: survives(mutant, holds) for mutant in mutants(modules, MOST)}
    alive = [str(mutant) for mutant, survived in results.items() if survived]
    counted = sum(survived is not None for survived in results.values())
    score = 1 - len(alive) / counted
    with capsys.disabled():
        print(f"\nmutation score of the {part}: {score:.1%} ({counted - len(alive)} of {counted})", file=sys.stderr)
    assert score >= LEAST, "\n".join(alive)
