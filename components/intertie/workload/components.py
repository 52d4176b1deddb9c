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
from intertie.workload import agents
from intertie.workload.autoscaling import uses_keda
from intertie.workload.manifest import Chart, Manifest


@dataclass(frozen=True, slots=True)
class Component:
    """One row of `data/charts.csv`: a component, its other names, and the chart that brings it."""

    name: str
    aliases: tuple[str, ...]
    chart: str
    repo: str
    version: str
    namespace: str
    values: dict[str, Any]
    source: str
    as_of: str


@cache
def table() -> tuple[Component, ...]:
    """The components that come as charts, with pinned versions and their sources."""
    text = files("intertie.workload").joinpath("data", "charts.csv").read_text(encoding="utf-8")
    return tuple(
        Component(
            name=row["component"],
            aliases=tuple(row["aliases"].split(";")),
            chart=row["chart"],
            repo=row["repo"],
            version=row["version"],
            namespace=row["namespace"],
            values=json.loads(row["values"]),
            source=row["source"],
            as_of=row["as_of"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def charts(plan: Plan, handle: ClusterHandle) -> tuple[Chart, ...]:
    """Charts of the components that the plan needs and the cluster does not have."""
    wanted = set(needed(plan))
    return tuple(
        Chart(row.name, row.chart, row.repo, row.version, row.namespace, row.values)
        for row in table()
        if row.name in wanted and not brings(handle, row.name)
    )


def brings(handle: ClusterHandle, component: str) -> bool:
    """Whether the cluster has the component already, under any of its names; its release is then not known."""
    row = next(row for row in table() if row.name == component)
    return not handle.provided.isdisjoint({row.name, *row.aliases})


def needed(plan: Plan) -> Iterator[str]:
    """Names of the charts' components that the plan's objects rely on."""
    if uses_keda(plan):
        yield "keda"
    if plan.endpoint is not None:
        yield "envoy-gateway"
    if any(stage.multi_node for stage in plan.stages):
        yield "lws"


def node_agents(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """What makes the plan's accelerators known to the scheduler and measures them, where the cluster lacks it."""
    vendors = sorted({pool.vendor for pool in plan.accelerator_pools() if pool.vendor})
    return tuple(
        manifest
        for vendor in vendors
        for component in agents.COMPONENTS
        if f"{vendor}-{component}" not in handle.provided
        for manifest in agents.objects(plan, handle, vendor, component)
    )
