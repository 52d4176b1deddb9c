"""What a run found. Plain data, in the order of resources and rules: the same input gives the same list."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from intertie_policies.rule import Level, Verdict

SCHEMA = "intertie.policy/v1"


@dataclass(frozen=True, slots=True)
class Result:
    """One violation of one rule by one resource, or one question that cannot be answered yet."""

    pack: str
    rule: str
    level: Level  # advisory | mandatory
    result: Verdict  # fail | unknown
    urn: str
    name: str
    message: str
    remediation: str
    path: str = ""
    waived: str = ""  # by whom, until when and why

    @property
    def stops(self) -> bool:
        """Whether it stops a preview or update."""
        return self.level is Level.MANDATORY and not self.waived

    def to_json(self) -> dict[str, Any]:
        return {
            "pack": self.pack,
            "rule": self.rule,
            "level": self.level.value,
            "result": self.result.value,
            "urn": self.urn,
            "name": self.name,
            "path": self.path,
            "message": self.message,
            "remediation": self.remediation,
            "waived": self.waived,
        }


@dataclass(frozen=True, slots=True)
class Remediated:
    """A change that a remediation made, or would make."""

    rule: str
    urn: str
    name: str
    path: str
    value: Any

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "urn": self.urn, "name": self.name, "path": self.path, "value": self.value}


@dataclass(slots=True)
class Report:
    """All results of a run, and how many checks passed."""

    pack: str
    results: list[Result] = field(default_factory=list)
    remediated: list[Remediated] = field(default_factory=list)
    resources: int = 0
    passed: int = 0  # pairs of resource (or stack) and rule

    @property
    def verdict(self) -> str:
        return "fail" if any(result.stops for result in self.results) else "pass"

    def counts(self) -> dict[str, int]:
        """Results by kind. A waived one counts as waived only."""
        kinds = Counter("waived" if each.waived else each.result.value for each in self.results)
        levels = Counter(each.level.value for each in self.results if not each.waived)
        return {
            "resources": self.resources,
            "pass": self.passed,
            "fail": kinds["fail"],
            "unknown": kinds["unknown"],
            "waived": kinds["waived"],
            "mandatory": levels["mandatory"],
            "advisory": levels["advisory"],
        }

    def to_json(self) -> dict[str, Any]:
        """`intertie.policy/v1`."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "results": [result.to_json() for result in self.results],
            "remediated": [each.to_json() for each in self.remediated],
            "counts": self.counts(),
        }


def merged(reports: Iterable[Report]) -> dict[str, Any]:
    """Several packs as one `intertie.policy/v1`."""
    all_ = list(reports)
    counts: Counter[str] = Counter()
    for report in all_:
        counts.update({key: number for key, number in report.counts().items() if key != "resources"})
    return {
        "schema": SCHEMA,
        "verdict": "fail" if any(report.verdict == "fail" for report in all_) else "pass",
        "results": [result.to_json() for report in all_ for result in report.results],
        "remediated": [each.to_json() for report in all_ for each in report.remediated],
        "counts": {"resources": max((report.resources for report in all_), default=0), **counts},
    }
