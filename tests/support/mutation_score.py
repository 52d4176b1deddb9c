"""How many changed rules, and how much changed framework, the tests notice: `python -m support.mutation_score PART...`

A part is a module or package of `intertie_policies` (`rules`, `rules.cost`, `accessor`); without one: all of them.
Every mutant is tried in a process of its own, for at most `mutation_trial.LONGEST` seconds, as many at a time as there
are processors. Printed are the score of
each file and the total; the run fails when fewer than four of five mutants are noticed, and lists those that are not.
Run from `tests/`, or through `make soak`.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from support import mutation_trial, policy_cases
from support.mutants import Mutant, mutants, source
from support.mutation_trial import PACKAGE

LEAST = 0.80
SOURCES = Path(__file__).parents[2] / "policies"
_HARNESS = (f"{PACKAGE}.testing",)
"""What holds rules to account: changing it changes the measure, not what is measured."""


def modules(part: str) -> list[str]:
    """Modules of a part that have something to change."""
    files = sorted((SOURCES / PACKAGE).rglob("*.py"))
    names = [".".join(file.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__") for file in files]
    wanted = f"{PACKAGE}.{part}" if part else PACKAGE
    return [name for name in names if f"{name}.".startswith(f"{wanted}.") and name not in _HARNESS]


def of_rules(module: str) -> bool:
    return f"{module}.".startswith(f"{PACKAGE}.rules.")


def survives(mutant: Mutant) -> bool | None:
    """Whether nothing notices the mutant. None: its text is no module that can be loaded."""
    code = mutant.code()
    if code is None:
        return None
    return _alive(mutant.module, code)


def _alive(module: str, code: str) -> bool | None:
    if of_rules(module):
        return mutation_trial.survives(module, code, "holds")
    if module.startswith(f"{PACKAGE}.config") or module == f"{PACKAGE}.rule":  # the fixtures are made of these
        return mutation_trial.survives(module, code, "holds_with_tests", anew=True)
    found = mutation_trial.survives(module, code, "holds")
    return mutation_trial.survives(module, code, "holds_with_tests", anew=True) if found else found


def tried(todo: Sequence[Mutant], seconds: float) -> Iterator[tuple[Mutant, bool]]:
    """(mutant, whether it survives) of those that can be loaded, until the time is over; 0 seconds: until the end."""
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        for mutant, alive in zip(todo, pool.map(survives, todo), strict=True):
            if alive is not None:
                yield mutant, alive
            if seconds and time.monotonic() - started > seconds:
                pool.shutdown(cancel_futures=True)
                return


def scores(found: dict[Mutant, bool]) -> Iterator[tuple[str, int, int]]:
    """(module, noticed, all) in the order of the modules."""
    by_module: dict[str, list[bool]] = defaultdict(list)
    for mutant, alive in found.items():
        by_module[mutant.module].append(alive)
    for module, alive in by_module.items():
        yield module, alive.count(False), len(alive)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=[""])
    parser.add_argument("--most", type=int, default=10**6, help="a sample of this size, the same one each time")
    parser.add_argument("--seconds", type=float, default=0, help="stop then, with what was tried, in any order")
    asked = parser.parse_args()
    policy_cases.cases()
    import pulumi_policy  # noqa: F401  read here once, and not again by each mutant

    chosen = [module for part in asked.parts for module in modules(part)]
    for module in chosen:
        if (alive := _alive(module, source(module))) is not True:
            found = "cannot be loaded" if alive is None else "is not as its tests want it"
            sys.exit(f"mutation score: {module} {found} without any change")
    started, found = time.monotonic(), {}
    todo = mutants(chosen, asked.most)
    if asked.seconds:
        random.Random(len(todo)).shuffle(todo)
    for mutant, alive in tried(todo, asked.seconds):
        found[mutant] = alive
        if alive:
            print(f"survives: {mutant}", flush=True)
    return told(found, time.monotonic() - started)


def told(found: dict[Mutant, bool], seconds: float) -> int:
    """Prints the scores; the exit code."""
    for module, noticed, count in sorted(scores(found)):
        print(f"{noticed / count:7.1%}  {noticed:4} of {count:4}  {module.removeprefix(f'{PACKAGE}.')}")
    noticed = sum(not alive for alive in found.values())
    score = noticed / len(found) if found else 0.0
    print(f"mutation score: {score:.1%} ({noticed} of {len(found)}), held to {LEAST:.0%}; {seconds:,.0f} s")
    return 0 if score >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
