"""What can and cannot be done with a cluster that is adopted. Plain data: reading it loads no SDK."""

from intertie.platforms.capability import Capabilities

CAPABILITIES = Capabilities(
    name="existing",
    title="Existing cluster",
    cloud="other",
    gaps=(
        "Nothing of the cluster is made, checked or changed: its pools are as the description says (`adopt.pools`).",
        (
            "Pods get no identity at the cloud: weights must be readable from the cluster's pods, through the nodes' "
            "identity or a public bucket."
        ),
        (
            "Outside AWS, Azure and Google Cloud there is no common way to ask for an internal load balancer: whether "
            "the gateway's address can be reached from outside is the cluster's matter."
        ),
        "Pools grow only if the cluster grows them: no autoscaler is installed.",
        (
            "No monitors and no alert rules are made, and `alerts` reaches nobody: whoever runs the cluster collects "
            "from pods that carry annotations, and has rules and an Alertmanager of its own."
        ),
    ),
)
