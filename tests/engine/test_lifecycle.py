"""The life of every sample through the real engine, on simulated clouds and real Kubernetes: up, changes, down."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from intertie.lab.engine import Engine, Outcome
from intertie.lab.session import Lab
from support.lab_adopted import found_clusters
from support.lab_security import in_clear, readable_by_others
from support.labs import EVERY_STACK, done, orphans, sample

pytestmark = [pytest.mark.engine, pytest.mark.kubernetes, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Edit:
    """A change of the description, and what may be touched by it: names of resources."""

    old: str
    new: str
    touches: str  # a regular expression; what else is touched is a failure
    replaces: tuple[str, ...] = ()  # names of all resources that are replaced


REPLICAS: Mapping[str, Edit] = {
    "chat.yaml": Edit("replicas: 1..8", "replicas: 1..6", r"chat-cluster-.*generate.*|chat-workload-generate-.*"),
    "pilot.yaml": Edit(
        "replicas: 1", "replicas: 2", r"pilot-cluster-.*generate.*|pilot-workload-generate-.*|.*-alerts.*"
    ),
    "large.yaml": Edit("replicas: 1", "replicas: 2", r"large-cluster-.*generate.*|large-workload-generate-.*"),
    "accelerators.yaml": Edit(
        "replicas: 1..4", "replicas: 1..3", r"summarize-cluster-.*generate.*|summarize-workload-generate-.*"
    ),
}

COLD = ("large-azure",)
"""Placements without pools and workload: a change of replicas reaches nothing there."""

ACCELERATOR: Mapping[str, Edit] = {
    stack: Edit(old, new, touches, tuple(replaces.split()))
    for stack, old, new, touches, replaces in (
        ("aws-use1", "[l4, a10]", "[l40s]", r"chat-workload-moderate-deployment",
         "chat-cluster-moderate0-nodes chat-cluster-moderate1-nodes"),
        ("azure-swc", "[l4, a10]", "[a100-80gb]", r"chat-workload-moderate-deployment",
         "chat-cluster-pool-moderate0 chat-cluster-pool-moderate1"),
        ("gcp-euw4", "[l4, a10]", "[a100-80gb]", r"chat-workload-moderate-deployment",
         "chat-cluster-pool-moderate0 chat-cluster-pool-moderate1"),
        ("pilot-aws", "[l4, a10]", "[l40s]", r"pilot-workload-generate-deployment",
         "pilot-cluster-generate0-nodes pilot-cluster-generate1-nodes"),
        ("pilot-azure", "[l4, a10]", "[a100-80gb]", r"pilot-workload-generate-deployment",
         "pilot-cluster-pool-generate0 pilot-cluster-pool-generate1"),
        ("pilot-gcp", "[l4, a10]", "[a100-80gb]", r"pilot-workload-generate-deployment",
         "pilot-cluster-pool-generate0 pilot-cluster-pool-generate1"),
        # A TPU is told by its machine type alone, and that GKE changes in place: UpdateNodePool.machine_type.
        ("tpu-use5", "tpu-v6e, tpu-v5e]", "tpu-v5e]",
         r"summarize-workload-generate-deployment|summarize-cluster-pool-generate.", ""),
        ("trainium-use2", "[trainium1, inferentia2,", "[inferentia2,",
         r"summarize-workload-generate-deployment|summarize-cluster-generate.-template",
         "summarize-cluster-generate0-nodes summarize-cluster-generate1-nodes"),
    )
}  # fmt: skip
"""The large samples hold reservations of their one accelerator: there is nothing to change to."""


def edited(engine: Engine, edit: Edit) -> Outcome:
    """`pulumi up` after a change of the description."""
    spec = described(engine)
    text = spec.read_text()
    assert text.count(edit.old) == 1, f"{spec.name} has {edit.old!r} {text.count(edit.old)} times"
    spec.write_text(text.replace(edit.old, edit.new))
    return done(engine.up())


def described(engine: Engine) -> Path:
    """The description that a stack names."""
    config = (engine.project / "stacks" / f"Pulumi.{engine.stack}.yaml").read_text()
    found = re.search(r"inference:spec: (\S+)", config)
    assert found is not None
    return engine.project / "stacks" / found[1]


def lifted(engine: Engine) -> Outcome:
    """`pulumi up` that takes the deletion protection off, as a person does before a destroy that is meant."""
    done(engine.run("config", "set", "lift_deletion_protection", "true"))
    return done(engine.up())


def touched(outcome: Outcome, *ops: str) -> set[str]:
    return {step.name for step in outcome.steps if step.op in ops}


@pytest.mark.parametrize("stack", EVERY_STACK)
def test_a_sample_lives_from_its_first_update_to_an_empty_world(organisation: Lab, tmp_path: Path, stack: str) -> None:
    engine = sample(organisation, tmp_path / "project", stack)
    others = found_clusters(organisation, engine)
    expected = done(engine.preview()).changes
    assert set(expected) == {"create"}

    assert done(engine.up()).changes == expected
    assert orphans(organisation, engine) == []
    assert in_clear(organisation.home, engine.project) == []
    assert readable_by_others(organisation.folder) == []
    assert done(engine.up()).changed == {}
    assert done(engine.refresh()).changed == {}

    if edit := REPLICAS.get(described(engine).name):
        more = edited(engine, edit)
        assert set(more.changed) == (set() if stack in COLD else {"update"})
        assert [name for name in touched(more, "update") if not re.fullmatch(edit.touches, name)] == []

    if edit := ACCELERATOR.get(stack):
        other = edited(engine, edit)
        assert touched(other, "replace") == set(edit.replaces)
        assert set(other.changed) <= {"replace", "update"}
        assert [name for name in touched(other, "update") if not re.fullmatch(edit.touches, name)] == []
        assert done(engine.up()).changed == {}
        assert orphans(organisation, engine) == []

    lift = lifted(engine)
    assert set(lift.changed) <= {"update"}
    assert not [name for name in touched(lift, "update") if not re.search("control-plane|cluster", name)]
    assert set(done(engine.destroy()).changed) == {"delete"}
    assert engine.resources() == ()
    assert organisation.status().resources == {}
    assert tuple(cluster.id for cluster in organisation.status().clusters) == others
