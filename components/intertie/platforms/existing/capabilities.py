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
            "Monitors and alert rules are made where `adopt.collector` names a collector that reads them from the "
            "cluster; none is installed. With `annotations` there are neither, and with `azure-managed` no alert "
            "rules, which are Azure's and not the cluster's. Alerts of replicas need kube-state-metrics."
        ),
        (
            "`alerts` reaches nobody: an Alertmanager that knows no mail server refuses its whole configuration for "
            "one recipient by email, and whether it knows one cannot be asked. Rules carry `severity`, by which "
            "whoever runs it sends them on."
        ),
    ),
)
