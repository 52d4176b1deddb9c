"""Fixtures of rules as data, and what holds them to account.

A fixture file is named like its rule and lies in `tests/policies/fixtures/`:

    settings: {regions: {allowed: ["aws:us-*"]}}     # optional, over the defaults
    pass:
      - title: a cluster in an allowed region
        resources:
          - {type: "aws:eks/cluster:Cluster", name: c, props: {region: us-east-1}}
    fail:
      - title: a cluster elsewhere
        says: [us-west-2]                            # what the message must tell
        on: [c]                                      # optional: names of the resources that fail, no others
        resources: ...
    unknown:
      - title: a region that only apply knows
        resources:
          - {type: "aws:eks/cluster:Cluster", name: c, props: {region: !unknown}}

`!unknown` and `!secret` stand for Pulumi's wire values. URNs are made from type and name unless they are given; in
`parent`, `provider`, `depends_on` and `property_dependencies` a name stands for the resource of that name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from intertie.graph import wire
from intertie_policies import registry
from intertie_policies.accessor import Path as PropertyPath
from intertie_policies.accessor import Read, State, Trace
from intertie_policies.config import Configuration
from intertie_policies.config import read as read_configuration
from intertie_policies.engine import Judge
from intertie_policies.resources import Index, Node, Resource, Stack
from intertie_policies.results import Result
from intertie_policies.rule import Level, Rule, Scope, Verdict

TODAY = date(2026, 11, 22)
OUTCOMES = ("pass", "fail", "unknown")


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows `!unknown` and `!secret`."""


_Loader.add_constructor("!unknown", lambda _loader, _node: wire.UNKNOWN)
_Loader.add_constructor("!secret", lambda _loader, _node: wire.SECRET)


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: resources, and what one rule says of them."""

    rule: str
    outcome: str  # pass | fail | unknown
    title: str
    nodes: tuple[Node, ...]
    configuration: Configuration
    says: tuple[str, ...] = ()
    on: tuple[str, ...] | None = None
    stack_config: Mapping[str, str] = field(default_factory=dict)
    applying: bool = False
    stack: str = ""

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.outcome}-{self.title}".replace(" ", "_")


def parse(file: Path) -> Any:
    """The plain data of a fixture file."""
    return yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506  (a SafeLoader)


def load(folder: Path, rule: str, parse: Callable[[Path], Any] = parse) -> tuple[Case, ...]:
    """All fixtures of a rule; () when it has no file."""
    file = folder / f"{rule}.yaml"
    if not file.exists():
        return ()
    data = parse(file)
    return tuple(
        _case(rule, outcome, each, data.get("settings") or {})
        for outcome in OUTCOMES
        for each in data.get(outcome) or ()
    )


def load_all(folder: Path, parse: Callable[[Path], Any] = parse) -> tuple[Case, ...]:
    return tuple(case for rule in registry.rules() for case in load(folder, rule.id, parse))


def judge(case: Case, rule: Rule | None = None) -> list[Result]:
    """What the rule alone says of the case, at level mandatory."""
    only = rule or registry.find(case.rule)
    strict = replace(only, levels={"production": Level.MANDATORY})
    return _judge(case, strict).everything(case.nodes).results


def problems(case: Case, results: list[Result]) -> list[str]:
    """How the results differ from what the fixture says. Empty: they agree."""
    found: list[str] = []
    verdicts = {result.result for result in results}
    if case.outcome == "pass" and results:
        found.append(f"it should pass; {results[0].result}: {results[0].message}")
    if case.outcome == "fail" and Verdict.FAIL not in verdicts:
        found.append(f"it should fail; found {sorted(verdicts) or 'nothing'}")
    if case.outcome == "unknown" and (Verdict.UNKNOWN not in verdicts or Verdict.FAIL in verdicts):
        found.append(f"it should be unknown; found {sorted(verdicts) or 'nothing'}")
    text = "\n".join(result.message for result in results)
    found += [f"no message says {each!r}: {text}" for each in case.says if each not in text]
    if case.on is not None and {result.name for result in results} != set(case.on):
        found.append(f"on {sorted({result.name for result in results})}; should be on {sorted(case.on)}")
    return found


def reads(case: Case, rule: Rule) -> tuple[Read, ...]:
    """Every property that the rule reads in this case, each once."""
    trace = Trace(every=True)
    judge_ = _judge(case, rule)
    stack = Stack(Index(case.nodes), trace, judge_.context.stack_config or {})
    whole = rule.over()
    if whole is not None and (not rule.types or any(kind in stack.index.by_kind for kind in rule.types)):
        list(whole(stack, judge_.context))
    if rule.scope is Scope.RESOURCE:
        for node in case.nodes:
            if rule.reads(node.kind):
                list(rule.check(Resource(node, trace, None, stack.stack_config, stack), judge_.context))
    return tuple(dict.fromkeys(trace.reads))


def with_unknowns(case: Case, rule: Rule) -> Iterator[tuple[Read, Case]]:
    """The case with each property that the rule reads replaced by an unknown, one at a time."""
    for read in reads(case, rule):
        if read.path and read.state is not State.UNKNOWN:
            nodes = tuple(
                replace(node, props=replaced(node.props, read.path, wire.UNKNOWN)) if node.urn == read.urn else node
                for node in case.nodes
            )
            if nodes != case.nodes:
                yield read, replace(case, nodes=nodes)


def replaced(props: Any, path: PropertyPath, value: Any) -> Any:
    """Plain properties with another value at a path. Unchanged where the path leads through something else."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(props, Mapping) and isinstance(step, str):
        return {**props, step: replaced(props.get(step, {} if rest else None), rest, value)}
    if isinstance(props, list) and isinstance(step, int) and step < len(props):
        return [replaced(each, rest, value) if index == step else each for index, each in enumerate(props)]
    return props


