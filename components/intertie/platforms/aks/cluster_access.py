"""From where the Kubernetes API is reached, who is let in, and the kubeconfig that says so.

Local accounts stay on as long as nobody is named who could administer the cluster without them: with an admin team or
a deployer they are off, and Entra ID is asked instead.
"""

import base64
import json
from typing import Any

import pulumi
import yaml
from pulumi_azure_native import authorization, containerservice, network

from intertie.plan import Plan, TeamAccess
from intertie.plan.naming import digest
from intertie.platforms.aks.identity import assign
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child

SERVER_APP = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application that every AKS cluster is to Entra ID. Source: Azure/kubelogin documentation."""

_CONNECT = "Azure Kubernetes Service Cluster User Role"
_ROLES = {
    "view": "Azure Kubernetes Service RBAC Reader",
    "edit": "Azure Kubernetes Service RBAC Writer",
    "admin": "Azure Kubernetes Service RBAC Cluster Admin",
}
"""Role per right: the first two in the pipeline's namespace, the last in the whole cluster."""


def known_people(plan: Plan) -> bool:
    """Whether Entra ID is asked who somebody is."""
    return bool(plan.operations.teams or plan.operations.deployer)


def administered(plan: Plan) -> bool:
    """Whether somebody can administer the cluster without a local account."""
    return bool(plan.operations.deployer) or any(team.role == "admin" for team in plan.operations.teams)


def ways_in(
    plan: Plan, egress: network.PublicIPAddress | None
) -> containerservice.ManagedClusterAPIServerAccessProfileArgs:
    """A private address alone; or a public one that answers to the plan's ranges, and to the nodes' own way out."""
    if plan.operations.api == "private":
        return containerservice.ManagedClusterAPIServerAccessProfileArgs(
            enable_private_cluster=True,
            enable_private_cluster_public_fqdn=False,
            private_dns_zone="system",
            disable_run_command=True,
        )
    ranges: list[pulumi.Input[str]] = list(plan.operations.api_ranges)
    if ranges and egress is not None:  # nodes reach a public API by their address outside
        ranges.append(pulumi.Output.concat(egress.ip_address.apply(lambda address: address or ""), "/32"))
    return containerservice.ManagedClusterAPIServerAccessProfileArgs(
        authorized_ip_ranges=ranges or None, disable_run_command=True
    )


def sign_in(plan: Plan) -> containerservice.ManagedClusterAADProfileArgs | None:
    """Entra ID says who somebody is, Azure RBAC what they may do. None where no team is named."""
    if not known_people(plan):
        return None
    return containerservice.ManagedClusterAADProfileArgs(managed=True, enable_azure_rbac=True)


def grant(place: Place, cluster: containerservice.ManagedCluster) -> tuple[authorization.RoleAssignment, ...]:
    """What each group of each team may do; and the deployer, who administers the cluster."""
    operations = place.plan.operations
    made: list[authorization.RoleAssignment] = []
    for team in operations.teams:
        for group in team.principals:
            made += _of_group(place, cluster, team, group)
    if operations.deployer:
        made += [
            assign(place, f"deployer-{what}", role, principal=operations.deployer, scope=cluster.id, kind=None)
            for what, role in (("connect", _CONNECT), ("rights", _ROLES["admin"]))
        ]
    return tuple(made)


def _of_group(
    place: Place, cluster: containerservice.ManagedCluster, team: TeamAccess, group: str
) -> list[authorization.RoleAssignment]:
    what = f"team-{team.name}-{digest(group, 6)}"  # one that is taken out renames no other
    scope: pulumi.Input[str] = cluster.id
    if team.role != "admin":
        scope = pulumi.Output.concat(cluster.id, "/namespaces/", place.plan.namespace)
    kind = authorization.PrincipalType.GROUP
    return [
        assign(place, f"{what}-connect", _CONNECT, principal=group, scope=cluster.id, kind=kind),
        assign(place, what, _ROLES[team.role], principal=group, scope=scope, kind=kind),
    ]


def connect(place: Place, subnet: network.Subnet) -> list[pulumi.Resource]:
    """Peers the network with the runner's, if it is named. The other half of the peering is the runner's to make."""
    runner = place.plan.operations.runner_network
    if not runner:
        return []
    name, opts = child(place.options, "runner-peering", depends_on=[subnet])
    peering = network.VirtualNetworkPeering(
        name,
        virtual_network_peering_name="runner",
        virtual_network_name=place.plan.cluster,
        resource_group_name=place.group.name,
        remote_virtual_network=network.SubResourceArgs(id=runner),
        allow_virtual_network_access=True,
        allow_forwarded_traffic=False,
        opts=opts,
    )
    return [peering]


def kubeconfig(place: Place, cluster: containerservice.ManagedCluster) -> pulumi.Output[str]:
    """Kubeconfig, as JSON, which is YAML. A secret: with local accounts it holds a login. Fetched at every run."""
    found = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=place.group.name,
        resource_name=cluster.name,
        opts=pulumi.InvokeOutputOptions(parent=cluster, depends_on=[cluster]),
    )
    text = found.kubeconfigs.apply(lambda files: base64.b64decode(files[0].value).decode())
    # Joined to the id: an answer that is not known yet has forgotten whose login it is, and with it the order.
    both = pulumi.Output.all(cluster.id, text)
    return pulumi.Output.secret(both.apply(lambda known: config_text(place.plan, known[1])))


def config_text(plan: Plan, fetched: str) -> str:
    """The kubeconfig that Azure gives, with the runner's proxy and, where local accounts are off, the CLI's login.

    What Azure gives there asks for a code in a browser, which no pipeline can answer.
    """
    if not plan.operations.runner_proxy and not administered(plan):
        return fetched
    content: dict[str, Any] = yaml.safe_load(fetched)
    if plan.operations.runner_proxy:
        for each in content["clusters"]:
            each["cluster"]["proxy-url"] = plan.operations.runner_proxy
    if administered(plan):
        for each in content["users"]:
            each["user"] = {"exec": _kubelogin()}
    return json.dumps(content)


def _kubelogin() -> dict[str, Any]:
    return {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", "azurecli", "--server-id", SERVER_APP],
        "installHint": "az aks install-cli",
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
