"""Figures of the policy packs: many resources through `policy check`, and what a pack adds to a preview."""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from intertie.lab import home, programs
from intertie.lab.engine import Engine
from intertie_policies import testing
from intertie_policies.engine import Judge
from intertie_policies.resources import Node
from intertie_policies.testing import TODAY

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "policies" / "fixtures"
MANY = 10_000
RUNS = 3
PAIRS = 3
PROGRAM = """
import pulumi
from pulumi_aws import kms

tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
for number in range(100):
    kms.Key(f"key-{number}", enable_key_rotation=True, tags=tags, region="us-east-1")
"""

Say = Callable[[str], None]
Hold = Callable[[str, float, float], None]


def check(say: Say, hold: Hold) -> None:
    """10,000 resources of all types that rules read: as a process, and of that the judging alone.

    Each is done a few times and the quickest counts: other work on the machine only ever adds. What the processor
    spent stands beside it.
    """
    some = [node for case in testing.load_all(FIXTURES) for node in case.nodes]
    nodes = [_numbered(some[number % len(some)], number) for number in range(MANY)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resources.json"
        file.write_text(json.dumps([_listed(node) for node in nodes]))
        runs = [_checked(file) for _ in range(RUNS)]
    counts = runs[0][2]
    say(f"policy check of {counts['resources']:,} resources: {counts['pass']:,} checks pass, {counts['fail']:,} fail")
    took, spent, _ = min(runs, key=lambda run: run[0])
    hold("policy check of 10,000 resources, s", took, 10)
    say(f"of the processor that took   {spent:.2f} s")
    judged = [_judged(nodes) for _ in range(RUNS)]
    took, spent = (min(each) / MANY * 1000 for each in zip(*judged, strict=True))
    hold("judging one resource, ms", took, 1)
    say(f"of the processor that took   {spent:.2f} ms")


def _checked(file: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds by the clock and of the processor, and what was counted."""
    command = [sys.executable, "-m", "intertie", "policy", "check", str(file), "--format", "json"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, spent, json.loads(ran.stdout)["counts"]


def _judged(nodes: list[Node]) -> tuple[float, float]:
    started, spent = time.perf_counter(), time.process_time()
    Judge(today=TODAY).everything(nodes)
    return time.perf_counter() - started, time.process_time() - spent


def _numbered(node: Node, number: int) -> Node:
    return Node(node.type, f"{node.name}-{number}", f"urn:pulumi:many::many::{node.type}::{number}", node.props)


def _listed(node: Node) -> dict[str, object]:
    return {"type": node.type, "name": node.name, "urn": node.urn, "props": node.props}


def in_engine(say: Say, hold: Hold) -> None:
    """A preview of 100 resources by the real engine, with and without the production pack, by turns."""
    if missing := programs.missing():
        say(f"policy pack in the engine   NOT MEASURED: {', '.join(missing)} not found; run `make tools`")
        return
    with tempfile.TemporaryDirectory(prefix="intertie-bench-") as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: many\nruntime: python\n")
        (project / "__main__.py").write_text(PROGRAM)
        engine = Engine(home.create(Path(folder) / "lab").environment(), project, "live")
        assert engine.init().ok
        assert engine.run("config", "set", "aws:region", "us-east-1").ok
        pack = f"--policy-pack={ROOT / 'policies' / 'production'}"
        runs = [(_seconds(engine), _seconds(engine, pack)) for _ in range(PAIRS + 1)][1:]
    without, with_pack = (statistics.median(each) for each in zip(*runs, strict=True))
    say(f"preview of 100 resources by the engine   {without:.2f} s; with the production pack   {with_pack:.2f} s")
    hold("what the production pack adds, s", with_pack - without, 1.5)


def _seconds(engine: Engine, *options: str) -> float:
    outcome = engine.preview(*options)
    if not outcome.ok:
        raise SystemExit(f"bench: {outcome.text[-2000:]}")
    return outcome.seconds
