"""What the world can reach through load balancers: encrypted, and not by everybody."""

from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule
from intertie_policies.rules.exposure.endpoints import everywhere
from intertie_policies.workloads import Nearby

_SERVICE = "kubernetes:core/v1:Service"
_INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
_GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
_LISTENER = "aws:lb/listener:Listener"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_HTTP_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
_FRONT = (_SERVICE, _INGRESS, _GATEWAY)

_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "networking.gke.io/load-balancer-type": "internal",
    "cloud.google.com/load-balancer-type": "internal",
    "alb.ingress.kubernetes.io/scheme": "internal",
    "kubernetes.io/ingress.class": "gce-internal",
}
"""Annotations that make a load balancer private, with their value."""
_CERTIFIED = (
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates", "ingress.gcp.kubernetes.io/pre-shared-cert",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
)  # fmt: skip
_RANGES = (
    "service.beta.kubernetes.io/load-balancer-source-ranges", "service.beta.kubernetes.io/azure-allowed-ip-ranges",
    "alb.ingress.kubernetes.io/inbound-cidrs", "nginx.ingress.kubernetes.io/whitelist-source-range",
    "nginx.ingress.kubernetes.io/allowlist-source-range",
)  # fmt: skip
_ASKED = (
    "alb.ingress.kubernetes.io/auth-type", "alb.ingress.kubernetes.io/wafv2-acl-arn",
    "nginx.ingress.kubernetes.io/auth-url", "nginx.ingress.kubernetes.io/auth-tls-secret",
    "nginx.ingress.kubernetes.io/auth-secret",
    "service.beta.kubernetes.io/aws-load-balancer-security-groups", "alb.ingress.kubernetes.io/security-groups",
)  # fmt: skip
"""Annotations that put authentication or a firewall in front."""
_GUARDS = {
    "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy": (
        "spec.apiKeyAuth", "spec.authorization", "spec.basicAuth", "spec.extAuth", "spec.jwt", "spec.oidc",
    ),
    "kubernetes:networking.gke.io/v1:GCPBackendPolicy": ("spec.default.iap.enabled", "spec.default.securityPolicy"),
    "kubernetes:cloud.google.com/v1:BackendConfig": ("spec.iap.enabled", "spec.securityPolicy"),
    "kubernetes:security.istio.io/v1:AuthorizationPolicy": (),
    "kubernetes:configuration.konghq.com/v1:KongPlugin": (),
}  # fmt: skip
"""What guards a way in, and the settings that do: these objects hold timeouts and health checks as well. () is all.

Istio's RequestAuthentication is none of them: it lets in whoever shows no token.
"""
_ASKING_PLUGINS = (
    "acl", "basic-auth", "hmac-auth", "ip-restriction", "jwt", "key-auth", "ldap-auth", "mtls-auth", "oauth2",
    "openid-connect", "saml",
)  # fmt: skip
"""How the names of Kong's plugins begin that ask who is there."""
_ENVOY = "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy"
_TLS_PORTS = frozenset({443, 6443, 8443})


@stack_rule(
    "public-traffic-encrypted",
    "exposure",
    types=[*_FRONT, _LISTENER, _HTTP_PROXY],
    description="What the world can reach speaks TLS.",
    rationale="Prompts, answers and tokens pass every network between the user and the cluster in the open.",
    remediation="Listen on 443 with a certificate, and redirect or drop port 80; or make the load balancer internal.",
    references=["Kubernetes documentation, Ingress TLS", "Gateway API, TLS configuration"],
    apply_time_only=["metadata.annotations.*"],
)
def public_traffic_encrypted(stack: Stack, _context: Context) -> Iterator[Violation]:
    proxies = Nearby(stack, _ENVOY)
    for service in stack.of_type(_SERVICE):
        if _is_public(service) and not _any(service, _CERTIFIED):
            ports = [port["port"].number for port in service["spec"]["ports"].items]
            if ports and not _TLS_PORTS & set(ports):
                yield fail(
                    service, "a public load balancer without port 443 and without a certificate", "spec", "ports"
                )
    for ingress in stack.of_type(_INGRESS):
        tls = ingress["spec"]["tls"]
        if _is_public(ingress) and not tls.items and not tls.unknown and not _any(ingress, _CERTIFIED):
            yield fail(ingress, "a public ingress without tls", *tls.path)
    for gateway in stack.of_type(_GATEWAY):
        listeners = gateway["spec"]["listeners"]
        protocols = [each["protocol"].text for each in listeners.items]
        if not protocols or {"HTTPS", "TLS"} & set(protocols) or _internal_class(gateway):
            continue
        if not _within_the_cluster(gateway, proxies.to(gateway)):
            yield fail(gateway, f"its listeners speak {', '.join(filter(None, protocols))} only", *listeners.path)
    yield from _of_clouds(stack)


