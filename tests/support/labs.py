"""The sample stacks through the real engine, in a lab of a test's own."""

from pathlib import Path

import pytest

from intertie.lab.engine import Engine, Outcome, copy_project
from intertie.lab.session import Lab
from support.stacks import ROOT, SAMPLE, STACKS

EVERY_STACK = [pytest.param(stack, marks=[] if stack in SAMPLE else [pytest.mark.soak], id=stack) for stack in STACKS]
"""One sample per cloud in `make test`, all of them in `make soak`."""


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
