"""How callers come in: who is let in, what is refused, how long an answer may take."""

from dataclasses import replace

import pytest

from intertie.contract import GatewayBinding, StorageBinding
from intertie.errors import PlanError
from intertie.plan.types import Plan
from support import plans
from support.workloads import endpoint, handle, objects, pinned

ISSUER = "https://id.example.com/realms/acme"


def service(plan: Plan, **changes) -> dict:
    proxies = objects(plan, handle(plan, **changes))["gateway-proxies"]["spec"]
    return proxies["provider"]["kubernetes"]["envoyService"]


def test_the_gateway_ends_tls_for_the_endpoints_host() -> None:
    made = objects(plans.plan())
    (listener,) = made["gateway"]["spec"]["listeners"]
    assert (listener["protocol"], listener["port"], listener["hostname"]) == ("HTTPS", 443, "chat.example.com")
    assert listener["tls"] == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": "chat-tls"}]}
    assert made["gateway-client-limits"]["spec"]["tls"]["minVersion"] == "1.2"


def test_the_certificate_may_have_another_secret() -> None:
    (listener,) = objects(endpoint(plans.plan(), tls_secret="edge-tls"))["gateway"]["spec"]["listeners"]
    assert listener["tls"]["certificateRefs"][0]["name"] == "edge-tls"


def test_only_the_given_ranges_may_connect() -> None:
    assert service(plans.plan())["loadBalancerSourceRanges"] == ["198.51.100.0/24"]
    assert service(plans.plan())["externalTrafficPolicy"] == "Local"


def test_a_public_endpoint_that_names_no_range_is_refused() -> None:
    with pytest.raises(PlanError, match=r"endpoint\.allow: found nothing, with access public"):
        objects(endpoint(plans.plan(), allow=[]))


def test_a_private_endpoint_needs_no_ranges() -> None:
    assert "loadBalancerSourceRanges" not in service(endpoint(plans.plan(), access="private", allow=[]))


def test_the_load_balancer_is_what_the_platform_makes_of_it() -> None:
    annotations = {"load-balancer.example.com/internal": "true"}
    assert service(plans.plan(), gateway=GatewayBinding(annotations))["annotations"] == annotations


def test_without_an_issuer_every_request_is_refused() -> None:
    policy = objects(plans.plan())["gateway-auth"]["spec"]
    assert policy["authorization"] == {"defaultAction": "Deny"}
    assert "jwt" not in policy


def test_tokens_of_the_issuer_for_this_host_are_let_in_and_nothing_else() -> None:
    policy = objects(endpoint(plans.plan(), auth={"kind": "oidc", "issuer": ISSUER}))["gateway-auth"]["spec"]
    (provider,) = policy["jwt"]["providers"]
    assert provider["issuer"] == ISSUER
    assert provider["audiences"] == ["chat.example.com"]
    assert provider["remoteJWKS"] == {"uri": f"{ISSUER}/.well-known/jwks.json"}
    assert policy["authorization"]["defaultAction"] == "Deny"
    (rule,) = policy["authorization"]["rules"]
    assert rule["action"] == "Allow"
    assert rule["principal"]["jwt"]["claims"] == [{"name": "iss", "values": [ISSUER]}]


def test_audiences_and_keys_may_be_given() -> None:
    auth = {"kind": "oidc", "issuer": ISSUER, "audiences": ["chat", "batch"], "jwks": "https://id.example.com/keys"}
    (provider,) = objects(endpoint(plans.plan(), auth=auth))["gateway-auth"]["spec"]["jwt"]["providers"]
    assert provider["audiences"] == ["chat", "batch"]
    assert provider["remoteJWKS"]["uri"] == "https://id.example.com/keys"


def test_api_keys_come_from_a_secret_and_do_not_reach_the_stage() -> None:
    policy = objects(endpoint(plans.plan(), auth={"kind": "api-key"}))["gateway-auth"]["spec"]["apiKeyAuth"]
    assert policy["credentialRefs"] == [{"group": "", "kind": "Secret", "name": "chat-api-keys"}]
    assert policy["sanitize"] is True
    named = endpoint(plans.plan(), auth={"kind": "api-key", "secret": "callers"})
    assert objects(named)["gateway-auth"]["spec"]["apiKeyAuth"]["credentialRefs"][0]["name"] == "callers"


@pytest.mark.parametrize("auth", ["oidc", "api-key", {"kind": "oidc", "issuer": ISSUER}])
def test_the_policy_covers_the_whole_gateway_and_is_there_before_it_listens(auth) -> None:
    plan = endpoint(plans.plan(), auth=auth)
    made = list(objects(plan))
    policy = objects(plan)["gateway-auth"]["spec"]
    assert policy["targetRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "chat"}]
    assert made.index("gateway-auth") < made.index("gateway")


def test_a_stream_may_last_an_hour_and_be_quiet_for_ten_minutes() -> None:
    made = objects(plans.plan())
    assert made["gateway-route"]["spec"]["rules"][0]["timeouts"] == {"request": "3600s", "backendRequest": "3600s"}
    assert made["gateway-client-limits"]["spec"]["timeout"]["http"]["streamIdleTimeout"] == "600s"


def test_requests_are_limited_in_size_and_time_and_number() -> None:
    made = objects(plans.plan())
    assert made["gateway-backend-limits"]["spec"]["requestBuffer"] == {"limit": "32Mi"}
    assert made["gateway-client-limits"]["spec"]["timeout"]["http"]["requestReceivedTimeout"] == "60s"
    assert made["gateway-client-limits"]["spec"]["connection"]["connectionLimit"]["value"] > 0


def test_the_route_leads_to_the_first_stage() -> None:
    rule = objects(plans.plan())["gateway-route"]["spec"]["rules"][0]
    assert rule["backendRefs"] == [{"name": "prepare", "port": 8080}]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]


@pytest.mark.parametrize(("runtime", "path"), [("vllm", "/v1"), ("sglang", "/v1"), ("triton", "/v2")])
def test_metrics_and_administration_of_a_runtime_are_not_routed(runtime: str, path: str) -> None:
    plan = endpoint(pinned(plans.plan(), runtime), stage="generate")
    made = objects(plan, handle(plan, storage=StorageBinding("s3://chat-weights")))
    rule = made["gateway-route"]["spec"]["rules"][0]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": path}}]


def test_pipelines_on_one_cluster_have_gateway_classes_of_their_own() -> None:
    other = replace(plans.plan(), namespace="search")
    names = {objects(plan)["gateway-class"]["metadata"]["name"] for plan in (plans.plan(), other)}
    assert names == {"intertie-chat", "intertie-search"}
    gateway = objects(plans.plan())["gateway"]["spec"]
    assert gateway["gatewayClassName"] == "intertie-chat"
    assert gateway["infrastructure"]["parametersRef"]["name"] == "chat"
