"""What a deployer must be allowed on Azure and Google Cloud, per resource type. `build_deploy_actions.py` writes it.

Neither cloud publishes actions per type as a package. Azure names them by a rule (`<resource type>/read`, `/write`,
`/delete`; Azure resource provider operations), Google by another (`<service>.<resources>.<verb>`; IAM permissions
reference): here stand the resource types, and what goes beyond the rule.
"""

AZURE_SOURCE = "Azure resource provider operations (documentation)"
AZURE: dict[str, tuple[str, str]] = {
    "alertsmanagement:PrometheusRuleGroup": ("Microsoft.AlertsManagement/prometheusRuleGroups", ""),
    "authorization:ManagementLockByScope": ("Microsoft.Authorization/locks", ""),
    "authorization:RoleAssignment": ("Microsoft.Authorization/roleAssignments", ""),
    "compute:CapacityReservation": ("Microsoft.Compute/capacityReservationGroups/capacityReservations", ""),
    "compute:CapacityReservationGroup": (
        "Microsoft.Compute/capacityReservationGroups", "Microsoft.Compute/capacityReservationGroups/deploy/action",
    ),
    "compute:DiskEncryptionSet": ("Microsoft.Compute/diskEncryptionSets", ""),
    "consumption:Budget": ("Microsoft.Consumption/budgets", ""),
    "containerregistry:CacheRule": ("Microsoft.ContainerRegistry/registries/cacheRules", ""),
    "containerregistry:CredentialSet": ("Microsoft.ContainerRegistry/registries/credentialSets", ""),
    "containerregistry:Registry": (
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.ContainerRegistry/registries/privateEndpointConnectionsApproval/action",
    ),
    "containerservice:AgentPool": ("Microsoft.ContainerService/managedClusters/agentPools", ""),
    "containerservice:MaintenanceConfiguration": (
        "Microsoft.ContainerService/managedClusters/maintenanceConfigurations", "",
    ),
    "containerservice:ManagedCluster": (
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
    ),
    "insights:ActionGroup": ("Microsoft.Insights/actionGroups", ""),
    "keyvault:Key": ("Microsoft.KeyVault/vaults/keys", ""),
    "keyvault:Vault": (
        "Microsoft.KeyVault/vaults",
        "Microsoft.KeyVault/vaults/deploy/action Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action",
    ),
    "managedidentity:FederatedIdentityCredential": (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", "",
    ),
    "managedidentity:UserAssignedIdentity": (
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    ),
    "monitor:ActionGroup": ("Microsoft.Insights/actionGroups", ""),
    "monitor:AzureMonitorWorkspace": ("Microsoft.Monitor/accounts", ""),
    "monitor:DataCollectionEndpoint": ("Microsoft.Insights/dataCollectionEndpoints", ""),
    "monitor:DataCollectionRule": ("Microsoft.Insights/dataCollectionRules", ""),
    "monitor:DataCollectionRuleAssociation": ("Microsoft.Insights/dataCollectionRuleAssociations", ""),
    "monitor:DiagnosticSetting": ("Microsoft.Insights/diagnosticSettings", ""),
    "network:FlowLog": ("Microsoft.Network/networkWatchers/flowLogs", "Microsoft.Network/networkWatchers/read"),
    "network:LocalNetworkGateway": ("Microsoft.Network/localNetworkGateways", ""),
    "network:NatGateway": ("Microsoft.Network/natGateways", "Microsoft.Network/natGateways/join/action"),
    "network:NetworkSecurityGroup": (
        "Microsoft.Network/networkSecurityGroups", "Microsoft.Network/networkSecurityGroups/join/action",
    ),
    "network:PrivateDnsZoneGroup": ("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", ""),
    "network:PrivateEndpoint": ("Microsoft.Network/privateEndpoints", ""),
    "network:PublicIPAddress": (
        "Microsoft.Network/publicIPAddresses", "Microsoft.Network/publicIPAddresses/join/action",
    ),
    "network:PublicIPPrefix": ("Microsoft.Network/publicIPPrefixes", "Microsoft.Network/publicIPPrefixes/join/action"),
    "network:Subnet": (
        "Microsoft.Network/virtualNetworks/subnets", "Microsoft.Network/virtualNetworks/subnets/join/action",
    ),
    "network:VirtualNetwork": ("Microsoft.Network/virtualNetworks", "Microsoft.Network/virtualNetworks/join/action"),
    "network:VirtualNetworkGateway": ("Microsoft.Network/virtualNetworkGateways", ""),
    "network:VirtualNetworkGatewayConnection": ("Microsoft.Network/connections", ""),
    "network:VirtualNetworkPeering": (
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "Microsoft.Network/virtualNetworks/peer/action",
    ),
    # Container insights: what AKS asks of whoever turns it on (AKS service permissions).
    "operationalinsights:Workspace": (
        "Microsoft.OperationalInsights/workspaces",
        (
            "Microsoft.OperationalInsights/workspaces/sharedKeys/action "
            "Microsoft.OperationalInsights/workspaces/sharedkeys/read "
            "Microsoft.OperationsManagement/solutions/read Microsoft.OperationsManagement/solutions/write"
        ),
    ),
    "privatedns:PrivateZone": ("Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/join/action"),
    "privatedns:VirtualNetworkLink": ("Microsoft.Network/privateDnsZones/virtualNetworkLinks", ""),
    "resources:ResourceGroup": ("Microsoft.Resources/subscriptions/resourceGroups", ""),
    "storage:BlobContainer": ("Microsoft.Storage/storageAccounts/blobServices/containers", ""),
    "storage:BlobServiceProperties": ("Microsoft.Storage/storageAccounts/blobServices", ""),
    "storage:ManagementPolicy": ("Microsoft.Storage/storageAccounts/managementPolicies", ""),
    "storage:StorageAccount": ("Microsoft.Storage/storageAccounts", ""),
}  # fmt: skip
"""Pulumi type (azure-native) → ARM resource type, and actions besides read, write and delete."""

