"""`make bench`: how fast, and against what. Each figure stands beside what it is compared with, from the same run.

Times are medians of a few runs of whole processes. What is held to a limit and exceeds it fails the run at its end.
`run.py PART...` measures only some parts: cold, warm, growth, policies, money, lab, stacks, many. The environment may
say how many runs there are (INTERTIE_BENCH_RUNS) and on which stacks the engine is measured (INTERTIE_BENCH_STACKS).
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from intertie.lab import programs

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SAMPLE = ("aws-use1", "azure-swc", "gcp-euw4")
RUNS = int(os.environ.get("INTERTIE_BENCH_RUNS", "5"))
STACKS = tuple(os.environ.get("INTERTIE_BENCH_STACKS", " ".join(SAMPLE)).split())
exceeded: list[str] = []


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def in_pairs(one: list[str], other: list[str]) -> tuple[float, float]:
    """Medians of two commands that take turns, so that both meet the same machine."""
    for command in (one, other):  # files into the page cache
        seconds(command)
    pairs = [(seconds(one), seconds(other)) for _ in range(RUNS)]
    return statistics.median(first for first, _ in pairs), statistics.median(second for _, second in pairs)


def measured(code: str, *arguments: str) -> dict[str, float]:
    """What a fresh interpreter prints as JSON, with its own peak memory."""
    out = subprocess.run([sys.executable, "-c", code, *arguments], cwd=HERE, check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def cold(say: Callable[[str], None]) -> None:
    stacks = [word for stack in SAMPLE for word in ("--stack", stack)]
    preview = [sys.executable, "-m", "intertie", "preview", *stacks, "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "resources.json"
        subprocess.run([sys.executable, str(HERE / "list_resources.py"), str(listing), *SAMPLE], cwd=ROOT, check=True)
        bare = [sys.executable, str(HERE / "bare_program.py"), str(listing)]
        ours, theirs = in_pairs(preview, bare)
        count = sum(len(resources) for resources in json.loads(listing.read_text()).values())
    say(f"cold preview of the sample's three stacks, {count} resources   {ours:.2f} s")
    say(f"bare program, the same resources through the same SDKs   {theirs:.2f} s")
    hold("ratio", ours / theirs, 1.3)


WARM = """
import json, resource, sys, time
from pathlib import Path
from intertie.preview import preview
root, stacks = Path(sys.argv[1]), sys.argv[2:]
preview(root, stacks)
took = {}
for stack in stacks:
    started = time.perf_counter()
    preview(root, [stack])
    took[stack] = time.perf_counter() - started
took["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(took))
"""

GROWTH = """
import json, sys, time
from pathlib import Path
from growth import described
from intertie.preview import preview
root, folder = Path(sys.argv[1]), Path(sys.argv[2])
took = {}
preview(root, spec_file=described(3, folder))
for count in map(int, sys.argv[3:]):
    path = described(count, folder)
    started = time.process_time()  # of this process alone: other work on the machine does not count
    assert preview(root, spec_file=path).verdict == "pass"
    took[str(count)] = time.process_time() - started
print(json.dumps(took))
"""


def warm(say: Callable[[str], None]) -> None:
    figures = measured(WARM, str(ROOT), *SAMPLE)
    peak = figures.pop("peak MiB")
    for stack, took in figures.items():
        say(f"warm preview of {stack}   {took:.2f} s")
    say(f"peak memory of the three in one process   {peak:.0f} MiB")


def growth(say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(GROWTH, str(ROOT), folder, "3", "30", "300")
    each = {count: took / int(count) for count, took in figures.items()}
    for count, took in figures.items():
        say(f"preview of {count} placements   {took:.2f} s   {1000 * each[count]:.0f} ms each")
    say(f"ratio of time per placement, 300 to 30   {each['300'] / each['30']:.2f}   (linear is 1)")


def of_the_lab(say: Callable[[str], None], parts: set[str]) -> None:
    """Figures that need the lab's programs; it is said when they are not there."""
    if missing := programs.missing():
        say(f"lab   NOT MEASURED: {', '.join(missing)} not found; run `make tools`")
        return
    import lab_figures as lab

    if "lab" in parts:
        lab.lifecycle(say, hold)
    if "stacks" in parts:
        lab.stacks(STACKS, say, hold)
    if "many" in parts:
        lab.many(say, hold)


def policies(say: Callable[[str], None]) -> None:
    import policy_figures

    policy_figures.check(say, hold)
    policy_figures.in_engine(say, hold)


def money(say: Callable[[str], None]) -> None:
    """In a process of its own: numpy is told there how many threads it has."""
    out = subprocess.run([sys.executable, str(HERE / "money.py")], cwd=ROOT, check=True, capture_output=True, text=True)
    say(out.stdout.rstrip())
    for figure in out.stdout.splitlines():
        what, measured, held = (each.strip() for each in figure.partition(";")[0].split("   ", 2))
        limit = float(held.removeprefix("(held to ").rstrip(")"))
        if float(measured.split()[0]) > limit:
            exceeded.append(f"{what} {measured} > {limit:g}")


COSTS = """
import json, sys, time
from pathlib import Path
from growth import described
from intertie.money import PriceBook, cost_of
from intertie.plan import resolve
from intertie.spec import read_file
spec = read_file(described(300, Path(sys.argv[1])))
plans = [resolve(spec, name) for name in spec.placements]
started = time.perf_counter()
for plan in plans:
    cost_of(plan, PriceBook()).to_json()
print(json.dumps({"seconds": time.perf_counter() - started}))
"""


def costs() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hold("cost of 300 placements, prices read from their files, s", measured(COSTS, folder)["seconds"], 1)


PARTS = ("cold", "warm", "growth", "policies", "money", "lab", "stacks", "many")


def main() -> None:
    parts = set(sys.argv[1:]) or set(PARTS)
    if unknown := parts - set(PARTS):
        sys.exit(f"bench: no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name, part in (("cold", cold), ("warm", warm), ("growth", growth), ("policies", policies), ("money", money)):
        if name in parts:
            part(say)
    if "money" in parts:
        costs()
    if parts & {"lab", "stacks", "many"}:
        of_the_lab(say, parts)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    say(f"largest process of this run   {spent.ru_maxrss / 1024:.0f} MiB")
    if exceeded:
        sys.exit("bench: exceeded: " + "; ".join(exceeded))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def hold(what: str, figure: float, limit: float) -> None:
    """Say a figure beside what it is held to; what exceeds it fails the run when everything has been measured."""
    say(f"{what}   {figure:.2f}   (held to {limit:g})")
    if figure > limit:
        exceeded.append(f"{what} {figure:.2f} > {limit:g}")


if __name__ == "__main__":
    main()
