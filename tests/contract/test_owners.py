"""The table of owners is true: what Intertie is to install is installed, once; what a platform is to turn on is on;
what a cloud brings nobody installs. Nothing is owned by nobody.

Each cloud is asked once per vendor of its accelerators, with a plan that needs every component of the table.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from intertie import catalog
from intertie.catalog import Ownership
from intertie.contract import ClusterHandle
from intertie.graph import Graph
from intertie.plan import Plan
from intertie.platforms.components import component_name
from intertie.workload import charts, render
from intertie.workload.components import table
from support import plans
from support.building import build
from support.workloads import pinned, spanning, stage_spec

MACHINES = {
    ("aws", "nvidia"): ("p5.48xlarge", "h100", "efa"),
    ("aws", "neuron"): ("trn1.32xlarge", "trainium1", "efa"),
    ("azure", "nvidia"): ("Standard_ND96isr_H100_v5", "h100", "infiniband"),
    ("azure", "amd"): ("Standard_ND96isr_MI300X_v5", "mi300x", "infiniband"),
    ("gcp", "nvidia"): ("a3-highgpu-8g", "h100", "tcpx"),
    ("gcp", "google"): ("ct6e-standard-4t", "tpu-v6e", "ici"),
}
TOPOLOGY = {"google": "2x4"}
ROWS = [
    pytest.param(
        row,
        vendor,
        marks=pytest.mark.xdist_group(f"owners-{row.cloud}"),
        id=f"{row.cloud}-{vendor}-{row.component}",
    )
    for row in catalog.ownership()
    for cloud, vendor in MACHINES
    if row.cloud == cloud and row.vendor in (vendor, "*")
]


@cache
def placed(cloud: str, vendor: str) -> tuple[Plan, Graph, ClusterHandle]:
    """A pipeline with an endpoint, replicas over two machines that are scaled on what waits, and its cluster."""
    machine, accelerator, fabric = MACHINES[cloud, vendor]
    resource = catalog.accelerator(accelerator).resource
    pool = plans.accelerator_pool(
        cloud,
        machine=machine,
        accelerator=accelerator,
        vendor=vendor,
        fabric=fabric,
        hosts=2,
        topology=TOPOLOGY.get(vendor, ""),
        taints=() if vendor == "google" else (plans.Taint(resource, "present", "NoSchedule"),),
    )
    here: dict[str, Any] = {"cloud": cloud, "region": plans.REGION[cloud], "registry": "mirror.example.com/acme"}
    plan = plans.plan(cloud, (pool,), spec=plans.spec(cloud, placements={"here": here}))
    plan = stage_spec(spanning(pinned(plan, "vllm", accelerator, vendor)), "generate", routing="inference-pool")
    pools = tuple(replace(one, labels=pool.labels) if one.name == pool.name else one for one in plan.pools)
    built = build(replace(plan, pools=pools))
    assert built.handle is not None
    return replace(plan, pools=pools), built.graph, built.handle


def pool_of(graph: Graph) -> dict[str, Any]:
    """Inputs of the accelerators' node pool."""
    suffixes = ("generate0-nodes", "pool-generate0")
    found = [
        each
        for each in graph
        if each.name.endswith(suffixes) and each.type.rpartition(":")[2] in ("NodeGroup", "AgentPool", "NodePool")
    ]
    assert len(found) == 1
    inputs = dict(found[0].inputs)
    return inputs.get("nodeConfig", inputs)


CHARTS = {
    "cluster-autoscaler": "autoscaler",
    "aws-efa-k8s-device-plugin": "efa-device-plugin",
    "aws-for-fluent-bit": "log-collector",
    "network-operator": "nvidia-rdma-device-plugin",
}
"""Charts that a platform installs → component. Those of the workload say it themselves."""


@cache
def installed(cloud: str, vendor: str) -> list[str]:
    """Components that Intertie puts on cluster or nodes, as often as it does."""
    plan, graph, handle = placed(cloud, vendor)
    known = {row.name: (*row.aliases, *row.brings) for row in table()}
    found = [name for chart in charts(plan, handle) for name in (chart.role, *known[chart.role])]
    found += [CHARTS[each.inputs["chart"]] for each in graph if each.type.endswith(":Release")]
    found += [made.name for made in render(plan, handle) if made.kind == "DaemonSet"]
    definitions = [made for made in render(plan, handle) if made.kind == "CustomResourceDefinition"]
    found += ["inference-pool" for made in definitions if made.body["spec"]["names"]["kind"] == "InferencePool"]
    pool = pool_of(graph)
    found += ["label"] if "intertie.dev/pool" in str(pool.get("labels") or pool.get("nodeLabels")) else []
    resource = catalog.accelerator(MACHINES[cloud, vendor][1]).resource
    found += [component_name("taint", vendor), "taint"] if resource in str(_taints(pool)) else []
    return found


def _taints(pool: dict[str, Any]) -> Any:
    return pool.get("taints") or pool.get("nodeTaints")


def _driver_switch(graph: Graph) -> bool:
    return pool_of(graph)["gpuProfile"] == {"driver": "Install"}


def _dcgm_switch(graph: Graph) -> bool:
    clusters = [each for each in graph if each.type == "gcp:container/cluster:Cluster"]
    return "DCGM" in clusters[0].inputs["monitoringConfig"]["enableComponents"]


def _metrics_server_switch(graph: Graph) -> bool:
    return any(each.inputs["addonName"] == "metrics-server" for each in graph if each.type == "aws:eks/addon:Addon")


def _insights_switch(graph: Graph) -> bool:
    clusters = [each for each in graph if each.type == "azure-native:containerservice:ManagedCluster"]
    return clusters[0].inputs["addonProfiles"]["omsagent"]["enabled"] is True


def _workload_logs_switch(graph: Graph) -> bool:
    clusters = [each for each in graph if each.type == "gcp:container/cluster:Cluster"]
    return "WORKLOADS" in clusters[0].inputs["loggingConfig"]["enableComponents"]


SWITCHES: dict[tuple[str, str], Callable[[Graph], bool]] = {
    ("azure", "driver"): _driver_switch,
    ("gcp", "metrics-exporter"): _dcgm_switch,
    ("aws", "metrics-server"): _metrics_server_switch,
    ("azure", "log-collector"): _insights_switch,
    ("gcp", "log-collector"): _workload_logs_switch,
}


@pytest.mark.parametrize(("row", "vendor"), ROWS)
def test_a_component_comes_from_the_party_that_the_table_names(row: Ownership, vendor: str) -> None:
    _, graph, handle = placed(row.cloud, vendor)
    name = component_name(row.component, row.vendor)
    ours = installed(row.cloud, vendor).count(name)
    if row.owner == "intertie":
        assert ours == 1, f"{name} is installed {ours} times"
        return
    assert ours == 0, f"{name} is {row.owner}'s, and installed all the same"
    assert name in handle.provided
    if row.owner == "addon":
        assert SWITCHES[row.cloud, row.component](graph), f"{name} is turned on"


def test_every_cloud_and_vendor_is_asked() -> None:
    vendors = {(machine.cloud, catalog.accelerator(machine.accelerator).vendor)
               for machine in catalog.machines() if machine.accelerator}  # fmt: skip
    assert vendors == set(MACHINES)
