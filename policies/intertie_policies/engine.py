"""Runs rules over resources and stacks: no rule passes on an unknown, and none ends the run.

A judge holds one pack with its configuration, and is the same for `pulumi preview`, `pulumi up`, `intertie preview` and
`intertie policy check`. It keeps no state between calls: any number of threads may use one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from intertie_policies import registry, waivers
from intertie_policies.accessor import Path, Read, State, Trace, show
from intertie_policies.changes import applied
from intertie_policies.config import Configuration
from intertie_policies.resources import Index, Node, Resource, Stack
from intertie_policies.results import Remediated, Report, Result
from intertie_policies.rule import PRODUCTION, Change, Check, Context, Level, Rule, Verdict, Violation, why_unknown

_LONGEST_MESSAGE = 1_000
_MOST_DOUBTS = 5  # unknown properties that are told per resource and rule
_STRICTNESS = (Level.DISABLED, Level.ADVISORY, Level.MANDATORY, Level.REMEDIATE)


@dataclass(frozen=True)
class Judge:
    """One pack, ready to judge. `applying`: inputs are resolved, so nothing is excused as known at apply only."""

    pack: str = PRODUCTION
    configuration: Configuration = field(default_factory=Configuration)
    stack: str = ""
    project: str = ""
    stack_config: Mapping[str, str] = field(default_factory=dict)
    applying: bool = False
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    rules: tuple[Rule, ...] = field(default_factory=registry.rules)

    @cached_property
    def context(self) -> Context:
        settings = self.configuration.settings
        config = {**settings.stack_config, **self.stack_config}
        environment = settings.environment_of(self.stack)
        return Context(
            settings, self.pack, self.stack, self.project, environment, config, self.today, self.applying
        )  # fmt: skip

    @cached_property
    def levels(self) -> dict[str, Level]:
        """Level by rule: the environment's, else set by hand, else the pack's; at most the environment's highest."""
        return {rule.id: self._level(rule) for rule in self.rules}

    @cached_property
    def _of_type(self) -> dict[str, tuple[Rule, ...]]:
        return {}

    def rules_for(self, type_: str) -> tuple[Rule, ...]:
        """Resource rules that are switched on and concern this type."""
        found = self._of_type.get(type_)
        if found is None:
            found = tuple(
                rule
                for rule in self.rules
                if rule.scope == "resource" and rule.reads(type_) and self.levels[rule.id] is not Level.DISABLED
            )
            self._of_type[type_] = found  # two threads may both do it, with the same outcome
        return found

    def resource(self, node: Node, around: Stack | None = None) -> tuple[list[Result], int]:
        """What the resource rules say of one resource, and how many of them pass."""
        results: list[Result] = []
        passed = 0
        for rule in self.rules_for(node.kind):
            trace = Trace()
            view = Resource(node, trace, None, self.context.stack_config or {}, around)
            found = self._run(rule, view, trace, rule.check)
            passed += not found
            results += found
        return results, passed

    def whole(self, index: Index) -> tuple[list[Result], int]:
        """What the stack rules say of all resources together, and how many of them pass."""
        results: list[Result] = []
        passed = 0
        for rule in self.rules:
            check = rule.over()
            if check is None or self.levels[rule.id] is Level.DISABLED:
                continue
            if rule.types and not any(kind in index.by_kind for kind in rule.types):
                continue
            trace = Trace()
            found = self._run(rule, Stack(index, trace, self.context.stack_config or {}, self.stack), trace, check)
            passed += not found
            results += found
        return results, passed

    def everything(self, nodes: Sequence[Node]) -> Report:
        """All rules over all resources, remediations first: what a preview with this pack would say."""
        report = Report(self.pack, resources=len(nodes))
        around = Stack(Index(tuple(nodes)), None, self.context.stack_config or {}, self.stack)
        changed = [self._remediated(node, around, report) for node in nodes]
        index = Index(tuple(changed))
        around = Stack(index, None, self.context.stack_config or {}, self.stack)
        for node in changed:
            results, passed = self.resource(node, around)
            report.results += results
            report.passed += passed
        results, passed = self.whole(index)
        report.results += results
        report.passed += passed
        return report

    def changes(self, node: Node, around: Stack | None = None) -> list[tuple[Rule, Change]]:
        """What remediations set on this resource. A remedy that cannot tell, or that crashes, changes nothing."""
        found: list[tuple[Rule, Change]] = []
        for rule in self.rules_for(node.kind):
            if rule.remedy is not None and self.levels[rule.id] is Level.REMEDIATE:
                view = Resource(node, Trace(), None, self.context.stack_config or {}, around)
                try:
                    found += [(rule, change) for change in rule.remedy(view, self.context)]
                except Exception:  # noqa: BLE001, S112  the check that follows says what is wrong
                    continue
        return found

    # ------------------------------------------------------------------ one rule

    def _run(self, rule: Rule, subject: Resource | Stack, trace: Trace, check: Check) -> list[Result]:
        found: list[Violation] = []
        try:
            for violation in check(subject, self.context):
                found.append(violation)  # noqa: PERF402  what was yielded before a crash stands
        except Exception as error:  # noqa: BLE001  a rule that crashes has not passed, and the others go on
            message = f"the rule {rule.id} itself failed ({type(error).__name__}: {error}); that is not a pass"
            found.append(Violation(subject.urn, subject.name, message))
        if trace.reads:
            found += self._doubts(rule, subject, trace, found)
        return [self._result(rule, violation) for violation in dict.fromkeys(found)]

    def _doubts(
        self, rule: Rule, subject: Resource | Stack, trace: Trace, found: Iterable[Violation]
    ) -> list[Violation]:
        """What cannot be told, of resources that the rule says nothing else about."""
        told = {violation.urn for violation in found}
        doubts: dict[str, list[Read]] = {}
        for read in trace.doubtful():
            if read.urn not in told and not self._excused(rule, read):
                doubts.setdefault(read.urn, []).append(read)
        return [
            Violation(urn, _name_of(urn, subject), _why(read), show(read.path), Verdict.UNKNOWN)
            for urn, reads in doubts.items()
            for read in reads[:_MOST_DOUBTS]
        ]

    def _excused(self, rule: Rule, read: Read) -> bool:
        if self.applying or read.state is State.MALFORMED:
            return False
        return any(matches(pattern, read.path) for pattern in rule.apply_time_only)

    def _result(self, rule: Rule, violation: Violation) -> Result:
        settings = self.configuration.settings
        waiver = waivers.holding(settings, rule.id, violation.urn, violation.name, self.today)
        level = self.levels[rule.id]
        return Result(
            self.pack,
            rule.id,
            Level.MANDATORY if level is Level.REMEDIATE else level,
            violation.verdict,
            violation.urn,
            violation.name,
            clip(violation.message),
            rule.remediation,
            violation.path,
            waivers.shown(waiver) if waiver else "",
        )

    def _level(self, rule: Rule) -> Level:
        settings, by_hand = self.configuration.settings, self.configuration.levels
        level = Level(by_hand.get(rule.id) or by_hand.get("all") or rule.level(self.pack))
        if rule.id in settings.remediate and rule.remedy is not None:
            level = Level.REMEDIATE
        environment = settings.environments.get(settings.environment_of(self.stack))
        if environment is None:
            return level
        if rule.id in environment.levels:
            return Level(environment.levels[rule.id])
        return min(level, Level(environment.highest), key=_STRICTNESS.index)

    def _remediated(self, node: Node, around: Stack, report: Report) -> Node:
        changes = self.changes(node, around)
        for rule, change in changes:
            shown = Remediated(rule.id, node.urn, node.name, show(change.path), change.value)
            report.remediated.append(shown)
        if not changes:
            return node
        props: Any = node.props
        for _, change in changes:
            props = applied(props, change)
        return replace(node, props=props)


def matches(pattern: str, path: Path) -> bool:
    """Whether a path is the one that a pattern names: `subnetIds[*]`, `tags.*`, `encryptionConfig.provider.keyArn`."""
    steps = pattern.replace("[", ".[").split(".")
    plain = ["[*]" if isinstance(step, int) else str(step) for step in path]
    return len(steps) == len(plain) and all(step in ("*", found) for step, found in zip(steps, plain, strict=True))


def clip(text: str) -> str:
    """A message of bounded length: it may quote what a program wrote."""
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _why(read: Read) -> str:
    if read.state is State.MALFORMED:
        return f"{show(read.path)} is not what it should be: a {read.asked}"
    if read.state is State.HIDDEN:
        return f"{show(read.path)} is a secret that cannot be seen here: check it where secrets are shown"
    return why_unknown(read.path)


def _name_of(urn: str, subject: Resource | Stack) -> str:
    if isinstance(subject, Resource):
        return subject.name
    found = subject.find(urn)
    return found.name if found else subject.name
