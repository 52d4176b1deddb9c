"""AKS with reserved H100 machines in one zone, inside a private network."""

from typing import Any

import pulumi
from pulumi_azure_native import (
    Provider,
    authorization,
    compute,
    consumption,
    containerservice,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    resources,
)

tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
azure = Provider("azure", location="eastus")
at = pulumi.ResourceOptions(provider=azure)

group = resources.ResourceGroup("h100", resource_group_name="h100", location="eastus", tags=tags, opts=at)
here: dict[str, Any] = {"resource_group_name": group.name, "location": "eastus", "tags": tags}
reserved = compute.CapacityReservationGroup(
    "h100", capacity_reservation_group_name="h100", zones=["1"], opts=at, **here
)
machines = compute.CapacityReservation(
    "h100",
    capacity_reservation_name="h100",
    capacity_reservation_group_name=reserved.name,
    sku=compute.SkuArgs(name="Standard_ND96isr_H100_v5", capacity=2),
    zones=["1"],
    opts=at,
    **here,
)
vnet = network.VirtualNetwork("h100", address_space={"address_prefixes": ["10.90.0.0/16"]}, opts=at, **here)
firewall = network.RouteTable(
    "firewall",
    routes=[
        network.RouteArgs(
            name="out", address_prefix="0.0.0.0/0", next_hop_type="VirtualAppliance", next_hop_ip_address="10.91.0.4"
        )
    ],
    opts=at,
    **here,
)
nodes = network.Subnet(
    "nodes",
    resource_group_name=group.name,
    virtual_network_name=vnet.name,
    address_prefix="10.90.0.0/18",
    route_table=network.RouteTableArgs(id=firewall.id),
    opts=at,
)
rules = network.NetworkSecurityGroup(
    "inside",
    security_rules=[
        {
            "name": "from-inside",
            "priority": 200,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source_address_prefix": "VirtualNetwork",
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_ranges": ["443", "8000"],
        },
        {
            "name": "nobody-else",
            "priority": 4000,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "source_address_prefix": "*",
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_range": "*",
        },
    ],
    opts=at,
    **here,
)
control = managedidentity.UserAssignedIdentity("control", resource_name_="control", opts=at, **here)
grants = [
    authorization.RoleAssignment(
        "reservation",
        principal_id=control.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c",
        scope=group.id,
        opts=at,
    ),
    authorization.RoleAssignment(
        "network",
        principal_id=control.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
        scope=nodes.id,
        opts=at,
    ),
]
identity: Any = {"type": "UserAssigned", "user_assigned_identities": [control.id]}
cluster = containerservice.ManagedCluster(
    "h100",
    resource_name_="h100",
    dns_prefix="h100",
    kubernetes_version="1.35",
    identity=identity,
    api_server_access_profile={"enable_private_cluster": True, "private_dns_zone": "none"},
    network_profile={
        "network_plugin": "azure",
        "network_plugin_mode": "overlay",
        "network_policy": "cilium",
        "network_dataplane": "cilium",
        "outbound_type": "userDefinedRouting",
    },
    oidc_issuer_profile={"enabled": True},
    security_profile={
        "workload_identity": {"enabled": True},
        "azure_key_vault_kms": {
            "enabled": True,
            "key_id": "https://acme-keys.vault.azure.net/keys/etcd/0123456789abcdef",
        },
    },
    agent_pool_profiles=[
        {
            "name": "system",
            "mode": "System",
            "vm_size": "Standard_D4s_v5",
            "count": 2,
            "os_type": "Linux",
            "availability_zones": ["1", "2", "3"],
            "vnet_subnet_id": nodes.id,
            "tags": tags,
        }
    ],
    opts=pulumi.ResourceOptions(provider=azure, protect=True, ignore_changes=["agentPoolProfiles"], depends_on=grants),
    **here,
)
containerservice.AgentPool(
    "h100",
    agent_pool_name="h100",
    resource_group_name=group.name,
    resource_name_=cluster.name,
    mode="User",
    vm_size="Standard_ND96isr_H100_v5",
    count=2,
    os_type="Linux",
    os_sku="Ubuntu",
    os_disk_size_gb=1024,
    availability_zones=["1"],
    capacity_reservation_group_id=reserved.id,
    node_taints=["nvidia.com/gpu=present:NoSchedule"],
    upgrade_settings={"max_surge": "0", "max_unavailable": "1"},
    vnet_subnet_id=nodes.id,
    tags=tags,
    opts=pulumi.ResourceOptions(provider=azure, depends_on=[machines]),
)
logs = operationalinsights.Workspace("logs", retention_in_days=365, opts=at, **here)
monitor.DiagnosticSetting(
    "audit",
    name="audit",
    resource_uri=cluster.id,
    workspace_id=logs.id,
    logs=[{"category": "kube-audit-admin", "enabled": True}, {"category": "guard", "enabled": True}],
    opts=at,
)
consumption.Budget(
    "h100",
    budget_name="h100",
    scope=group.id,
    amount=200000,
    category="Cost",
    time_grain="Monthly",
    time_period={"start_date": "2026-11-01T00:00:00Z"},
    notifications={
        "all": {"enabled": True, "operator": "GreaterThan", "threshold": 100, "contact_emails": ["m@example.com"]}
    },
    opts=at,
)
