"""From where the Kubernetes API is reached, who is let in, and the kubeconfig that says so."""

import json

import pulumi
from pulumi_gcp import container, projects

from intertie.contract import BuildOptions, TeamBinding
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.platforms.children import child

_CONNECT = "roles/container.clusterViewer"
"""Lets somebody find the cluster and prove who they are to it; what they may do there is the cluster's own RBAC."""


def by_name(plan: Plan) -> bool:
    """Whether the API is reached by its DNS name, which asks IAM at every request: no range says from where."""
    return plan.operations.api == "public" and not plan.operations.api_ranges


def set_ways_in(args: container.ClusterArgs, plan: Plan) -> None:
    """The DNS name alone; or an address that answers to the plan's ranges; or a private one that answers to runners."""
    operations = plan.operations
    args.control_plane_endpoints_config = container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=by_name(plan)
        ),
        ip_endpoints_config=container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(
            enabled=not by_name(plan)
        ),
    )
    private = operations.api == "private"
    args.private_cluster_config = container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True, enable_private_endpoint=True if private else None
    )
    if by_name(plan):
        return  # even an empty block would turn the list of allowed addresses on
    ranges = operations.runner_ranges if private else operations.api_ranges
    args.master_authorized_networks_config = container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=cidr, display_name=f"allowed-{n}")
            for n, cidr in enumerate(ranges)
        ],
        gcp_public_cidrs_access_enabled=False,  # else every machine that anybody rents from Google is allowed
    )


def grant(
    plan: Plan, options: BuildOptions, project: pulumi.Input[str], cluster: container.Cluster
) -> tuple[pulumi.Resource, ...]:
    """Lets the members of the teams connect to the cluster. The deployer has had to be allowed that before."""
    granted: list[pulumi.Resource] = []
    for member in dict.fromkeys(member for team in plan.operations.teams for member in team.principals):
        name, opts = child(options, f"team-{digest(member, 6)}-connect", depends_on=[cluster])
        granted.append(projects.IAMMember(name, project=project, role=_CONNECT, member=member, opts=opts))
    return tuple(granted)


def bindings(plan: Plan) -> tuple[TeamBinding, ...]:
    """What the cluster's own RBAC lets them do: IAM's roles for it hold in every cluster of the project."""
    deployer = plan.operations.deployer
    wanted = [("deployer", "admin", deployer)] if deployer else []
    wanted += [(team.name, team.role, member) for team in plan.operations.teams for member in team.principals]
    return tuple(TeamBinding(name, role, *_subject(member)) for name, role, member in wanted)


def _subject(member: str) -> tuple[str, str]:
    """(kind, name) of an IAM member in Kubernetes' RBAC: service accounts of Google are users there."""
    kind, _, name = member.partition(":")
    return ("Group" if kind == "group" else "User"), name


def kubeconfig(plan: Plan, made: container.Cluster) -> pulumi.Output[str]:
    """Kubeconfig, a secret though it holds no credential: Google's plugin is asked for a token."""
    if by_name(plan):
        endpoint = made.control_plane_endpoints_config.dns_endpoint_config.endpoint
        return pulumi.Output.secret(endpoint.apply(lambda host: config_text(plan, host)))
    authority = made.master_auth.cluster_ca_certificate
    both = pulumi.Output.all(made.endpoint, authority)
    return pulumi.Output.secret(both.apply(lambda known: config_text(plan, known[0], known[1])))


def config_text(plan: Plan, host: str, authority: str = "") -> str:
    """Kubeconfig of a host. Without an authority its certificate is one that everybody trusts: the DNS name's."""
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "gke-gcloud-auth-plugin",
        "installHint": "gcloud components install gke-gcloud-auth-plugin",
        "interactiveMode": "Never",
        "provideClusterInfo": True,
    }
    server = {"server": f"https://{host}"}
    if authority:
        server["certificate-authority-data"] = authority
    if plan.operations.runner_proxy:
        server["proxy-url"] = plan.operations.runner_proxy
    name = plan.cluster
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": plugin}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(content)
