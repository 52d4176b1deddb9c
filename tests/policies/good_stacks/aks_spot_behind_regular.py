"""AKS where spot pools stand behind a regular one; a class that is configured with data classes."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi
from pulumi_azure_native import (
    Provider,
    authorization,
    consumption,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    resources,
    storage,
)
from pulumi_azure_native import containerservice as aks


@dataclass(frozen=True)
class Pool:
    name: str
    size: str
    most: int
    least: int = 0
    spot: bool = False


class Inference(pulumi.ComponentResource):
    TAGS: ClassVar = {"owner": "research-platform", "cost_center": "ml-4713", "environment": "production"}

    def __init__(self, name: str, pools: list[Pool], location: str, opts: pulumi.ResourceOptions | None = None):
        super().__init__("acme:inference:Aks", name, None, opts)
        self.within = pulumi.ResourceOptions(parent=self)
        self.group = resources.ResourceGroup(f"{name}-rg", location=location, tags=self.TAGS, opts=self.within)
        self.where: dict[str, Any] = {"resource_group_name": self.group.name, "location": location, "tags": self.TAGS}
        net = network.VirtualNetwork(
            f"{name}-net",
            address_space=network.AddressSpaceArgs(address_prefixes=["10.80.0.0/16"]),
            opts=self.within,
            **self.where,
        )
        self.subnet = network.Subnet(
            f"{name}-nodes",
            resource_group_name=self.group.name,
            virtual_network_name=net.name,
            address_prefix="10.80.0.0/18",
            service_endpoints=[{"service": "Microsoft.Storage"}],
            opts=self.within,
        )
        self.weights(name)
        self.cluster = self.control_plane(name)
        for pool in pools:
            self.pool(pool)
        self.budget(name, 60_000)

    def weights(self, name: str) -> None:
        account = storage.StorageAccount(
            f"{name}-weights",
            account_name="acmeweights",
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_ZRS"),
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            minimum_tls_version="TLS1_2",
            opts=pulumi.ResourceOptions(parent=self, protect=True),
            **self.where,
        )
        storage.BlobServiceProperties(
            f"{name}-keep",
            blob_services_name="default",
            account_name=account.name,
            resource_group_name=self.group.name,
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=14),
            opts=self.within,
        )

    def control_plane(self, name: str) -> aks.ManagedCluster:
        who = managedidentity.UserAssignedIdentity(
            f"{name}-who", resource_name_=f"{name}-who", opts=self.within, **self.where
        )
        grant = authorization.RoleAssignment(
            f"{name}-net",
            principal_id=who.principal_id,
            principal_type="ServicePrincipal",
            scope=self.subnet.id,
            role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
            opts=self.within,
        )
        cluster = aks.ManagedCluster(
            f"{name}-aks",
            resource_name_=name,
            dns_prefix=name,
            kubernetes_version="1.35",
            identity=aks.ManagedClusterIdentityArgs(
                type=aks.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[who.id]
            ),
            api_server_access_profile=aks.ManagedClusterAPIServerAccessProfileArgs(enable_private_cluster=True),
            network_profile=aks.ContainerServiceNetworkProfileArgs(network_plugin="azure", network_policy="azure"),
            oidc_issuer_profile=aks.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=aks.ManagedClusterSecurityProfileArgs(
                workload_identity=aks.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
                azure_key_vault_kms=aks.AzureKeyVaultKmsArgs(
                    enabled=True, key_id="https://acme-keys.vault.azure.net/keys/etcd/0123456789abcdef"
                ),
            ),
            agent_pool_profiles=[
                aks.ManagedClusterAgentPoolProfileArgs(
                    name="system",
                    mode="System",
                    vm_size="Standard_D4s_v5",
                    count=2,
                    availability_zones=["1", "2"],
                    os_type="Linux",
                    vnet_subnet_id=self.subnet.id,
                    tags=self.TAGS,
                )
            ],
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, ignore_changes=["agentPoolProfiles"], depends_on=[grant]
            ),
            **self.where,
        )
        space = operationalinsights.Workspace(f"{name}-logs", retention_in_days=60, opts=self.within, **self.where)
        monitor.DiagnosticSetting(
            f"{name}-audit",
            name="audit",
            resource_uri=cluster.id,
            workspace_id=space.id,
            logs=[{"category": "kube-audit", "enabled": True}],
            opts=self.within,
        )
        return cluster

    def budget(self, name: str, usd: int) -> None:
        consumption.Budget(
            f"{name}-budget",
            budget_name=name,
            scope=self.group.id,
            amount=usd,
            category="Cost",
            time_grain="Quarterly",
            time_period=consumption.BudgetTimePeriodArgs(start_date="2026-10-01T00:00:00Z"),
            notifications={
                "soon": {
                    "enabled": True,
                    "operator": "GreaterThan",
                    "threshold": 70,
                    "contact_roles": ["Owner"],
                    "contact_emails": [],
                }
            },
            opts=self.within,
        )

    def pool(self, pool: Pool) -> None:
        taints = ["nvidia.com/gpu=present:NoSchedule"]
        if pool.spot:
            taints.append("kubernetes.azure.com/scalesetpriority=spot:NoSchedule")
        aks.AgentPool(
            pool.name,
            agent_pool_name=pool.name,
            resource_group_name=self.group.name,
            resource_name_=self.cluster.name,
            vm_size=pool.size,
            mode="User",
            os_type="Linux",
            count=pool.least,
            enable_auto_scaling=True,
            min_count=pool.least,
            max_count=pool.most,
            scale_set_priority="Spot" if pool.spot else "Regular",
            scale_set_eviction_policy="Delete" if pool.spot else None,
            spot_max_price=-1.0 if pool.spot else None,
            node_taints=taints,
            node_labels={"kubernetes.azure.com/scalesetpriority": "spot"} if pool.spot else {},
            upgrade_settings=None
            if pool.spot
            else aks.AgentPoolUpgradeSettingsArgs(max_surge="0", max_unavailable="1"),
            vnet_subnet_id=self.subnet.id,
            tags=self.TAGS,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["count"]),
        )


azure = Provider("azure", location="eastus2")
Inference(
    "research",
    [Pool("gpu", "Standard_NC24ads_A100_v4", 4, least=1), Pool("gpuspot", "Standard_NC24ads_A100_v4", 8, spot=True)],
    "eastus2",
    pulumi.ResourceOptions(providers=[azure]),
)
