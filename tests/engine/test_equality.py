"""What the offline preview records is what the real engine previews, for every sample."""

import json
from pathlib import Path

import pytest

from intertie.lab import equality
from intertie.lab.session import Lab
from support.labs import done, sample, soaked
from support.stacks import STACKS, graph_of, grouped

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("stack", [grouped(stack, *soaked(stack)) for stack in STACKS])
def test_the_engine_previews_what_the_offline_preview_records(clouds: Lab, tmp_path: Path, stack: str) -> None:
    outcome = done(sample(clouds, tmp_path / "project", stack).preview("--json"))
    engine = equality.engine_graph(json.loads(outcome.stdout), "inference", stack)
    offline = graph_of(stack)

    assert outcome.changes == {"create": len(offline)}
    assert equality.told(equality.difference(offline, engine)) == ""
