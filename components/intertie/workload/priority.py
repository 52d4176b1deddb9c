"""Which stage goes first when room is short: classes of priority, of the pipeline's own."""

from typing import Any

from intertie.plan import Plan, StagePlan
from intertie.spec.stage import Priority
from intertie.workload.manifest import Manifest, labels

VALUES = {Priority.HIGH: 100_000, Priority.NORMAL: 10_000, Priority.LOW: 100}
"""Far below the system's own classes, which begin at two thousand million."""


def objects(plan: Plan) -> tuple[Manifest, ...]:
    """A class for each word that a stage uses. Classes are the cluster's: pipelines on one cluster have their own."""
    used = {stage.spec.priority for stage in plan.stages} - {None}
    return tuple(_class(plan, word) for word in VALUES if word in used)


def field(plan: Plan, stage: StagePlan) -> dict[str, str]:
    """The field of the stage's pods."""
    word = stage.spec.priority
    return {"priorityClassName": _name(plan, word)} if word is not None else {}


def role(word: Priority) -> str:
    return f"priority-{word.value}"


def _name(plan: Plan, word: Priority) -> str:
    return f"{plan.namespace}-{word.value}"


def _class(plan: Plan, word: Priority) -> Manifest:
    """What is of low priority waits for room and takes nobody's."""
    body: dict[str, Any] = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": _name(plan, word), "labels": labels(plan)},
        "value": VALUES[word],
        "globalDefault": False,
        "preemptionPolicy": "Never" if word is Priority.LOW else "PreemptLowerPriority",
        "description": f"Stages of pipeline {plan.spec.name} with priority {word.value}.",
    }
    return Manifest(role(word), body)
