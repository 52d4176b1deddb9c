"""The way of the machine that runs Pulumi to an API with a private address alone."""

import pulumi
from pulumi_gcp import compute

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child


def connect(plan: Plan, options: BuildOptions, network: compute.Network) -> list[pulumi.Resource]:
    """Peers the network with the runner's, if it is named. The other half of the peering is the runner's to make."""
    if not plan.operations.runner_network:
        return []
    name, opts = child(options, "runner-peering")
    peering = compute.NetworkPeering(
        name,
        name=f"{plan.cluster}-runner",
        network=network.self_link,
        peer_network=plan.operations.runner_network,
        export_custom_routes=True,  # the API's private address is behind one
        opts=opts,
    )
    return [peering]
