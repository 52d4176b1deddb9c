"""A power cut in the middle of an update: the next one ends where an undisturbed one ends, and nothing is orphaned."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from intertie.lab.engine import Engine
from intertie.lab.session import Lab
from support.labs import done, orphans, sample
from support.programs import wait_until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.kubernetes,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("kill-points"),  # they share the update that nobody disturbs
]

STACK = "gcp-euw4"
POINTS = 20
IN_EVERY_RUN = (1, 6, 11, 16, 19)


def states(engine: Engine) -> dict[str, Any]:
    """The state, without what differs from run to run: ids, times, addresses, and in which order things came."""
    return {
        each["urn"]: (
            sorted(each.get("inputs") or ()),
            sorted(each.get("outputs") or ()),
            each.get("parent"),
            sorted(each.get("dependencies") or ()),
            (each.get("provider") or "").rpartition("::")[0],
            each.get("initErrors"),
        )
        for each in engine.resources()
    }


def world(lab: Lab) -> Counter[str]:
    return Counter(lab.status().resources or {})


@dataclass(frozen=True)
class Undisturbed:
    steps: int
    states: dict[str, Any]
    world: Counter[str]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What an update ends in that nobody disturbs. Its lab is not kept: no two labs at once."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with Lab(folder / "lab") as lab:
        engine = sample(lab, folder / "project", STACK)
        outcome = done(engine.up())
        steps = sum("resOutputsEvent" in event for event in outcome.events)
        return Undisturbed(steps, states(engine), world(lab))


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point in IN_EVERY_RUN else [pytest.mark.soak], id=f"{point}-of-{POINTS}")
        for point in range(POINTS)
    ],
)
def test_an_update_that_was_killed_is_finished_by_the_next_one(
    organisation: Lab, tmp_path: Path, undisturbed: Undisturbed, point: int
) -> None:
    engine = sample(organisation, tmp_path / "project", STACK)
    command = engine.start("up", "--yes", "--skip-preview")
    wanted = undisturbed.steps * point // POINTS
    # The prelude comes when the stack is locked: a CLI that is killed before that has begun nothing.
    begun = partial(command.logged, "preludeEvent")
    made = partial(command.logged, "resOutputsEvent")
    wait_until(lambda: (begun() and made() >= wanted) or command.process.poll() is not None, 300)
    command.kill()
    assert command.wait(60).code == -9, "the update ended before it could be killed"

    refused = engine.up()
    assert "the stack is currently locked by 1 lock(s)" in refused.text
    done(engine.cancel())
    done(engine.up())

    # Pulumi keeps saying what was under way until it is told that somebody has looked.
    assert done(engine.refresh("--clear-pending-creates")).changed == {}
    assert engine.state().get("pending_operations") is None
    assert states(engine) == undisturbed.states
    assert world(organisation) == undisturbed.world
    assert orphans(organisation, engine) == []
    assert done(engine.preview()).changed == {}