def _judge(case: Case, rule: Rule) -> Judge:
    return Judge(
        configuration=case.configuration,
        stack=case.stack,
        stack_config=case.stack_config,
        applying=case.applying,
        today=TODAY,
        rules=(rule,),
    )


def _case(rule: str, outcome: str, data: Mapping[str, Any], shared: Mapping[str, Any]) -> Case:
    settings = {**shared, **(data.get("settings") or {})}
    says = data.get("says") or ()
    return Case(
        rule,
        outcome,
        str(data["title"]),
        nodes_of(data["resources"]),
        read_configuration({"configuration": settings}, registry.ids(), f"fixture of {rule}"),
        (says,) if isinstance(says, str) else tuple(says),
        tuple(data["on"]) if "on" in data else None,
        data.get("stack_config") or {},
        bool(data.get("applying")),
        data.get("stack") or "",
    )


def nodes_of(items: list[dict[str, Any]]) -> tuple[Node, ...]:
    """Resources of a fixture. `provider: east` names a resource of the fixture; so do parents and dependencies."""
    urns = {item["name"]: item.get("urn") or f"urn:pulumi:test::test::{item['type']}::{item['name']}" for item in items}

    def urn(name: str) -> str:
        return urns.get(name, name)

    return tuple(
        Node(
            type=item["type"],
            name=item["name"],
            urn=urns[item["name"]],
            props=item.get("props") or {},
            parent=urn(item.get("parent") or ""),
            provider=urn(item.get("provider") or ""),
            depends_on=tuple(urn(each) for each in item.get("depends_on") or ()),
            property_dependencies={
                key: tuple(urn(each) for each in names)
                for key, names in (item.get("property_dependencies") or {}).items()
            },
            protect=bool(item.get("protect")),
            ignore_changes=tuple(item.get("ignore_changes") or ()),
            retain_on_delete=bool(item.get("retain_on_delete")),
        )
        for item in items
    )
