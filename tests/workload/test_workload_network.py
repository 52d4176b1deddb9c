"""Who may talk to whom: nobody, except as the description says."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intertie.plan.types import Plan
from support import plans
from support.workloads import endpoint, objects, pinned, spanning, stage_spec, staged


def callers(body: dict[str, Any]) -> list[tuple[Any, list[int]]]:
    """Each ingress rule as (the stages or namespaces that may call, ports)."""
    return [(rule["from"], [port["port"] for port in rule.get("ports", [])]) for rule in body["spec"]["ingress"]]


def stages_of(peers: list[dict[str, Any]]) -> list[str]:
    return [peer["podSelector"]["matchLabels"].get("intertie.dev/stage", "") for peer in peers if "podSelector" in peer]


def test_everything_is_denied_first() -> None:
    made = objects(plans.plan())
    deny = made["deny-all"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_stage_takes_connections_of_the_stages_it_comes_after_on_its_port() -> None:
    rules = callers(objects(plans.plan())["generate-ingress"])
    assert stages_of(rules[0][0]) == ["prepare"]
    assert rules[0][1] == [8000]


def test_a_stage_may_reach_the_stages_that_come_after_it_and_no_other() -> None:
    made = objects(plans.plan())
    egress = made["prepare-ingress"]["spec"]["egress"]
    assert [stages_of(rule["to"]) for rule in egress] == [["generate"]]
    assert "egress" not in made["generate-ingress"]["spec"]


def test_only_the_gateways_proxies_reach_the_entry_stage() -> None:
    (peers, ports), *rest = callers(objects(plans.plan())["prepare-ingress"])
    assert not rest
    assert ports == [8080]
    assert peers[0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "envoy-gateway-system"}
    assert peers[0]["podSelector"]["matchLabels"]["gateway.envoyproxy.io/owning-gateway-name"] == "chat"


def test_without_an_endpoint_the_first_stage_is_reachable_inside_the_cluster_only() -> None:
    plan = replace(plans.plan(), spec=plans.spec(endpoint=None))
    made = objects(plan)
    assert callers(made["prepare-ingress"]) == [([{"namespaceSelector": {}}], [8080])]
    assert not [role for role in made if role.startswith("gateway")]


def test_an_endpoint_may_enter_at_another_stage() -> None:
    made = objects(endpoint(plans.plan(), stage="generate"))
    entered = [rule for rule in callers(made["generate-ingress"]) if "namespaceSelector" in rule[0][0]]
    assert entered[0][0][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == "envoy-gateway-system"
    assert made["prepare-ingress"]["spec"]["ingress"] == []


def test_the_scaler_may_read_metrics_of_stages_it_scales_and_of_no_other() -> None:
    made = objects(pinned(plans.plan()))
    scaler = {"app.kubernetes.io/name": "keda-operator"}

    def asked(role: str) -> bool:
        return any(
            peer.get("podSelector", {}).get("matchLabels") == scaler for p, _ in callers(made[role]) for peer in p
        )

    assert asked("generate-ingress")
    assert not asked("prepare-ingress")
    fixed = objects(staged(pinned(plans.plan()), "generate", max_replicas=1))
    assert "keda-operator" not in str(fixed["generate-ingress"])


def test_the_pods_of_one_replica_may_talk_to_each_other() -> None:
    policy = objects(spanning(pinned(plans.plan())))["generate-ingress"]["spec"]
    assert {"from": [{"podSelector": policy["podSelector"]}]} in policy["ingress"]
    assert {"to": [{"podSelector": policy["podSelector"]}]} in policy["egress"]


def test_pods_reach_names_https_and_link_local_services_and_nothing_else() -> None:
    egress = objects(plans.plan())["allow-outside"]["spec"]["egress"]
    reached = {
        (peer.get("ipBlock", {}).get("cidr", "kube-system"), port["port"])
        for rule in egress
        for peer in rule["to"]
        for port in rule["ports"]
    }
    assert reached == {
        ("kube-system", 53),
        ("169.254.0.0/16", 53),
        ("0.0.0.0/0", 443),
        ("169.254.0.0/16", 80),
        ("169.254.0.0/16", 988),
    }


def test_pods_with_host_access_are_refused_in_the_namespace() -> None:
    labels = objects(plans.plan())["namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"


def chain(edges: list[tuple[int, int]], count: int) -> Plan:
    """A pipeline of `count` CPU stages with these (earlier, later) pairs."""
    base = plans.plan(spec=plans.spec(endpoint=None))
    first = plans.spec_data()["stages"][0]
    described = [
        {**first, "name": f"s{n}", "after": [f"s{early}" for early, late in edges if late == n]} for n in range(count)
    ]
    spec = plans.spec(stages=described, endpoint=None)
    stages = tuple(replace(base.stages[0], name=one.name, spec=one) for one in spec.stages)
    return replace(base, spec=spec, stages=stages, pools=base.pools[:2])


@given(
    st.integers(2, 6).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(
                st.tuples(st.integers(0, n - 2), st.integers(1, n - 1)).filter(lambda pair: pair[0] < pair[1]),
                unique=True,
            ),
        )
    )
)
@settings(max_examples=40, deadline=None)
def test_for_every_graph_of_stages_ingress_and_egress_agree(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    made = objects(chain(edges, count))
    into = {
        (caller, f"s{n}")
        for n in range(count)
        for peers, _ in callers(made[f"s{n}-ingress"])
        for caller in stages_of(peers)
    }
    outof = {
        (f"s{n}", target)
        for n in range(count)
        for rule in made[f"s{n}-ingress"]["spec"].get("egress", [])
        for target in stages_of(rule["to"])
    }
    assert into == outof == {(f"s{early}", f"s{late}") for early, late in edges}


def test_a_stage_on_another_port_is_reached_there() -> None:
    made = objects(stage_spec(plans.plan(), "generate", port=9000))
    assert callers(made["generate-ingress"])[0][1] == [9000]
    assert made["prepare-ingress"]["spec"]["egress"][0]["ports"] == [{"port": 9000, "protocol": "TCP"}]