def _of_clouds(stack: Stack) -> Iterator[Violation]:
    for listener in stack.of_type(_LISTENER):
        balancers = listener.uses("loadBalancerArn", _BALANCER)
        if any(balancer["internal"].flag for balancer in balancers):
            continue
        if listener["protocol"].text == "HTTP" and not any(
            action["type"].text == "redirect" for action in listener["defaultActions"].items
        ):
            yield fail(listener, "a public listener speaks HTTP and does not redirect", "protocol")
    for proxy in stack.of_type(_HTTP_PROXY):
        maps = proxy.uses("urlMap", "gcp:compute/uRLMap:URLMap")
        if not any(map_["defaultUrlRedirect"]["httpsRedirect"].flag for map_ in maps):
            yield fail(proxy, "it speaks HTTP and does not redirect", "urlMap")


@stack_rule(
    "public-traffic-guarded",
    "exposure",
    types=_FRONT,
    description="What the world can reach asks who is there, or lets in named address ranges only.",
    rationale="An open model endpoint is found within days, and runs on your accelerators for somebody else.",
    remediation=(
        "Set loadBalancerSourceRanges, or put authentication in front: a SecurityPolicy, an auth annotation, IAP, "
        "a web application firewall."
    ),
    references=["OWASP Top 10 for LLM applications, unbounded consumption",
                "Kubernetes documentation, loadBalancerSourceRanges"],
    apply_time_only=["metadata.annotations.*"],
)  # fmt: skip
def public_traffic_guarded(stack: Stack, _context: Context) -> Iterator[Violation]:
    guards, proxies = Nearby(stack, *_GUARDS), Nearby(stack, _ENVOY)
    for front in stack.of_type(_SERVICE, _INGRESS):
        if not _is_public(front) or _ranges_named(front) or _any(front, _ASKED) or any(map(_guards, guards.to(front))):
            continue
        yield fail(front, "anybody may reach it: no source ranges and no authentication")
    for gateway in stack.of_type(_GATEWAY):
        if _internal_class(gateway) or any(map(_guards, guards.to(gateway))):
            continue
        if not _bounded(proxies.to(gateway)):
            yield fail(gateway, "anybody may reach it: no source ranges and no authentication")


def _guards(guard: Resource) -> bool:
    """Whether an object asks who is there, or lets in some only."""
    if "plugin" in guard.props.quietly().entries:
        return (guard["plugin"].text or "").startswith(_ASKING_PLUGINS)
    found = [guard.props.at(*path.split(".")) for path in _GUARDS[guard.type]]
    return not found or any(not each.absent and each.quietly().flag is not False for each in found)


def _is_public(front: Resource) -> bool:
    """Whether a load balancer with a public address is made for it."""
    if front.type == _SERVICE and front["spec"]["type"].text != "LoadBalancer":
        return False
    class_ = (
        front["spec"]["ingressClassName"].text if front.type == _INGRESS else front["spec"]["loadBalancerClass"].text
    )
    return "internal" not in (class_ or "") and not _is_internal(front["metadata"]["annotations"])


def _is_internal(annotations: Value) -> bool:
    return any((annotations[key].text or "").lower() == value for key, value in _INTERNAL.items())


def _internal_class(gateway: Resource) -> bool:
    """Google's classes for private load balancers; private addresses that other implementations are told."""
    name = gateway["spec"]["gatewayClassName"].text or ""
    return "rilb" in name or "internal" in name or _is_internal(gateway["spec"]["infrastructure"]["annotations"])


def _within_the_cluster(gateway: Resource, proxies: list[Resource]) -> bool:
    """Whether the proxies that the gateway names are told to have an address of the cluster alone."""
    named = gateway["spec"]["infrastructure"]["parametersRef"]
    if named["kind"].text != "EnvoyProxy" or named["name"].text is None:
        return False
    mine = [proxy for proxy in proxies if proxy["metadata"]["name"].text == named["name"].text]
    kinds = [proxy["spec"]["provider"]["kubernetes"]["envoyService"]["type"].text for proxy in mine]
    return kinds == ["ClusterIP"]


def _any(front: Resource, keys: tuple[str, ...]) -> bool:
    """Whether one of these annotations says something, known or not: the certificate may be of the same program."""
    annotations = front["metadata"]["annotations"].entries
    return any(annotations[key].quietly().text not in ("", "none") for key in keys if key in annotations)


def _ranges_named(front: Resource) -> bool:
    ranges = front["spec"]["loadBalancerSourceRanges"].texts
    annotations = front["metadata"]["annotations"]
    written = [annotations[key].text for key in _RANGES]
    named = [*ranges, *(each for text in written if text for each in text.split(","))]
    return bool(named) and not any(map(everywhere, named))


def _bounded(proxies: list[Resource]) -> bool:
    """Whether Envoy Gateway is told to bound or hide the Service that it makes."""
    for proxy in proxies:
        service = proxy["spec"]["provider"]["kubernetes"]["envoyService"]
        ranges = service["loadBalancerSourceRanges"].texts
        bounded = bool(ranges) and not any(map(everywhere, ranges))
        if bounded or _is_internal(service["annotations"]):
            return True
    return False
