"""A snapshot as Prometheus exposition text.

Names and labels of `node_total_hourly_cost`, `node_gpu_count` and `kubecost_node_is_spot` are those of OpenCost
(Apache-2.0), whose dashboards so work with them. `node_gpu_hourly_cost` and its like are not here: they split a
machine's price into parts, and no cloud publishes those parts.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from intertie.money.exporter.snapshot import SHARED, Snapshot

_NODE = ("instance", "node", "instance_type", "region", "provider_id", "arch")
_PLACE = ("pipeline", "placement")
_OWNED = (*_PLACE, "owner", "cost_center", "stage", "model", "capacity")
_STATES = ("ok", "alert", "freeze", "degrade", "stop")


def exposition(snapshot: Snapshot) -> bytes:
    """Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(snapshot))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        yield from _nodes(self._snapshot)
        yield from _spend(self._snapshot)
        yield from _budget(self._snapshot)
        yield from _outlook(self._snapshot)


def _nodes(snapshot: Snapshot) -> Iterator[Metric]:
    cost = GaugeMetricFamily("node_total_hourly_cost", "Price of a node in dollars per hour.", labels=_NODE)
    count = GaugeMetricFamily("node_gpu_count", "Accelerators of a node.", labels=_NODE)
    spot = GaugeMetricFamily("kubecost_node_is_spot", "1 for a spot node.", labels=_NODE)
    unknown = 0
    for node in snapshot.nodes:
        labels = (node.name, node.name, node.machine, node.region, node.provider_id, node.arch)
        if node.usd is None:
            unknown += 1
        else:
            cost.add_metric(labels, node.usd)
        count.add_metric(labels, node.accelerators)
        spot.add_metric(labels, float(node.spot))
    yield from (cost, count, spot)
    yield GaugeMetricFamily("intertie_unpriced_nodes", "Nodes whose price no source has.", value=unknown)
    errors = CounterMetricFamily("intertie_read_errors", "Reads of the cluster that failed.", labels=_PLACE)
    errors.add_metric((snapshot.pipeline, snapshot.placement), snapshot.errors)
    yield errors
    if snapshot.read_at is not None:
        text = "When the cluster was last read, as all figures here were then."
        yield _gauge(snapshot, "intertie_last_read_timestamp_seconds", text, snapshot.read_at.timestamp())


def _spend(snapshot: Snapshot) -> Iterator[Metric]:
    rate = GaugeMetricFamily("intertie_cost_usd_per_hour", "What runs now costs, dollars per hour.", labels=_OWNED)
    running = GaugeMetricFamily("intertie_accelerators", "Accelerators that are paid for now.", labels=_OWNED)
    total = CounterMetricFamily("intertie_spend_usd", "Dollars since the exporter started.", labels=_OWNED)
    rates: dict[tuple[str, str], float] = {}
    counts: dict[tuple[str, str], int] = {}
    for node in snapshot.nodes:
        key = (node.stage or SHARED, node.kind)
        counts[key] = counts.get(key, 0) + node.accelerators
        if node.usd is not None:
            rates[key] = rates.get(key, 0.0) + node.usd
    for key in sorted({*rates, *counts, *snapshot.spent}):
        labels = _owned(snapshot, *key)
        rate.add_metric(labels, rates.get(key, 0.0))
        running.add_metric(labels, counts.get(key, 0))
        if key in snapshot.spent:
            total.add_metric(labels, snapshot.spent[key])
    yield from (rate, running, total)


def _owned(snapshot: Snapshot, stage: str, kind: str) -> tuple[str, ...]:
    model = snapshot.models.get(stage, "")
    return (snapshot.pipeline, snapshot.placement, snapshot.owner, snapshot.cost_center, stage, model, kind)


def _budget(snapshot: Snapshot) -> Iterator[Metric]:
    if snapshot.budget_usd is not None:
        yield _gauge(snapshot, "intertie_budget_usd", "Budget of a calendar month, dollars.", snapshot.budget_usd)
    if snapshot.guard is None:
        return
    spent = float(snapshot.guard.get("spent", 0.0))
    yield _gauge(snapshot, "intertie_budget_spent_usd", "Dollars that the guard has counted this month.", spent)
    if snapshot.budget_usd:
        left = 1 - spent / snapshot.budget_usd
        yield _gauge(snapshot, "intertie_budget_remaining_ratio", "Share of the month's budget that is left.", left)
    if snapshot.guard_at is not None:
        text = "When the guard last read the cluster and believed what it saw."
        yield _gauge(snapshot, "intertie_guard_last_reading_timestamp_seconds", text, snapshot.guard_at.timestamp())
    state = GaugeMetricFamily("intertie_guard_state", "1 for the state of the budget guard.", labels=(*_PLACE, "state"))
    for word in _STATES:
        named = (snapshot.pipeline, snapshot.placement, word)
        state.add_metric(named, float(snapshot.guard.get("state") == word))
    yield state


def _gauge(snapshot: Snapshot, name: str, text: str, value: float) -> Metric:
    """One figure of the placement."""
    family = GaugeMetricFamily(name, text, labels=_PLACE)
    family.add_metric((snapshot.pipeline, snapshot.placement), value)
    return family


def _outlook(snapshot: Snapshot) -> Iterator[Metric]:
    place, labels = _PLACE, (snapshot.pipeline, snapshot.placement)
    ahead = GaugeMetricFamily(
        "intertie_forecast_cost_usd",
        "Dollars that the horizon ahead will cost.",
        labels=(*place, "horizon", "quantile"),
    )
    for (horizon, quantile), dollars in sorted(snapshot.forecast_usd.items()):
        ahead.add_metric((*labels, horizon, quantile), dollars)
    used = GaugeMetricFamily(
        "intertie_commitment_utilization_ratio", "Share of a commitment that is used.", labels=(*place, "name", "kind")
    )
    idle = GaugeMetricFamily(
        "intertie_commitment_idle_usd_per_hour", "Dollars per hour of it that are paid for nothing.",
        labels=(*place, "name", "kind"),
    )  # fmt: skip
    for one in snapshot.commitments:
        used.add_metric((*labels, one.name, one.kind), one.used)
        if one.idle_usd_per_hour is not None:
            idle.add_metric((*labels, one.name, one.kind), one.idle_usd_per_hour)
    yield from (family for family in (ahead, used, idle) if family.samples)
    if snapshot.carbon_kg_per_hour is not None:
        carbon = GaugeMetricFamily("intertie_carbon_kg_per_hour", "Kilograms of CO2 equivalent per hour.", labels=place)
        carbon.add_metric(labels, snapshot.carbon_kg_per_hour)
        unknown = GaugeMetricFamily(
            "intertie_carbon_unknown_nodes", "Nodes whose power no source has: they are not in it.", labels=place
        )
        unknown.add_metric(labels, snapshot.carbon_unknown_nodes)
        yield from (carbon, unknown)
