"""A new revision beside the one that serves: who gets which share, and how a failing one loses it.

Shares are weights of a route. What callers reach through the gateway is split there; a stage that other stages call
gets a small gateway of its own within the cluster. Replicas that fail are taken out by the proxies within seconds, and
their share goes to the others: no controller has to notice. What only a comparison shows, slower first tokens, wakes
somebody (`CanarySlower`).
"""

from typing import Any

from intertie.plan import Plan, StagePlan
from intertie.plan.alerts import GATEWAY_NAMESPACE
from intertie.plan.naming import safe_name
from intertie.workload.entry import entry
from intertie.workload.images import proxy_image
from intertie.workload.manifest import Manifest, metadata
from intertie.workload.routing import balancer, is_pooled, order
from intertie.workload.traces import ROLE, telemetry

GATEWAY_API = "gateway.networking.k8s.io/v1"
ENVOY_API = "gateway.envoyproxy.io/v1alpha1"
PORT = 80
LISTENS = 10080
"""Port of the proxies' pods behind port 80: Envoy Gateway moves what is below 1024 up by ten thousand."""
HEALTH: dict[str, Any] = {
    "passive": {
        "consecutive5XxErrors": 5,
        "consecutiveGatewayErrors": 3,
        "interval": "5s",
        "baseEjectionTime": "300s",
        "maxEjectionPercent": 50,
    },
    "panicThreshold": 0,
}
"""A replica that fails five times in a row gets nothing for five minutes, then longer each time. Never more than half
of all: a fault that all share is not the canary's. No panic: it would send requests to what was taken out."""
_LONGEST_SERVICE = 63  # characters of a service's name: it is a label of its address
_INSTALLED = ("namespace", "envoy-gateway", "gateway-class")


def trial(plan: Plan, stage: StagePlan) -> StagePlan | None:
    """The stage's canary."""
    return next((each for each in plan.stages if each.canary_of == stage.name), None)


def backends(plan: Plan, stage: StagePlan) -> list[dict[str, Any]]:
    """What a route leads to: the stage alone, or both by weight."""
    other = trial(plan, stage)
    if other is None:
        return [{"name": stage.name, "port": stage.spec.port}]
    return [
        {"name": stage.name, "port": stage.spec.port, "weight": 100 - other.weight},
        {"name": other.name, "port": other.spec.port, "weight": other.weight},
    ]


def original(plan: Plan, stage: StagePlan) -> StagePlan:
    """The stage itself, or the one whose canary it is."""
    return plan.stage(stage.canary_of) if stage.canary_of else stage


def is_split(plan: Plan, stage: StagePlan) -> bool:
    """Whether the stage has a gateway of its own: it has a canary or a picker, and callers from outside do not come to
    it."""
    first = original(plan, stage)
    return (trial(plan, first) is not None or is_pooled(first)) and first.name != entry(plan).name


def address(plan: Plan, stage: StagePlan) -> str:
    """Where other stages reach the stage."""
    if is_split(plan, stage):
        return f"http://{_service(plan, stage)}.{GATEWAY_NAMESPACE}.svc.cluster.local:{PORT}"
    return f"http://{stage.name}.{plan.namespace}.svc.cluster.local:{stage.spec.port}"


def proxies(plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """The pods of the stage's own gateway, as policies choose them."""
    return of_gateway(plan, gateway(plan, stage))


def before(plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """The pods of whichever gateway stands before the stage."""
    return proxies(plan, stage) if is_split(plan, stage) else of_gateway(plan, plan.spec.name)


def of_gateway(plan: Plan, name: str) -> dict[str, Any]:
    """The proxies of a gateway, as policies choose them."""
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": GATEWAY_NAMESPACE}},
        "podSelector": {
            "matchLabels": {
                "gateway.envoyproxy.io/owning-gateway-name": name,
                "gateway.envoyproxy.io/owning-gateway-namespace": plan.namespace,
            }
        },
    }


def objects(plan: Plan) -> tuple[Manifest, ...]:
    """Gateway, route and policy of every stage that is split inside."""
    return tuple(
        made for stage in plan.stages if not stage.canary_of and is_split(plan, stage) for made in _inside(plan, stage)
    )


def gateways(plan: Plan) -> bool:
    """Whether any gateway is made: at the door or inside."""
    return plan.endpoint is not None or uses_gateway(plan)


def uses_gateway(plan: Plan) -> bool:
    return any(is_split(plan, stage) for stage in plan.stages)


def gateway(plan: Plan, stage: StagePlan) -> str:
    """Name of the stage's own gateway, of its route and policies, and their roles' first part."""
    first = original(plan, stage)
    return f"{first.name}-{'pooled' if is_pooled(first) else 'split'}"


def _service(plan: Plan, stage: StagePlan) -> str:
    """Name of its service, in a namespace that all pipelines share: both names are in it, as far as there is room."""
    return safe_name(f"{plan.namespace}-{gateway(plan, stage)}", _LONGEST_SERVICE)


def _inside(plan: Plan, stage: StagePlan) -> tuple[Manifest, ...]:
    name = gateway(plan, stage)
    service = {"type": "ClusterIP", "name": _service(plan, stage)}
    pods = {
        "envoyDeployment": {"replicas": 2, **proxy_image(plan)},
        "envoyPDB": {"minAvailable": 1},
        "envoyService": service,
    }
    proxy = {
        "provider": {"type": "Kubernetes", "kubernetes": pods},
        "shutdown": {"drainTimeout": f"{stage.grace_seconds}s"},
        **order(stage),
        **telemetry(plan, name),
    }
    listening = {
        "gatewayClassName": f"intertie-{plan.namespace}",
        "infrastructure": {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": name}},
        "listeners": [
            {"name": "http", "port": PORT, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}
        ],
    }
    longest = f"{stage.grace_seconds}s"
    rule = {"backendRefs": backends(plan, stage), "timeouts": {"request": longest, "backendRequest": longest}}
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}
    policy = {"targetRefs": [target], "healthCheck": HEALTH, "loadBalancer": balancer(stage)}
    services = tuple(f"{each['name']}-service" for each in backends(plan, stage))
    return (
        _made(plan, f"{name}-proxies", ENVOY_API, "EnvoyProxy", name, proxy, (*_INSTALLED, ROLE)),
        _made(plan, name, GATEWAY_API, "Gateway", name, listening, (*_INSTALLED, f"{name}-proxies")),
        _made(plan, f"{name}-limits", ENVOY_API, "BackendTrafficPolicy", name, policy, (*_INSTALLED, name)),
        _made(plan, f"{name}-route", GATEWAY_API, "HTTPRoute", name,
              {"parentRefs": [{"name": name, "sectionName": "http"}], "rules": [rule]}, (*_INSTALLED, name, *services)),
    )  # fmt: skip


def _made(  # noqa: PLR0917
    plan: Plan, role: str, api: str, kind: str, name: str, spec: dict[str, Any], needs: tuple[str, ...]
) -> Manifest:
    body = {"apiVersion": api, "kind": kind, "metadata": metadata(plan, name), "spec": spec}
    return Manifest(role, body, needs=needs)
