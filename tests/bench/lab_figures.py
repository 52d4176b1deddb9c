"""Figures of the lab: how long it takes to start and to stop, and what the real engine takes for the sample stacks."""

import json
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bare_listing import listing

from intertie.lab import programs
from intertie.lab.engine import Engine, Outcome, copy_project
from intertie.lab.session import Lab
from intertie.lab.world import Cluster, World

HERE = Path(__file__).parent
MANY = 10
MANY_OF = "pilot-gcp"
PAIRS = max(1, int(os.environ.get("INTERTIE_BENCH_RUNS", "5")) // 2)

Say = Callable[[str], None]
Hold = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Stack:
    """A stack in a lab of its own."""

    lab: Lab
    engine: Engine


@contextmanager
def fresh(stack: str, program: Path | None = None, listed: str = "") -> Iterator[Stack]:
    """A new stack of the project, or of a bare program with its listing."""
    with Lab(Path(tempfile.mkdtemp(prefix="intertie-bench-"))) as lab:
        project = copy_project(programs.root(), lab.folder / "project")
        if program is not None:
            shutil.copy(program, project / "stacks" / "__main__.py")
            (project / "stacks" / "resources.json").write_text(listed)
        engine = Engine(lab.environment(), project, stack)
        done(engine.init())
        yield Stack(lab, engine)


@dataclass(frozen=True)
class Taken:
    """What a command took: on the wall, and of the processors by all that it started, whatever else was running."""

    wall: float
    processor: float


def taken(run: Callable[[], Outcome]) -> tuple[Taken, Outcome]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = done(run())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(outcome.seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), outcome


def done(outcome: Outcome) -> Outcome:
    if not outcome.ok:
        raise SystemExit(f"bench: pulumi {' '.join(outcome.words)}: {outcome.code}\n{outcome.text[-3000:]}")
    return outcome


def lifecycle(say: Say, hold: Hold) -> None:
    """Start of a lab, stop of one with a control plane."""
    started, stopped = [], []
    for _ in range(PAIRS):
        lab = Lab(Path(tempfile.mkdtemp(prefix="intertie-bench-")))
        began = time.perf_counter()
        lab.start()
        started.append(time.perf_counter() - began)
        with_control_plane(lab)
        began = time.perf_counter()
        lab.stop()
        stopped.append(time.perf_counter() - began)
    say(f"lab start   {statistics.median(started):.2f} s")
    say(f"lab stop, with a control plane   {statistics.median(stopped):.2f} s")
    hold("slowest lab start, in s", max(started), 10)
    hold("slowest lab stop, in s", max(stopped), 5)


def with_control_plane(lab: Lab) -> None:
    world = World(lab.home.world)
    world.put_cluster(Cluster("aws-us-east-1-chat", "aws", "us-east-1", "chat", "wanted"))
    while (state := world.clusters()[0]).state != "running":
        if state.error:
            raise SystemExit(f"bench: {state.error}")
        time.sleep(0.02)
    world.close()


def stacks(names: tuple[str, ...], say: Say, hold: Hold) -> None:
    """Every command on every stack; then our component against a bare program, in pairs that take turns."""
    for name in names:
        with fresh(name) as one:
            preview = done(one.engine.preview())
            first = done(one.engine.up())
            listed = json.dumps(listing(one.engine.resources(secrets=True)))
            again = done(one.engine.up())
            done(one.engine.run("config", "set", "lift_deletion_protection", "true"))
            done(one.engine.up())
            gone = done(one.engine.destroy())
        count = sum(first.changes.values())
        assert not again.changed
        say(
            f"{name}, {count} resources   preview {preview.seconds:.1f} s   first up {first.seconds:.1f} s   "
            f"no-change up {again.seconds:.1f} s   destroy {gone.seconds:.1f} s"
        )
        against_bare(name, listed, say, hold)


def against_bare(name: str, listed: str, say: Say, hold: Hold) -> None:
    """`preview` and `up` of our program and of one that only constructs the same resources with the same SDKs."""
    ours: dict[str, list[Taken]] = {"preview": [], "up": []}
    bare: dict[str, list[Taken]] = {"preview": [], "up": []}
    count = len(json.loads(listed))
    for _ in range(PAIRS):
        for figures, program in ((ours, None), (bare, HERE / "bare_stack.py")):
            with fresh(name, program, listed) as one:
                figures["preview"].append(taken(one.engine.preview)[0])
                spent, made = taken(one.engine.up)
            figures["up"].append(spent)
            if program is not None and made.changes != {"create": count + 1}:  # the stack itself is one
                raise SystemExit(f"bench: the bare program made {made.changes}, of {count} resources")
    for what, figures in ours.items():
        mine, theirs = median(figures), median(bare[what])
        say(
            f"{name}   {what}: our component {mine.wall:.1f} s (processors {mine.processor:.1f} s), "
            f"bare program {theirs.wall:.1f} s ({theirs.processor:.1f} s)"
        )
        hold(f"{name}   {what}, our component to a bare program", mine.wall / theirs.wall, 1.2)


def median(figures: list[Taken]) -> Taken:
    return Taken(statistics.median(each.wall for each in figures), statistics.median(e.processor for e in figures))


def many(say: Say, hold: Hold) -> None:
    """Previews of ten stacks at once in one lab, against one of them alone."""
    with fresh(MANY_OF) as one:
        config = one.engine.project / "stacks" / f"Pulumi.{MANY_OF}.yaml"
        engines = []
        for index in range(MANY):
            name = f"{MANY_OF}-{index}"
            shutil.copy(config, config.with_name(f"Pulumi.{name}.yaml"))
            engines.append(Engine(one.engine.environment, one.engine.project, name))
            done(engines[-1].init())
        alone = statistics.median(done(one.engine.preview()).seconds for _ in range(PAIRS))
        began = time.perf_counter()
        with ThreadPoolExecutor(MANY) as pool:
            list(pool.map(lambda engine: done(engine.preview()), engines))
        together = time.perf_counter() - began
    say(f"preview of {MANY_OF} alone   {alone:.1f} s;   of {MANY} such stacks at once   {together:.1f} s")
    hold(f"{MANY} stacks at once to {MANY} one after the other", together / (MANY * alone), 1.0)
