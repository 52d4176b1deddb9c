"""Rules about what a stack survives."""

from intertie_policies.rules.resilience.audit import audit_logs_kept
from intertie_policies.rules.resilience.deletion import (
    aks_deletion_protected,
    data_not_deleted_with_stack,
    deletion_protected,
)
from intertie_policies.rules.resilience.versions import kubernetes_version_not_ending, kubernetes_version_supported
from intertie_policies.rules.resilience.workloads import (
    disruption_budget_present,
    disruption_budgets_let_nodes_drain,
    probes_outlast_model_load,
    readiness_probed,
    replicas_spread_over_zones,
    replicas_survive_a_node,
)
from intertie_policies.rules.resilience.zones import clusters_span_zones

RULES = (
    disruption_budgets_let_nodes_drain, disruption_budget_present, replicas_survive_a_node, readiness_probed,
    probes_outlast_model_load, replicas_spread_over_zones, clusters_span_zones, kubernetes_version_supported,
    kubernetes_version_not_ending, deletion_protected, aks_deletion_protected, data_not_deleted_with_stack,
    audit_logs_kept,
)  # fmt: skip
