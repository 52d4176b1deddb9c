"""AKS with pools of their own beside a private cluster: dictionaries, and no provider of its own."""

from typing import Any

import pulumi
from pulumi_azure_native import (
    authorization,
    containerservice,
    costmanagement,
    keyvault,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    resources,
)

config = {"location": "westeurope"}
tags = {"Owner": "search-platform", "CostCenter": "ml-4711", "Environment": "production"}

rg = resources.ResourceGroup("serving", location=config["location"], tags=tags)
common: dict[str, Any] = {"resource_group_name": rg.name, "location": config["location"], "tags": tags}
net = network.VirtualNetwork("net", address_space={"address_prefixes": ["10.70.0.0/16"]}, **common)
way_out = network.RouteArgs(
    name="out", address_prefix="0.0.0.0/0", next_hop_type="VirtualAppliance", next_hop_ip_address="10.71.0.4"
)
table = network.RouteTable("out", routes=[way_out], **common)
sub = network.Subnet(
    "nodes",
    resource_group_name=rg.name,
    virtual_network_name=net.name,
    address_prefix="10.70.0.0/20",
    route_table={"id": table.id},
)
who = managedidentity.UserAssignedIdentity("aks", resource_name_="aks", **common)
grant = authorization.RoleAssignment(
    "aks-network",
    principal_id=who.principal_id,
    principal_type="ServicePrincipal",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
    scope=net.id,
)
safe: Any = {
    "tenant_id": "00000000-0000-0000-0000-000000000002",
    "sku": {"family": "A", "name": "premium"},
    "enable_purge_protection": True,
    "enable_rbac_authorization": True,
}
keys = keyvault.Vault(
    "keys",
    properties=safe,
    opts=pulumi.ResourceOptions(protect=True),
    **common,
)
key = keyvault.Key(
    "etcd",
    key_name="etcd",
    resource_group_name=rg.name,
    vault_name=keys.name,
    properties={"kty": "RSA", "key_size": 4096},
)
acts_as: Any = {"type": "UserAssigned", "user_assigned_identities": [who.id]}
aks = containerservice.ManagedCluster(
    "aks",
    resource_name_="serving",
    dns_prefix="serving",
    kubernetes_version="1.35.4",
    identity=acts_as,
    sku={"name": "Base", "tier": "Premium"},
    support_plan="KubernetesOfficial",
    api_server_access_profile={
        "enable_private_cluster": True,
        "private_dns_zone": "system",
        "disable_run_command": True,
    },
    network_profile={
        "network_plugin": "azure",
        "network_plugin_mode": "overlay",
        "network_policy": "calico",
        "outbound_type": "userDefinedRouting",
    },
    aad_profile={"managed": True, "enable_azure_rbac": True},
    disable_local_accounts=True,
    auto_upgrade_profile={"upgrade_channel": "patch", "node_os_upgrade_channel": "NodeImage"},
    oidc_issuer_profile={"enabled": True},
    security_profile={
        "workload_identity": {"enabled": True},
        "azure_key_vault_kms": {
            "enabled": True,
            "key_id": key.key_uri_with_version,
            "key_vault_network_access": "Public",
        },
    },
    agent_pool_profiles=[
        {
            "name": "system",
            "mode": "System",
            "vm_size": "Standard_D8s_v5",
            "count": 3,
            "availability_zones": ["1", "2", "3"],
            "os_type": "Linux",
            "node_taints": ["CriticalAddonsOnly=true:NoSchedule"],
            "vnet_subnet_id": sub.id,
            "tags": tags,
        }
    ],
    opts=pulumi.ResourceOptions(protect=True, ignore_changes=["agentPoolProfiles"], depends_on=[grant]),
    **common,
)
for pool_name, size, least, most in [
    ("cpu", "Standard_D8s_v5", 2, 6),
    ("t4", "Standard_NC64as_T4_v3", 0, 3),
    ("a100", "Standard_NC48ads_A100_v4", 1, 2),
]:
    gpu = size.startswith("Standard_N")
    containerservice.AgentPool(
        pool_name,
        agent_pool_name=pool_name,
        resource_group_name=rg.name,
        resource_name_=aks.name,
        mode="User",
        vm_size=size,
        os_type="Linux",
        os_sku="Ubuntu",
        os_disk_size_gb=512 if gpu else 128,
        count=least,
        enable_auto_scaling=True,
        min_count=least,
        max_count=most,
        orchestrator_version="1.35.4",
        node_taints=["nvidia.com/gpu=present:NoSchedule"] if gpu else [],
        upgrade_settings={"max_surge": "0", "max_unavailable": "1", "drain_timeout_in_minutes": 60}
        if gpu
        else {"max_surge": "1"},
        vnet_subnet_id=sub.id,
        tags=tags,
        opts=pulumi.ResourceOptions(ignore_changes=["count"]),
    )
space = operationalinsights.Workspace("logs", retention_in_days=30, sku={"name": "PerGB2018"}, **common)
monitor.DiagnosticSetting(
    "audit",
    name="audit",
    resource_uri=aks.id,
    workspace_id=space.id,
    logs=[{"category_group": "audit", "enabled": True}],
)
costmanagement.Budget(
    "serving",
    budget_name="serving",
    scope=rg.id,
    amount=30000,
    category="Cost",
    time_grain="Monthly",
    time_period={"start_date": "2026-11-01T00:00:00Z"},
    notifications={
        "half": {"enabled": True, "operator": "GreaterThan", "threshold": 50, "contact_emails": ["money@example.com"]},
        "over": {"enabled": True, "operator": "GreaterThan", "threshold": 110, "contact_emails": ["money@example.com"]},
    },
)
