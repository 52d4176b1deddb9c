"""InfiniBand on AKS: cards that pods can ask for, and what makes them usable."""

import json
from dataclasses import replace
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from intertie.graph import check
from intertie.plan import PoolPlan
from intertie.plan.caches import through
from intertie.platforms.aks import fabric, fabric_topology
from support.azure import POOL, joined, pool
from support.building import Built, build
from support.caches import with_caches
from support.plans import plan

RELEASE = "kubernetes:helm.sh/v3:Release"
RULE = "kubernetes:nfd.k8s-sigs.io/v1alpha1:NodeFeatureRule"
POLICY = "kubernetes:mellanox.com/v1alpha1:NicClusterPolicy"
DAEMON = "kubernetes:apps/v1:DaemonSet"
HINT = "k8s.io_cluster-autoscaler_node-template_resources_rdma_ib"
POOLS = {"key": "intertie.dev/pool", "operator": "In", "values": ["generate0", "generate1"]}
HOME = "nvcr.io/nvidia/mellanox"
FROM_HUB = "docker.io/library/busybox:1.37.0@sha256:9532d8c39891ca2ecde4d30d7710e01fb739c87a8b9299685c63704296b16028"
LABELLED = {"key": "feature.node.kubernetes.io/pci-15b3.present", "operator": "In", "values": ["true"]}
TAINTED = [
    {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
    {"key": "kubernetes.azure.com/scalesetpriority", "operator": "Equal", "value": "spot", "effect": "NoSchedule"},
]


@cache
def stack() -> Built:
    """Two steps of a ladder whose machines are joined, and a pool of another stage whose machines are not."""
    other = replace(pool(2, "on-demand"), name="other", stage=None)
    return build(plan("azure", (joined(0, "on-demand"), joined(1, "spot"), other)))


def terms(affinity: dict[str, Any]) -> list[dict[str, Any]]:
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return term["matchExpressions"]


def policy() -> dict[str, Any]:
    return stack().inputs(POLICY, "fabric-driver")["spec"]


def nodes(built: Built) -> dict[str, Any]:
    """The pod that does on machines what the operator leaves to do."""
    return built.inputs(DAEMON, "fabric-nodes")["spec"]["template"]["spec"]


def test_a_stack_with_infiniband_has_nothing_misspelt_or_missing() -> None:
    assert check(stack().graph) == ()


def test_a_pod_over_several_machines_asks_for_all_cards_of_its_machine() -> None:
    handle = stack().handle
    assert handle is not None
    assert handle.pools["generate0"].fabric_resources == handle.pools["generate1"].fabric_resources == {"rdma/ib": "8"}
    assert handle.pools["other"].fabric_resources == {}


def test_processes_meet_over_the_ordinary_interface_and_cards_reach_every_accelerator() -> None:
    handle = stack().handle
    assert handle is not None
    assert handle.pools["generate0"].fabric_env == {"NCCL_SOCKET_IFNAME": "eth0", "NCCL_NET_GDR_LEVEL": "SYS"}
    assert handle.pools["general"].fabric_env == {}


def near(machine: str) -> list[tuple[list[str], ...]]:
    """Accelerators and cards behind each bridge of a machine, as NCCL is told."""
    kinds = ("0x030200", "0x020700")
    return [
        tuple([each.get("busid", "") for each in bridge if each.get("class") == kind] for kind in kinds)
        for bridge in ET.fromstring(fabric_topology.text(machine)).iterfind("cpu/pci[@class='0x060400']")
    ]


@pytest.mark.parametrize(
    ("machine", "processors", "bridges"), [("Standard_ND96isr_H100_v5", 2, 8), ("Standard_ND96amsr_A100_v4", 4, 4)]
)
def test_every_accelerator_has_a_card_of_its_own_near_it(machine: str, processors: int, bridges: int) -> None:
    found = near(machine)
    assert len(found) == bridges
    assert all(len(accelerators) == len(cards) == 8 // bridges for accelerators, cards in found)
    for kind in (0, 1):
        assert len({address for each in found for address in each[kind]}) == 8
    assert fabric_topology.text(machine).count("<cpu ") == processors


def test_processes_are_told_which_cards_are_near_which_accelerators() -> None:
    handle = stack().handle
    assert handle is not None
    told = handle.pools["generate0"].fabric_file
    assert told is not None
    assert (told.variable, told.text) == ("NCCL_TOPO_FILE", fabric_topology.text("Standard_ND96isr_H100_v5"))
    assert handle.pools["other"].fabric_file is None


def test_a_machine_that_no_source_describes_is_not_described() -> None:
    assert fabric_topology.text("Standard_ND128isr_GB300_v6") == ""
    assert fabric.file(joined(0, "on-demand", hosts=1)) is None


@pytest.mark.parametrize(
    "without",
    [
        joined(0, "on-demand", hosts=1),
        joined(0, "on-demand", fabric="none"),
        joined(0, "on-demand", machine="Standard_ND1000_v9"),
        joined(0, "on-demand", machine="Standard_ND96isr_MI300X_v5", vendor="amd", accelerator="mi300x"),
    ],
    ids=["one machine", "no fabric", "unknown machine", "amd"],
)
def test_no_card_is_asked_for_where_none_is_known_to_be_usable(without: PoolPlan) -> None:
    assert fabric.resources(without) == {}
    assert "NCCL_NET_GDR_LEVEL" not in fabric.env(without)


def test_without_cards_machines_talk_over_their_ordinary_interface() -> None:
    amd = joined(0, "on-demand", machine="Standard_ND96isr_MI300X_v5", vendor="amd", accelerator="mi300x")
    assert fabric.env(amd) == {"NCCL_SOCKET_IFNAME": "eth0"}
    assert fabric.env(joined(0, "on-demand", fabric="none")) == {}


def test_the_autoscaler_is_told_of_the_cards_of_an_empty_pool() -> None:
    """Else no pod that asks for cards would ever make the pool grow."""
    assert stack().inputs(POOL, "pool-generate0")["tags"][HINT] == "8"
    assert HINT not in stack().inputs(POOL, "pool-other")["tags"]


def test_the_operator_comes_in_one_release_and_looks_at_the_joined_pools_alone() -> None:
    inputs = stack().inputs(RELEASE, "network-operator")
    assert inputs["repositoryOpts"] == {"repo": "https://helm.ngc.nvidia.com/nvidia"}
    assert (inputs["chart"], inputs["version"], inputs["namespace"]) == (
        "network-operator",
        "26.4.1",
        "network-operator",
    )
    worker = inputs["values"]["node-feature-discovery"]["worker"]
    assert terms(worker["affinity"]["nodeAffinity"]) == [POOLS]
    assert worker["tolerations"] == TAINTED


def test_azures_ordinary_interfaces_are_not_taken_for_infiniband() -> None:
    """They are cards of the same maker: the chart's rule would put the driver on every machine."""
    assert stack().inputs(RELEASE, "network-operator")["values"]["nfd"]["deployNodeFeatureRules"] is False
    (rule,) = stack().inputs(RULE, "fabric-cards")["spec"]["rules"]
    assert rule["labels"] == {LABELLED["key"]: "true"}
    (feature,) = rule["matchFeatures"]
    assert feature["feature"] == "pci.device"
    assert feature["matchExpressions"]["vendor"] == {"op": "In", "value": ["15b3"]}
    assert feature["matchExpressions"]["device"] == {"op": "In", "value": ["101c", "101e"]}


def test_the_cards_driver_and_plugin_go_to_machines_with_cards_through_their_taints() -> None:
    assert terms(policy()["nodeAffinity"]) == [POOLS, LABELLED]
    assert policy()["tolerations"] == TAINTED[1:], "the operator tolerates NVIDIA's taint by itself"


def test_the_cards_driver_is_built_on_the_machine_and_never_renewed_beneath_a_replica() -> None:
    driver = policy()["ofedDriver"]
    assert driver["version"].startswith("doca3.")
    assert driver["forcePrecompiled"] is False
    assert driver["upgradePolicy"] == {"autoUpgrade": False}
    (variable,) = driver["env"]
    assert variable["name"] == "OFED_BLACKLIST_MODULES_FILE"


def test_the_plugin_offers_each_infiniband_card_under_the_name_that_pods_ask_for() -> None:
    plugin = policy()["sriovDevicePlugin"]
    (offered,) = json.loads(plugin["config"])["resourceList"]
    assert f"{offered['resourcePrefix']}/{offered['resourceName']}" == fabric.RESOURCE
    assert offered["selectors"] == {"vendors": ["15b3"], "linkTypes": ["infiniband"], "isRdma": True}
    assert plugin["version"] == f"network-operator-v{stack().inputs(RELEASE, 'network-operator')['version']}"


def test_the_operator_has_one_policy_by_the_one_name_that_it_knows() -> None:
    assert stack().inputs(POLICY, "fabric-driver")["metadata"]["name"] == "nic-cluster-policy"
    assert len(stack().graph.of_type(POLICY)) == 1


def test_rule_and_policy_wait_for_the_chart_that_defines_their_kinds() -> None:
    release = stack().one(RELEASE, "network-operator").urn
    for kind, role in ((RULE, "fabric-cards"), (POLICY, "fabric-driver")):
        assert release in stack().one(kind, role).depends_on


def script() -> list[str]:
    """What is run on machines with cards."""
    ((shell, option, text),) = [container["command"] for container in nodes(stack())["containers"]]
    assert (shell, option) == ("/bin/sh", "-c")
    return text.splitlines()


def test_the_module_that_joins_cards_and_accelerators_is_loaded_on_the_joined_pools() -> None:
    assert any("on_machine modprobe nvidia-peermem" in line for line in script())
    assert terms(nodes(stack())["affinity"]["nodeAffinity"]) == [POOLS]
    assert nodes(stack())["tolerations"] == TAINTED


def test_containers_that_are_not_roots_may_pin_memory_on_the_joined_pools() -> None:
    """The capability is for root alone, and replicas run as somebody else: NCCL would fall back to TCP in silence."""
    limit = next(number for number, line in enumerate(script()) if "LimitMEMLOCK=infinity" in line)
    assert "/etc/systemd/system/containerd.service.d/" in script()[limit]
    rest = [line.strip() for line in script()[limit:]]
    assert rest.index("on_machine systemctl daemon-reload") < rest.index("on_machine systemctl restart containerd")


def test_the_machines_own_tools_are_run_with_the_machines_own_rights() -> None:
    pod = nodes(stack())
    assert pod["hostPID"] is True
    assert pod["containers"][0]["securityContext"] == {"privileged": True}
    assert "@sha256:" in pod["containers"][0]["image"]
    assert pod["automountServiceAccountToken"] is False


def test_the_workload_waits_for_what_makes_cards_usable() -> None:
    handle = stack().handle
    assert handle is not None
    waited = {type(each).__name__ for each in handle.ready}
    assert {"Release", "CustomResource", "DaemonSet"} <= waited
    assert "nvidia-rdma-device-plugin" in handle.provided


def test_nothing_of_it_is_installed_where_no_pool_is_joined() -> None:
    alone = build(plan("azure", (pool(0, "on-demand"),)))
    assert not [each for each in alone.graph if each.type in (RELEASE, RULE, POLICY, DAEMON)]
    assert alone.handle is not None
    assert "nvidia-rdma-device-plugin" not in alone.handle.provided


def test_images_come_through_the_cache_of_their_registry() -> None:
    cached = with_caches("azure")
    others = [each for each in cached.pools if each.role != "accelerator"]
    made = build(replace(cached, pools=(*others, joined(0, "on-demand"))))
    spec = made.inputs(POLICY, "fabric-driver")["spec"]
    values = made.inputs(RELEASE, "network-operator")["values"]
    nvidia = through(cached, "nvcr.io/nvidia/x")
    assert nvidia is not None
    home = nvidia.removesuffix("/x")
    assert home != "nvcr.io/nvidia"
    assert spec["ofedDriver"]["repository"] == spec["sriovDevicePlugin"]["repository"] == f"{home}/mellanox"
    assert values["operator"]["repository"] == f"{home}/cloud-native"
    assert values["operator"]["ofedDriver"]["initContainer"]["repository"] == f"{home}/mellanox"
    assert values["node-feature-discovery"]["image"] == {"repository": f"{home}/mellanox/node-feature-discovery"}
    assert nodes(made)["containers"][0]["image"] == through(cached, FROM_HUB)


def test_images_come_from_their_homes_where_there_is_no_cache() -> None:
    assert policy()["ofedDriver"]["repository"] == policy()["sriovDevicePlugin"]["repository"] == HOME
    values = stack().inputs(RELEASE, "network-operator")["values"]
    assert values["operator"]["repository"] == "nvcr.io/nvidia/cloud-native"
    assert "image" not in values["node-feature-discovery"]
    assert nodes(stack())["containers"][0]["image"] == FROM_HUB