GCP_SOURCE = "Google Cloud IAM permissions reference"
_FULL = "create delete get list update"
_POLICY = "getIamPolicy setIamPolicy"
_ON_PROJECT = "resourcemanager.projects.get resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy"
GCP: dict[str, tuple[str, str, str]] = {
    "artifactregistry/repository:Repository": ("artifactregistry.repositories", _FULL, ""),
    # of one project: rights on the billing account itself are not needed (Cloud Billing, access control of budgets)
    "billing/budget:Budget": ("billing.resourcebudgets", "read write", "resourcemanager.projects.get"),
    "compute/externalVpnGateway:ExternalVpnGateway": (
        "compute.externalVpnGateways", "create delete get list setLabels use", "compute.globalOperations.get",
    ),
    "compute/firewall:Firewall": ("compute.firewalls", _FULL, "compute.networks.updatePolicy"),
    "compute/globalAddress:GlobalAddress": ("compute.globalAddresses", "create delete get list use setLabels", ""),
    "compute/haVpnGateway:HaVpnGateway": (
        "compute.vpnGateways", "create delete get list setLabels use",
        "compute.networks.updatePolicy compute.regionOperations.get",
    ),
    "compute/network:Network": (
        "compute.networks", _FULL, "compute.networks.updatePolicy compute.globalOperations.get",
    ),
    "compute/networkPeering:NetworkPeering": (
        "compute.networks", "addPeering get removePeering updatePeering", "compute.globalOperations.get",
    ),
    "compute/reservation:Reservation": ("compute.reservations", _FULL, "compute.zoneOperations.get"),
    "compute/resourcePolicy:ResourcePolicy": ("compute.resourcePolicies", "create delete get list use", ""),
    "compute/router:Router": ("compute.routers", _FULL, "compute.networks.updatePolicy compute.regionOperations.get"),
    "compute/routerInterface:RouterInterface": (
        "compute.routers", "get update use", "compute.vpnTunnels.use compute.regionOperations.get",
    ),
    "compute/routerPeer:RouterPeer": ("compute.routers", "get update", "compute.regionOperations.get"),
    "compute/vPNTunnel:VPNTunnel": (
        "compute.vpnTunnels", "create delete get list setLabels use",
        "compute.routers.use compute.regionOperations.get",
    ),
    "compute/routerNat:RouterNat": ("compute.routers", "get update", "compute.regionOperations.get"),
    "compute/subnetwork:Subnetwork": (
        "compute.subnetworks", f"{_FULL} use", "compute.networks.updatePolicy compute.regionOperations.get",
    ),
    "container/cluster:Cluster": (
        "container.clusters", f"{_FULL} getCredentials connect",
        "container.operations.get container.operations.list compute.networks.use iam.serviceAccounts.actAs",
    ),
    "container/nodePool:NodePool": (
        "container.clusters", "get update",
        "container.operations.get compute.instanceGroupManagers.get compute.reservations.get iam.serviceAccounts.actAs",
    ),
    "dns/managedZone:ManagedZone": ("dns.managedZones", _FULL, "dns.networks.bindPrivateDNSZone"),
    "dns/recordSet:RecordSet": ("dns.resourceRecordSets", _FULL, "dns.changes.create dns.changes.get"),
    "kms/cryptoKey:CryptoKey": ("cloudkms.cryptoKeys", "create get list update", "cloudkms.cryptoKeyVersions.list"),
    "kms/cryptoKeyIAMMember:CryptoKeyIAMMember": ("cloudkms.cryptoKeys", _POLICY, ""),
    "kms/keyRing:KeyRing": ("cloudkms.keyRings", "create get list", ""),
    "logging/projectBucketConfig:ProjectBucketConfig": ("logging.buckets", _FULL, ""),
    "logging/projectSink:ProjectSink": ("logging.sinks", _FULL, ""),
    "monitoring/alertPolicy:AlertPolicy": ("monitoring.alertPolicies", _FULL, ""),
    "monitoring/notificationChannel:NotificationChannel": ("monitoring.notificationChannels", _FULL, ""),
    "projects/iAMMember:IAMMember": ("", "", _ON_PROJECT),
    "projects/iAMAuditConfig:IAMAuditConfig": ("", "", _ON_PROJECT),
    "projects/service:Service": ("serviceusage.services", "enable get list", "serviceusage.operations.get"),
    "projects/serviceIdentity:ServiceIdentity": ("serviceusage.services", "generateServiceIdentity get", ""),
    "secretmanager/secret:Secret": ("secretmanager.secrets", _FULL, ""),
    "secretmanager/secretIamMember:SecretIamMember": ("secretmanager.secrets", _POLICY, ""),
    "serviceaccount/account:Account": ("iam.serviceAccounts", _FULL, ""),
    "serviceaccount/iAMMember:IAMMember": ("iam.serviceAccounts", f"get {_POLICY}", ""),
    "storage/bucket:Bucket": ("storage.buckets", _FULL, ""),
    "storage/bucketIAMMember:BucketIAMMember": ("storage.buckets", f"get {_POLICY}", ""),
}  # fmt: skip
"""Pulumi type (gcp) → resource of the permissions, its verbs, and further permissions."""


def azure_rows() -> list[tuple[str, str, str]]:
    """(type, action, source), sorted."""
    made: set[tuple[str, str, str]] = set()
    for token, (kind, more) in AZURE.items():
        actions = [*(f"{kind}/{verb}" for verb in ("read", "write", "delete")), *more.split()]
        made |= {(f"azure-native:{token}", action, AZURE_SOURCE) for action in actions}
    return sorted(made)


def gcp_rows() -> list[tuple[str, str, str]]:
    """(type, permission, source), sorted."""
    made: set[tuple[str, str, str]] = set()
    for token, (resource, verbs, more) in GCP.items():
        permissions = [*(f"{resource}.{verb}" for verb in verbs.split()), *more.split()]
        made |= {(f"gcp:{token}", permission, GCP_SOURCE) for permission in permissions}
    return sorted(made)
