"""AKS with all pools inside the cluster: typed arguments, named ranges for the API, a lock, a key in a vault."""

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import (
    authorization,
    consumption,
    containerservice,
    keyvault,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    resources,
)

TAGS = {"owner": "search-platform", "cost-center": "ml-4711", "environment": "production"}
PLACE = "swedencentral"

provider = azure.Provider("azure", location=PLACE, subscription_id="00000000-0000-0000-0000-000000000001")
opts = pulumi.ResourceOptions(provider=provider)
group = resources.ResourceGroup("inference", resource_group_name="inference", location=PLACE, tags=TAGS, opts=opts)
authorization.ManagementLockAtResourceGroupLevel(
    "keep", lock_name="keep", resource_group_name=group.name, level="CanNotDelete", opts=opts
)
outside = network.PublicIPAddress(
    "nat",
    resource_group_name=group.name,
    location=PLACE,
    public_ip_allocation_method="Static",
    sku=network.PublicIPAddressSkuArgs(name="Standard"),
    tags=TAGS,
    opts=opts,
)
nat = network.NatGateway(
    "nat",
    resource_group_name=group.name,
    location=PLACE,
    sku=network.NatGatewaySkuArgs(name="Standard"),
    public_ip_addresses=[network.SubResourceArgs(id=outside.id)],
    tags=TAGS,
    opts=opts,
)
vnet = network.VirtualNetwork(
    "inference",
    resource_group_name=group.name,
    location=PLACE,
    address_space=network.AddressSpaceArgs(address_prefixes=["10.60.0.0/16"]),
    tags=TAGS,
    opts=opts,
)
subnet = network.Subnet(
    "nodes",
    resource_group_name=group.name,
    virtual_network_name=vnet.name,
    address_prefix="10.60.0.0/18",
    nat_gateway=network.SubResourceArgs(id=nat.id),
    service_endpoints=[network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
    opts=opts,
)
control = managedidentity.UserAssignedIdentity(
    "control", resource_name_="control", resource_group_name=group.name, location=PLACE, tags=TAGS, opts=opts
)
grant = authorization.RoleAssignment(
    "network",
    principal_id=control.principal_id,
    principal_type="ServicePrincipal",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
    scope=subnet.id,
    opts=opts,
)
vault = keyvault.Vault(
    "keys",
    vault_name="acme-inference-7c1d",
    resource_group_name=group.name,
    location=PLACE,
    properties=keyvault.VaultPropertiesArgs(
        tenant_id="00000000-0000-0000-0000-000000000002",
        sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.STANDARD),
        enable_rbac_authorization=True,
        enable_purge_protection=True,
    ),
    tags=TAGS,
    opts=opts,
)
key = keyvault.Key(
    "etcd",
    key_name="etcd",
    resource_group_name=group.name,
    vault_name=vault.name,
    properties=keyvault.KeyPropertiesArgs(kty="RSA", key_size=3072),
    opts=opts,
)


def pool(name: str, size: str, mode: str, least: int, most: int) -> containerservice.ManagedClusterAgentPoolProfileArgs:
    """A pool inside the cluster."""
    accelerated = mode == "User"
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        name=name,
        mode=mode,
        vm_size=size,
        count=least,
        enable_auto_scaling=True,
        min_count=least,
        max_count=most,
        availability_zones=None if accelerated else ["1", "2", "3"],
        os_type="Linux",
        os_sku="Ubuntu",
        os_disk_size_gb=256,
        type="VirtualMachineScaleSets",
        node_taints=["nvidia.com/gpu=present:NoSchedule"] if accelerated else ["CriticalAddonsOnly=true:NoSchedule"],
        vnet_subnet_id=subnet.id,
        tags=TAGS,
    )


cluster = containerservice.ManagedCluster(
    "inference",
    resource_name_="inference",
    resource_group_name=group.name,
    location=PLACE,
    dns_prefix="inference",
    kubernetes_version="1.35",
    identity=containerservice.ManagedClusterIdentityArgs(
        type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[control.id]
    ),
    sku=containerservice.ManagedClusterSKUArgs(name="Base", tier="Standard"),
    api_server_access_profile=containerservice.ManagedClusterAPIServerAccessProfileArgs(
        authorized_ip_ranges=["198.51.100.0/24"]
    ),
    network_profile=containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay",
        network_dataplane="cilium",
        network_policy="cilium",
        outbound_type="userAssignedNATGateway",
    ),
    oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
    security_profile=containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        azure_key_vault_kms=containerservice.AzureKeyVaultKmsArgs(enabled=True, key_id=key.key_uri_with_version),
    ),
    agent_pool_profiles=[
        pool("system", "Standard_D4s_v5", "System", 2, 4),
        pool("gpu", "Standard_NC24ads_A100_v4", "User", 1, 4),
    ],
    tags=TAGS,
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[grant]),
)
workspace = operationalinsights.Workspace(
    "logs",
    workspace_name="logs",
    resource_group_name=group.name,
    location=PLACE,
    retention_in_days=90,
    tags=TAGS,
    opts=opts,
)
monitor.DiagnosticSetting(
    "audit",
    name="audit",
    resource_uri=cluster.id,
    workspace_id=workspace.id,
    logs=[{"category": "kube-audit-admin", "enabled": True}],
    opts=opts,
)
consumption.Budget(
    "inference",
    budget_name="inference",
    scope=group.id,
    amount=15000,
    category="Cost",
    time_grain="Monthly",
    time_period=consumption.BudgetTimePeriodArgs(start_date="2026-11-01T00:00:00Z"),
    notifications={
        "soon": consumption.NotificationArgs(
            enabled=True,
            operator="GreaterThan",
            threshold=80,
            threshold_type="Forecasted",
            contact_emails=["s@example.com"],
        )
    },
    opts=opts,
)
