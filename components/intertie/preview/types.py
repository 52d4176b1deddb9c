"""What a preview shows: per stack its plan, its resources, its cost, and what is wrong. Plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intertie.errors import Problem
from intertie.graph import Finding, Graph
from intertie.money import Cost
from intertie.plan import Plan
from intertie_policies.results import Result

SCHEMA = "intertie.preview/v1"
PASS, FAIL = "pass", "fail"


@dataclass(frozen=True, slots=True)
class StackPreview:
    """One stack. `plan` is None for programs that describe no pipeline, `graph` when nothing could be recorded."""

    stack: str
    spec: str | None = None  # as the user wrote it
    plan: Plan | None = None
    graph: Graph | None = None
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    cost: Cost | None = None  # of the plan
    config: Mapping[str, str] = field(default_factory=dict)  # what is not secret of the stack's configuration
    policies: tuple[Result, ...] = ()  # of all packs that were asked for

    @property
    def verdict(self) -> str:
        """`fail` when there is a problem, an error or a mandatory violation. Warnings and what is advisory pass."""
        wrong = self.problems or any(finding.severity == "error" for finding in self.findings)
        return FAIL if wrong or any(result.stops for result in self.policies) else PASS

    def to_json(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "verdict": self.verdict,
            "spec": self.spec,
            "cloud": self.plan.cloud if self.plan else None,
            "region": self.plan.region if self.plan else None,
            "plan": self.plan.to_json() if self.plan else None,
            "resources": [resource.to_json() for resource in self.graph] if self.graph else [],
            "problems": [problem.to_json() for problem in self.problems],
            "findings": [finding.to_json() for finding in self.findings],
            "warnings": [message.text for message in self.graph.messages if message.severity == "warning"]
            if self.graph
            else [],
            "policies": [result.to_json() for result in self.policies],
            "cost": self.cost.to_json() if self.cost else None,
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """All stacks that were asked for. What is not in `evaluated` was not looked at: empty is not a pass."""

    stacks: tuple[StackPreview, ...]
    evaluated: tuple[str, ...] = field(default=("graph",))

    @property
    def verdict(self) -> str:
        return PASS if all(stack.verdict == PASS for stack in self.stacks) else FAIL

    def to_json(self) -> dict[str, Any]:
        """`intertie.preview/v1`."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "evaluated": list(self.evaluated),
            "stacks": [stack.to_json() for stack in self.stacks],
        }
