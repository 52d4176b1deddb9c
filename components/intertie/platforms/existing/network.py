"""Whether the gateway of an adopted cluster gets a public address."""

from intertie.contract import GatewayBinding
from intertie.plan import Plan
from intertie.spec import Access

_INTERNAL = {
    "aws": {
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",  # controller in the cluster's core
        "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",  # AWS Load Balancer Controller
    },
    "azure": {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
    "gcp": {
        "networking.gke.io/load-balancer-type": "Internal",
        "networking.gke.io/internal-load-balancer-allow-global-access": "true",
    },
    "other": {},
}
"""Annotations that keep a load balancer internal. Source: each cloud's documentation of Services on its clusters."""


def gateway(plan: Plan) -> GatewayBinding:
    """Internal unless the endpoint is public: every cloud would make the address public by itself."""
    public = plan.endpoint is not None and plan.endpoint.access is Access.PUBLIC
    return GatewayBinding({} if public else dict(_INTERNAL[plan.cloud]))
