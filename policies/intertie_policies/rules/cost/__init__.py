"""Rules about money."""

from intertie_policies.rules.cost.budgets import budget_alerts_in_time, budget_present
from intertie_policies.rules.cost.caps import ceilings_within_budget, cost_cap, machines_approved, price_known
from intertie_policies.rules.cost.idle import (
    cluster_logs_not_endless,
    log_retention_bounded,
    nat_gateways_bounded,
    node_disks_not_oversized,
    storage_traffic_stays_inside,
)

RULES = (
    cost_cap, ceilings_within_budget, price_known, machines_approved, budget_present, budget_alerts_in_time,
    log_retention_bounded, cluster_logs_not_endless, node_disks_not_oversized, nat_gateways_bounded,
    storage_traffic_stays_inside,
)  # fmt: skip
