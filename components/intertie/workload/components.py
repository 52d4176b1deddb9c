"""What a cluster must have beside the pipeline's own objects. Only what is not there yet is installed."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle
from intertie.plan import Plan
from intertie.workload import agents, canary, certificate, operators, secrets, traces
from intertie.workload.autoscaling import uses_keda
from intertie.workload.images import chart_values
from intertie.workload.manifest import Chart, Manifest
from intertie.workload.routing import pooled


@dataclass(frozen=True, slots=True)
class Component:
    """One row of `data/charts.csv`: a component, its other names, and the chart that brings it.

    `needs` are components whose charts come first; `brings` are components of the table of owners that come with it.
    """

    name: str
    aliases: tuple[str, ...]
    chart: str
    repo: str
    version: str
    namespace: str
    values: dict[str, Any]
    needs: tuple[str, ...]
    brings: tuple[str, ...]
    source: str
    as_of: str


@cache
def table() -> tuple[Component, ...]:
    """The components that come as charts, with pinned versions and their sources. What others need comes first."""
    text = files("intertie.workload").joinpath("data", "charts.csv").read_text(encoding="utf-8")
    return tuple(
        Component(
            name=row["component"],
            aliases=_words(row["aliases"]),
            chart=row["chart"],
            repo=row["repo"],
            version=row["version"],
            namespace=row["namespace"],
            values=json.loads(row["values"]),
            needs=_words(row["needs"]),
            brings=_words(row["brings"]),
            source=row["source"],
            as_of=row["as_of"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def charts(plan: Plan, handle: ClusterHandle) -> tuple[Chart, ...]:
    """Charts of the components that the plan needs and the cluster does not have, in the order of installation."""
    rows = _installed(plan, handle)
    there = {row.name for row in rows}
    return tuple(
        Chart(
            row.name, row.chart, row.repo, row.version, row.namespace, chart_values(plan, row.name, _values(plan, row)),
            needs=tuple(need for need in row.needs if need in there),
        )
        for row in rows
    )  # fmt: skip


def _values(plan: Plan, row: Component) -> dict[str, Any]:
    """The table's, and what the plan's objects need to be switched on in the gateway."""
    patches = {"enableEnvoyPatchPolicy": True} if pooled(plan) else {}
    switched = patches | ({"enableBackend": True} if traces.asked(plan) is not None else {})
    if row.name != "envoy-gateway" or not switched:
        return row.values
    return {**row.values, "config": {"envoyGateway": {"extensionApis": switched}}}


def brings(handle: ClusterHandle, component: str) -> bool:
    """Whether the cluster has the component already, under any of its names; its release is then not known."""
    row = next(row for row in table() if row.name == component)
    return not handle.provided.isdisjoint({row.name, *row.aliases})


def needed(plan: Plan, handle: ClusterHandle) -> Iterator[str]:
    """Names of the charts' components that the plan's objects and nodes rely on."""
    if uses_keda(plan):
        yield "keda"
    if canary.gateways(plan):
        yield "envoy-gateway"
    if certificate.used(plan) or pooled(plan):
        yield "cert-manager"
    if any(stage.multi_node for stage in plan.stages):
        yield "lws"
    if secrets.used(plan, handle):
        yield "external-secrets"
    for vendor in _vendors(plan):
        if vendor in operators.operators() and f"{vendor}-driver" not in handle.provided:
            yield operators.operators()[vendor].component


def _installed(plan: Plan, handle: ClusterHandle) -> list[Component]:
    wanted = set(needed(plan, handle))
    missing = {row.name for row in table() if row.name in wanted and not brings(handle, row.name)}
    missing |= {need for row in table() if row.name in missing for need in row.needs if not brings(handle, need)}
    return [row for row in table() if row.name in missing]


def node_agents(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """What makes the plan's accelerators work, known to the scheduler and measured, where the cluster lacks it."""
    installed = {row.name for row in _installed(plan, handle)}
    there = set(handle.provided)
    there.update(name for row in table() if row.name in installed or brings(handle, row.name) for name in row.brings)
    made: list[Manifest] = []
    for vendor in _vendors(plan):
        operator = operators.operators().get(vendor)
        if operator is not None and operator.component in installed:
            made.append(operators.device_config(plan, handle, vendor))
        for component in agents.COMPONENTS:
            if f"{vendor}-{component}" not in there:
                made += agents.objects(plan, handle, vendor, component)
    return tuple(made)


def _vendors(plan: Plan) -> list[str]:
    return sorted({pool.vendor for pool in plan.accelerator_pools() if pool.vendor})
