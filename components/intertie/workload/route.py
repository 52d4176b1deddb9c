"""How callers come in: one gateway on every cloud (Envoy Gateway), TLS, authentication, limits that suit streams."""

from typing import Any

from intertie.contract import ClusterHandle
from intertie.errors import PlanError, Problem
from intertie.plan import Plan
from intertie.spec import Access, Auth, AuthKind, Duration, EndpointSpec
from intertie.workload import canary, certificate, secrets, traces
from intertie.workload.entry import entry
from intertie.workload.images import proxy_image
from intertie.workload.manifest import Manifest, labels, metadata
from intertie.workload.routing import balancer, headers, order
from intertie.workload.runtimes import launch_of

GATEWAY_API = "gateway.networking.k8s.io/v1"
ENVOY_API = "gateway.envoyproxy.io/v1alpha1"
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
PROXIES = 2
ALIVE = {"idleTime": "60s", "interval": "30s", "probes": 3}
"""Load balancers forget connections that are silent for 4 to 6 minutes: a long prompt is silent for longer."""
_INSTALLED = ("namespace", "envoy-gateway")


def objects(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """Class, proxies, gateway, route and policies; () when the pipeline has no endpoint.

    Raises PlanError for a public endpoint without `allow`: an empty list of ranges would let everybody in.
    """
    endpoint = plan.endpoint
    if endpoint is None:
        return (_gateway_class(plan),) if canary.uses_gateway(plan) else ()
    if endpoint.access is Access.PUBLIC and not endpoint.allow:
        raise PlanError(plan.placement, [_open_to_all()])
    return (
        _gateway_class(plan),
        _proxies(plan, endpoint, handle),
        _gateway(plan, endpoint),
        _route(plan, endpoint, handle),
        _authentication(plan, endpoint),
        _client_limits(plan, endpoint),
        _backend_limits(plan, endpoint),
    )


def _class_name(plan: Plan) -> str:
    """Classes are the cluster's, not the namespace's: pipelines on one cluster must not share one."""
    return f"intertie-{plan.namespace}"


def _gateway_class(plan: Plan) -> Manifest:
    body = {
        "apiVersion": GATEWAY_API,
        "kind": "GatewayClass",
        "metadata": {"name": _class_name(plan), "labels": labels(plan)},
        "spec": {"controllerName": CONTROLLER},
    }
    return Manifest("gateway-class", body, needs=("envoy-gateway",))


def _proxies(plan: Plan, endpoint: EndpointSpec, handle: ClusterHandle) -> Manifest:
    """Two proxies behind a load balancer that keeps the callers' addresses and refuses other ranges."""
    service: dict[str, Any] = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    if handle.gateway.service_annotations:
        service["annotations"] = dict(handle.gateway.service_annotations)
    if ranges := _callers(plan, endpoint):
        service["loadBalancerSourceRanges"] = ranges
    proxies = {
        "envoyDeployment": {"replicas": PROXIES, **proxy_image(plan)},
        "envoyPDB": {"minAvailable": 1},
        "envoyService": service,
    }
    spec = {
        "provider": {"type": "Kubernetes", "kubernetes": proxies},
        "shutdown": {"drainTimeout": _duration(endpoint.limits.stream)},
        **order(entry(plan)),
        **traces.telemetry(plan, plan.spec.name),
    }
    return _envoy(plan, "gateway-proxies", "EnvoyProxy", spec, traces.ROLE)


def _callers(plan: Plan, endpoint: EndpointSpec) -> list[str]:
    """Ranges that may connect. To a private endpoint of connected placements: their nodes and pods, and no others."""
    joined = [cidr for link in plan.links for cidr in (*link.own_ranges, *link.ranges)]
    if endpoint.access is Access.PUBLIC or not joined:
        return list(endpoint.allow)
    return sorted({*endpoint.allow, *joined})


def _gateway(plan: Plan, endpoint: EndpointSpec) -> Manifest:
    secret = certificate.secret_name(plan)
    reference = {"kind": "Secret", "name": secret}
    listener = {
        "name": "https",
        "port": 443,
        "protocol": "HTTPS",
        "hostname": endpoint.host,
        "tls": {"mode": "Terminate", "certificateRefs": [reference]},
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    proxies = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": plan.spec.name}
    body = {
        "apiVersion": GATEWAY_API,
        "kind": "Gateway",
        "metadata": metadata(plan, plan.spec.name),
        "spec": {
            "gatewayClassName": _class_name(plan),
            "infrastructure": {"parametersRef": proxies},
            "listeners": [listener, *_answers(plan, endpoint)],
        },
    }
    # authentication first: a gateway that listens before its policy is there would let requests pass
    return Manifest("gateway", body, needs=("gateway-class", "gateway-proxies", "gateway-auth", secrets.role(secret)))


def _route(plan: Plan, endpoint: EndpointSpec, handle: ClusterHandle) -> Manifest:
    stage = entry(plan)
    paths = launch_of(stage, handle).routes
    longest = _duration(endpoint.limits.stream)
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in paths],
        "backendRefs": canary.backends(plan, stage),
        "timeouts": {"request": longest, "backendRequest": longest},
    }
    body = {
        "apiVersion": GATEWAY_API,
        "kind": "HTTPRoute",
        "metadata": metadata(plan, plan.spec.name),
        "spec": {
            "parentRefs": [{"name": plan.spec.name, "sectionName": "https"}],
            "hostnames": [endpoint.host],
            "rules": [rule],
        },
    }
    services = tuple(f"{each['name']}-service" for each in canary.backends(plan, stage))
    return Manifest("gateway-route", body, needs=("gateway", *services))


