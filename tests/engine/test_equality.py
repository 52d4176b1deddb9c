"""What the offline preview records is what the real engine previews, for every sample."""

import json
from pathlib import Path

import pytest

from intertie.lab import equality
from intertie.lab.session import Lab
from support.labs import EVERY_STACK, done, sample
from support.stacks import graph_of

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_the_engine_previews_what_the_offline_preview_records(clouds: Lab, tmp_path: Path, stack: str) -> None:
    outcome = done(sample(clouds, tmp_path / "project", stack).preview("--json"))
    engine = equality.engine_graph(json.loads(outcome.stdout), "inference", stack)
    offline = graph_of(stack)

    assert outcome.changes == {"create": len(offline)}
    assert equality.told(equality.difference(offline, engine)) == ""
