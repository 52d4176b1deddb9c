"""Rules about clusters and what stands around them: what clouds accept first and refuse later."""

from intertie_policies.rules.platform.clusters import (
    cluster_ignores_inline_pools,
    cluster_node_settings_ignored,
    cluster_replacement_avoided,
    key_lies_with_cluster,
    pool_upgrades_follow_channel,
)
from intertie_policies.rules.platform.egress import cluster_egress_attached
from intertie_policies.rules.platform.federation import federated_account_exists, federated_pods_labelled
from intertie_policies.rules.platform.identities import (
    cluster_identity_has_roles,
    federated_credentials_in_turn,
    karpenter_nodes_may_join,
)
from intertie_policies.rules.platform.kubernetes import (
    critical_pods_admitted,
    kubernetes_provider_explicit,
    proxy_subnet_exists,
)
from intertie_policies.rules.platform.node_rights import node_account_has_rights
from intertie_policies.rules.platform.order import key_usable_first, lasting_names_vary, made_from_inside_goes_first

RULES = (
    kubernetes_provider_explicit, cluster_ignores_inline_pools, cluster_replacement_avoided,
    pool_upgrades_follow_channel, key_lies_with_cluster, cluster_identity_has_roles, federated_credentials_in_turn,
    federated_account_exists, federated_pods_labelled, karpenter_nodes_may_join, proxy_subnet_exists,
    critical_pods_admitted, key_usable_first, made_from_inside_goes_first, lasting_names_vary,
    cluster_egress_attached, cluster_node_settings_ignored, node_account_has_rights,
)  # fmt: skip
