"""Who the cluster, its nodes and the stages are to Azure, and what each may do.

Three user-assigned identities: the control plane's (AKS needs one of its own for a network, a kubelet identity and
capacity reservations that are not its own), the nodes', and the stages'. Every role is given on the narrowest scope
that works, before what needs it is made.
"""

from dataclasses import dataclass
from hashlib import sha256

import pulumi
from pulumi_azure_native import authorization, containerservice, managedidentity, network

from intertie.contract import Bound, IdentityBinding, service_account
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.platforms.aks import reservation
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "Azure Kubernetes Service Cluster User Role": "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
    "Azure Kubernetes Service RBAC Reader": "7f6c6a51-bcf8-42ba-9220-52d62157d7db",
    "Azure Kubernetes Service RBAC Writer": "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Managed Identity Operator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
}
"""Identifiers of the roles that we give. Source: Azure built-in roles."""

MOST_FEDERATED = 20
"""Federated credentials that one identity takes. Source: Microsoft Entra, workload identity federation."""

AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True, slots=True)
class Control:
    """The control plane's and the nodes' identity, and the roles that must exist before the cluster."""

    plane: managedidentity.UserAssignedIdentity
    kubelet: managedidentity.UserAssignedIdentity
    grants: tuple[authorization.RoleAssignment, ...]


def problems(plan: Plan) -> list[Problem]:
    """Every stage has a service account, and every service account a federated credential."""
    if "cluster" not in plan.renders or len(plan.stages) <= MOST_FEDERATED:
        return []
    return [
        Problem(
            path="stages",
            found=f"{len(plan.stages)} stages",
            allowed=f"at most {MOST_FEDERATED} on Azure: a managed identity takes that many federated credentials",
            hint="split the pipeline in two, or place it on another cloud",
            source="Microsoft Entra workload identity federation, service limits",
        )
    ]


def stages(place: Place) -> managedidentity.UserAssignedIdentity:
    """The identity that all stages of the pipeline share."""
    return user_assigned(place, "workload")


def control(place: Place, subnet: network.Subnet) -> Control:
    """The cluster's two identities with what they may do. Roles on reservations come with the pools' groups."""
    plane = user_assigned(place, "control-plane")
    kubelet = user_assigned(place, "kubelet")
    grants = (
        grant(place, "network", "Network Contributor", to=plane, scope=subnet.id),
        grant(place, "kubelet", "Managed Identity Operator", to=plane, scope=kubelet.id),
    )
    return Control(plane, kubelet, grants)


def reservation_grants(place: Place, control: Control) -> dict[str, authorization.RoleAssignment]:
    """The right to use each resource group that holds a reservation, by that group's id in lower case.

    One role for each group, however many pools use it: Azure refuses a second one that says the same.
    """
    scopes = {reservation.scope(claim).lower(): reservation.scope(claim) for claim in reservation.claimed(place.plan)}
    return {
        key: grant(place, f"capacity-{_short(key)}", "Contributor", to=control.plane, scope=scope)
        for key, scope in sorted(scopes.items())
    }


def grant(
    place: Place, what: str, role: str, *, to: managedidentity.UserAssignedIdentity, scope: Bound
) -> authorization.RoleAssignment:
    """Gives an identity of ours the built-in `role` on `scope`."""
    # Without the type Azure looks the principal up, and has not heard yet of one that is seconds old.
    kind = authorization.PrincipalType.SERVICE_PRINCIPAL
    return assign(place, what, role, principal=to.principal_id, scope=scope, kind=kind)


def assign(
    place: Place, what: str, role: str, *, principal: Bound, scope: Bound, kind: authorization.PrincipalType | None
) -> authorization.RoleAssignment:
    """Gives a principal, by its object id, the built-in `role` on `scope`.

    The assignment's own name, a GUID, is left to the provider: with a fixed one, an identity that is made anew could
    not get its role, for Azure does not let an assignment change hands.
    """
    subscription = place.group.id.apply(subscription_of)
    name, opts = child(place.options, f"grant-{what}")
    return authorization.RoleAssignment(
        name,
        principal_id=principal,
        principal_type=kind,
        role_definition_id=pulumi.Output.format(
            "/subscriptions/{0}/providers/Microsoft.Authorization/roleDefinitions/{1}", subscription, ROLES[role]
        ),
        scope=scope,
        opts=opts,
    )


def federation(
    place: Place, identity: managedidentity.UserAssignedIdentity, cluster: containerservice.ManagedCluster
) -> tuple[managedidentity.FederatedIdentityCredential, ...]:
    """One credential per stage: its service account, of this cluster, is the identity.

    Each waits for the one before: Azure answers 409 to two writes on one identity at a time.
    """
    # Joined to the id, which nobody knows before the cluster exists: of the profile alone a preview shows what was
    # asked for, in which there is no issuer, and the credential would go without.
    url = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else None)
    issuer = pulumi.Output.all(cluster.id, url).apply(lambda known: known[1])
    made: list[managedidentity.FederatedIdentityCredential] = []
    for stage in place.plan.stages:
        account = service_account(place.plan, stage.name)
        name, opts = child(place.options, f"federation-{stage.name}", depends_on=made[-1:] or None)
        made.append(
            managedidentity.FederatedIdentityCredential(
                name,
                federated_identity_credential_resource_name=account,
                resource_group_name=place.group.name,
                resource_name_=identity.name,
                issuer=issuer,
                subject=f"system:serviceaccount:{place.plan.namespace}:{account}",
                audiences=[AUDIENCE],
                opts=opts,
            )
        )
    return tuple(made)


def binding(identity: managedidentity.UserAssignedIdentity) -> IdentityBinding:
    """What AKS' workload identity webhook looks for on service accounts and pods."""
    return IdentityBinding(
        service_account_annotations={"azure.workload.identity/client-id": identity.client_id},
        pod_labels={"azure.workload.identity/use": "true"},
    )


def subscription_of(resource_id: str) -> str:
    """`/subscriptions/<this>/…` of any resource id."""
    return resource_id.split("/")[2]


def user_assigned(place: Place, role: str) -> managedidentity.UserAssignedIdentity:
    """An identity called `<cluster>-<role>`."""
    name, opts = child(place.options, role)
    return managedidentity.UserAssignedIdentity(
        name,
        resource_name_=f"{place.plan.cluster}-{role}",
        resource_group_name=place.group.name,
        location=place.plan.region,
        tags=tags(place.plan, "azure"),
        opts=opts,
    )


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
