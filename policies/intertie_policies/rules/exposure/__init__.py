"""Rules about who can reach what, and as whom it acts."""

from intertie_policies.rules.exposure.encryption import customer_key
from intertie_policies.rules.exposure.endpoints import api_endpoint_restricted
from intertie_policies.rules.exposure.grants import grants_bounded
from intertie_policies.rules.exposure.identity import (
    no_static_cloud_keys,
    node_metadata_guarded,
    workload_identity_enabled,
)
from intertie_policies.rules.exposure.images import images_from_known_registries, images_pinned
from intertie_policies.rules.exposure.networks import (
    node_subnets_private,
    nodes_without_public_address,
    ports_not_open_to_world,
)
from intertie_policies.rules.exposure.node_accounts import node_account_own
from intertie_policies.rules.exposure.plain_secrets import no_secrets_in_plain_config
from intertie_policies.rules.exposure.pods import (
    namespaces_hold_pods_to_a_standard,
    network_policy_enforced,
    pods_unprivileged,
    workloads_behind_network_policy,
)
from intertie_policies.rules.exposure.public_traffic import public_traffic_encrypted, public_traffic_guarded

RULES = (
    api_endpoint_restricted, public_traffic_encrypted, public_traffic_guarded, ports_not_open_to_world,
    nodes_without_public_address, node_subnets_private, images_pinned, images_from_known_registries, customer_key,
    no_static_cloud_keys, grants_bounded, workload_identity_enabled, node_metadata_guarded, pods_unprivileged,
    namespaces_hold_pods_to_a_standard, workloads_behind_network_policy, network_policy_enforced,
    no_secrets_in_plain_config, node_account_own,
)  # fmt: skip
