"""The sample stacks through the real engine, in a lab of a test's own."""

from pathlib import Path

import pytest

from intertie.lab.engine import Engine, Outcome, copy_project
from intertie.lab.session import Lab
from intertie.lab.world import World
from support.stacks import ROOT, SAMPLE, STACKS


def soaked(stack: str) -> list[pytest.MarkDecorator]:
    """One sample per cloud in `make test`, all of them in `make soak`."""
    return [] if stack in SAMPLE else [pytest.mark.soak]


EVERY_STACK = [pytest.param(stack, marks=soaked(stack), id=stack) for stack in STACKS]


def sample(lab: Lab, folder: Path, stack: str) -> Engine:
    """The engine on a new stack, in a copy of the project: `stack init` writes into it."""
    project = folder if folder.exists() else copy_project(ROOT, folder)
    engine = Engine(lab.environment(), project, stack)
    done(engine.init())
    return engine


def done(outcome: Outcome) -> Outcome:
    """The outcome of a command that must succeed."""
    assert outcome.ok, f"pulumi {' '.join(outcome.words)}: {outcome.code}\n{outcome.text}"
    return outcome


def orphans(lab: Lab, engine: Engine) -> list[str]:
    """What exists in the clouds and is in no state, and what a state has that exists nowhere."""
    world = World(lab.home.world)
    try:
        there = {(each.type, str(each.outputs["__id"])) for each in world.resources() if each.cloud != "kubernetes"}
    finally:
        world.close()
    clouds = ("aws:", "azure-native:", "gcp:")
    known = {(each["type"], each["id"]) for each in engine.resources() if each["type"].startswith(clouds)}
    lost = [f"in no state: {type_} {id_}" for type_, id_ in sorted(there - known)]
    return lost + [f"nowhere: {type_} {id_}" for type_, id_ in sorted(known - there)]