def _authentication(plan: Plan, endpoint: EndpointSpec) -> Manifest:
    """Attached to the whole gateway, so that a route added later is not open. Whatever is not allowed is denied."""
    spec: dict[str, Any] = {"targetRefs": [_gateway_ref(plan)], **_allowed(plan, endpoint, endpoint.auth)}
    keys = [secrets.role(_keys(plan, endpoint.auth))] if endpoint.auth.kind is AuthKind.API_KEY else []
    return _envoy(plan, "gateway-auth", "SecurityPolicy", spec, *keys)


def _keys(plan: Plan, auth: Auth) -> str:
    return auth.secret or f"{plan.spec.name}-api-keys"


def _allowed(plan: Plan, endpoint: EndpointSpec, auth: Auth) -> dict[str, Any]:
    if auth.kind is AuthKind.API_KEY:
        secret = {"group": "", "kind": "Secret", "name": _keys(plan, auth)}
        source = {"headers": ["x-api-key", "Authorization"]}
        return {"apiKeyAuth": {"credentialRefs": [secret], "extractFrom": [source], "sanitize": True}}
    if auth.issuer is None:
        return {"authorization": {"defaultAction": "Deny"}}
    provider = {
        "name": "issuer",
        "issuer": auth.issuer,
        "audiences": list(auth.audiences or (endpoint.host,)),
        "remoteJWKS": {"uri": auth.jwks or f"{auth.issuer.rstrip('/')}/.well-known/jwks.json"},
    }
    issued = {"provider": "issuer", "claims": [{"name": "iss", "values": [auth.issuer]}]}
    rule = {"name": "issued", "action": "Allow", "principal": {"jwt": issued}}
    return {"jwt": {"providers": [provider]}, "authorization": {"defaultAction": "Deny", "rules": [rule]}}


def _answers(plan: Plan, endpoint: EndpointSpec) -> list[dict[str, Any]]:
    """Port 80, for the certificate's issuer alone: no route of the pipeline leads there."""
    if not certificate.answers_http(plan):
        return []
    allowed = {"namespaces": {"from": "Same"}}
    return [{"name": "http", "port": 80, "protocol": "HTTP", "hostname": endpoint.host, "allowedRoutes": allowed}]


def _client_limits(plan: Plan, endpoint: EndpointSpec) -> Manifest:
    limits = endpoint.limits
    http = {
        "requestReceivedTimeout": "60s",
        "idleTimeout": _duration(limits.stream),
        "streamIdleTimeout": _duration(limits.quiet),
    }
    spec = {
        "targetRefs": [_gateway_ref(plan)],
        "timeout": {"http": http},
        "tcpKeepalive": ALIVE,
        "connection": {"connectionLimit": {"value": 10000}},
        "tls": {"minVersion": "1.2"},
        **headers(plan, entry(plan)),
    }
    return _envoy(plan, "gateway-client-limits", "ClientTrafficPolicy", spec, "gateway")


def _backend_limits(plan: Plan, endpoint: EndpointSpec) -> Manifest:
    limits = endpoint.limits
    spec: dict[str, Any] = {
        "targetRefs": [_gateway_ref(plan)],
        "timeout": {"tcp": {"connectTimeout": "5s"}, "http": {"connectionIdleTimeout": _duration(limits.stream)}},
        "tcpKeepalive": ALIVE,
        "requestBuffer": {"limit": f"{max(1, limits.request_size.bytes // 2**20)}Mi"},
        "loadBalancer": balancer(entry(plan)),
    }
    if canary.trial(plan, entry(plan)) is not None:
        spec["healthCheck"] = canary.HEALTH
    if limits.requests_per_minute is not None:
        spec["rateLimit"] = _rate(limits.requests_per_minute)
    return _envoy(plan, "gateway-backend-limits", "BackendTrafficPolicy", spec, "gateway")


def _rate(requests: int) -> dict[str, Any]:
    """Each proxy counts for itself, so each gets its part; a caller is the address that it comes from."""
    caller = {"sourceCIDR": {"type": "Distinct", "value": "0.0.0.0/0"}}
    limit = {"requests": max(1, requests // PROXIES), "unit": "Minute"}
    return {"type": "Local", "local": {"rules": [{"clientSelectors": [caller], "limit": limit}]}}


def _duration(span: Duration) -> str:
    """As the Gateway API writes durations: whole seconds, "3600s"."""
    return f"{max(1, round(span.seconds))}s"


def _envoy(plan: Plan, role: str, kind: str, spec: dict[str, Any], *needs: str) -> Manifest:
    body = {"apiVersion": ENVOY_API, "kind": kind, "metadata": metadata(plan, plan.spec.name), "spec": spec}
    return Manifest(role, body, needs=(*_INSTALLED, *needs))


def _gateway_ref(plan: Plan) -> dict[str, str]:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": plan.spec.name}


def _open_to_all() -> Problem:
    return Problem(
        path="endpoint.allow",
        found="nothing, with access public",
        allowed="the ranges that may connect",
        hint="`allow: [198.51.100.0/24]`; 0.0.0.0/0 says that everybody may, and then only `auth` stands before it",
    )
