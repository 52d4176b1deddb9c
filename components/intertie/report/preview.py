"""A preview (`intertie.preview/v1`) as a page: a section per stack, then the stacks side by side."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from intertie.report import costs, describe, policies
from intertie.report.describe import NONE, Data
from intertie.report.page import Issue, Page, Section, Table

_MOST_COLUMNS = 4
_NOT_EVALUATED = {"policies": "policies", "cost": "cost"}


def page_of(data: Data) -> Page:
    """The page of a preview's plain data."""
    stacks = data["stacks"]
    return Page(
        title="Preview",
        verdict=data["verdict"],
        sections=tuple(_section(stack) for stack in stacks),
        comparisons=tuple(_comparisons(stacks)),
        closing=tuple(_closing(data)),
    )


def _section(stack: Data) -> Section:
    plan = stack["plan"]
    tables = [*(_plan_tables(plan) if plan else ()), *_resource_tables(stack)]
    if stack["cost"]:
        tables.append(costs.summary(stack["cost"]))
    return Section(
        title=" · ".join(part for part in (stack["stack"], stack["cloud"], stack["region"]) if part),
        verdict=stack["verdict"],
        facts=tuple(_facts(stack)),
        tables=tuple(tables),
        issues=tuple(_issues(stack)),
    )


def _facts(stack: Data) -> Iterator[tuple[str, str]]:
    if stack["spec"]:
        yield "description", stack["spec"]
    plan = stack["plan"]
    if plan:
        yield "role and tier", f"{plan['role']}, {plan['tier']}"
        yield "cluster", f"{plan['cluster']} ({plan['platform']}, Kubernetes {plan['kubernetes']})"
        if plan["platform"] != "existing":  # an adopted cluster has a network of its own, which nobody has asked for
            yield "network", plan["addresses"]["network"]
        yield "renders", ", ".join(plan["renders"])
    if stack["cost"]:
        yield from costs.facts(stack["cost"])


def _plan_tables(plan: Data) -> list[Table]:
    pools = tuple(
        (
            pool["name"],
            pool["machine"],
            describe.accelerators(pool),
            describe.span(pool["min_nodes"], pool["max_nodes"]),
            describe.capacity(pool),
            describe.zones(pool),
        )
        for pool in plan["pools"]
    )
    stages = tuple(
        (
            stage["name"],
            describe.replica(stage),
            describe.span(stage["min_replicas"], stage["max_replicas"]),
            describe.machines(plan, stage),
            describe.ladder(plan, stage),
        )
        for stage in plan["stages"]
    )
    tables = [
        Table("Stages", ("stage", "one replica", "replicas", "machine type", "ladder"), stages),
        Table("Pools", ("pool", "machine type", "accelerators", "nodes", "capacity", "zones"), pools),
    ]
    return [table for table in tables if table.rows]


def _resource_tables(stack: Data) -> list[Table]:
    rows = describe.kinds(stack["resources"])
    return (
        [Table(f"Resources ({describe.count(stack['resources'])})", ("package", "number", "kinds"), rows)]
        if rows
        else []
    )


def _issues(stack: Data) -> Iterator[Issue]:
    for problem in stack["problems"]:
        place = problem["where"] or problem["path"]
        path = f"{problem['path']}: " if problem["where"] else ""
        yield Issue("error", place, f"{path}found {problem['found']}; allowed: {problem['allowed']}", problem["hint"])
    for finding in stack["findings"]:
        path = f" {finding['path']}" if finding["path"] else ""
        yield Issue(finding["severity"], f"{finding['type']} {finding['name']}{path}", finding["message"])
    yield from policies.issues(stack["policies"])
    for warning in stack["warnings"]:
        yield Issue("warning", "program", warning)
    for note in (stack["plan"] or {}).get("notes", ()):
        yield Issue("note", "plan", note)


# ---------------------------------------------------------------------- side by side


def _comparisons(stacks: list[Data]) -> Iterator[Table]:
    """Placements of one description beside each other, as many as can be read in one line of a terminal."""
    groups: dict[str | None, list[Data]] = {}
    for stack in stacks:
        groups.setdefault(stack["spec"], []).append(stack)
    for spec, group in groups.items():
        title = f"Side by side: {spec}" if spec and len(groups) > 1 else "Side by side"
        if len(group) > 1:
            parts = math.ceil(len(group) / _MOST_COLUMNS)
            ends = [part * len(group) // parts for part in range(parts + 1)]
            yield from (_comparison(title, group[start:end]) for start, end in pairwise(ends))


def _comparison(title: str, stacks: list[Data]) -> Table:
    rows: list[tuple[str, ...]] = [
        ("cloud", *(stack["cloud"] or NONE for stack in stacks)),
        ("region", *(stack["region"] or NONE for stack in stacks)),
        ("role and tier", *(_of_plan(stack, lambda plan: f"{plan['role']}, {plan['tier']}") for stack in stacks)),
        ("resources", *(str(describe.count(stack["resources"])) for stack in stacks)),
    ]
    for name in dict.fromkeys(stage["name"] for stack in stacks for stage in (stack["plan"] or {}).get("stages", ())):
        rows.append((f"{name}: one replica", *(_of_stage(stack, name, _replica) for stack in stacks)))
        if any(_of_stage(stack, name, _is_accelerated) == "yes" for stack in stacks):
            rows.append((f"{name}: machine type", *(_of_stage(stack, name, describe.machines) for stack in stacks)))
            rows.append((f"{name}: ladder", *(_of_stage(stack, name, describe.ladder) for stack in stacks)))
    rows += [
        ("cost a month, likely", *(costs.likely(stack["cost"]) for stack in stacks)),
        ("problems", *(str(len(stack["problems"])) for stack in stacks)),
        ("findings", *(str(len(stack["findings"])) for stack in stacks)),
        ("verdict", *(stack["verdict"] for stack in stacks)),
    ]
    shown = [row for row in rows if set(row[1:]) != {NONE}]
    return Table(title, ("", *(stack["stack"] for stack in stacks)), tuple(shown))


def _of_plan(stack: Data, describe_plan: Any) -> str:
    return describe_plan(stack["plan"]) if stack["plan"] else NONE


def _of_stage(stack: Data, name: str, describe_stage: Any) -> str:
    plan = stack["plan"]
    stage = next((stage for stage in plan["stages"] if stage["name"] == name), None) if plan else None
    return describe_stage(plan, stage) if stage else NONE


def _replica(_plan: Data, stage: Data) -> str:
    return describe.replica(stage)


def _is_accelerated(_plan: Data, stage: Mapping[str, Any]) -> str:
    return "yes" if stage["accelerator"] else "no"


# ---------------------------------------------------------------------- closing


def _closing(data: Data) -> Iterator[str]:
    stacks = data["stacks"]
    failed = [stack["stack"] for stack in stacks if stack["verdict"] != "pass"]
    total = f"{len(stacks)} stack{'s' if len(stacks) != 1 else ''}"
    yield f"{total}: all pass" if not failed else f"{total}: {len(failed)} fail ({', '.join(failed)})"
    missing = [name for key, name in _NOT_EVALUATED.items() if key not in data["evaluated"]]
    if missing:
        yield f"Evaluated: {', '.join(data['evaluated'])}. Not evaluated: {', '.join(missing)}."
