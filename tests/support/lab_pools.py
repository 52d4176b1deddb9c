"""The node pools that a recorded stack asks its cloud for, as rows of the lab's world: what each cloud documents of the
nodes of such a pool, written down here once more and independently of the simulated clouds."""

from collections.abc import Iterator, Mapping
from typing import Any

from intertie.graph import Graph, Resource
from intertie.lab import machines
from intertie.lab.world import Pool

_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
_COLLECTORS = {
    "prometheus-operator": "prometheus-operator",
    "google-managed": "google-prometheus",
    "azure-managed": "azure-prometheus",
}
_ZONES = {"aws": ("{}a", "{}b"), "azure": ("1", "2", "3"), "gcp": ("{}-a", "{}-b", "{}-c")}


def pools_of(graph: Graph, cluster: str) -> list[Pool]:
    """All pools of the graph's cluster, in the program's order."""
    return [*_eks(graph, cluster), *_aks(graph, cluster), *_gke(graph, cluster)]


def _eks(graph: Graph, cluster: str) -> Iterator[Pool]:
    """Amazon EKS user guide, managed node groups: labels of EKS and of the node group, its taints, no others."""
    for group in graph.of_type("aws:eks/nodeGroup:NodeGroup"):
        inputs = group.inputs
        name = str(inputs["nodeGroupNamePrefix"]) + "20261122"
        template = graph.find("aws:ec2/launchTemplate:LaunchTemplate", group.name.replace("-nodes", "-template")).inputs
        machine = str((inputs.get("instanceTypes") or [template.get("instanceType")])[0])
        labels = {
            **inputs["labels"],
            "eks.amazonaws.com/nodegroup": name,
            "eks.amazonaws.com/capacityType": inputs["capacityType"],
        }
        taints = tuple(f"{each['key']}={each['value']}:{_EFFECTS[each['effect']]}" for each in inputs.get("taints", ()))
        cards = [each for each in template.get("networkInterfaces", ()) if "efa" in each.get("interfaceType", "")]
        extra = {"vpc.amazonaws.com/efa": len(cards)} if cards else {}
        scaling = inputs["scalingConfig"]
        yield _pool(
            "aws", cluster, name, machine, labels=labels, taints=taints,
            size=(scaling["minSize"], scaling["maxSize"], scaling["desiredSize"]),
            region=str(inputs["region"]), extra=extra, pages=bool(cards), traits={"image": inputs["amiType"]},
            spot=inputs["capacityType"] == "SPOT",
        )  # fmt: skip


def _aks(graph: Graph, cluster: str) -> Iterator[Pool]:
    """AKS documentation, node labels and taints; spot pools get their label and taint."""
    system = [
        each
        for one in graph.of_type("azure-native:containerservice:ManagedCluster")
        for each in one.inputs["agentPoolProfiles"]
    ]
    users = [each.inputs for each in graph.of_type("azure-native:containerservice:AgentPool")]
    region = next(
        (str(each.inputs["location"]) for each in graph.of_type("azure-native:containerservice:ManagedCluster")), ""
    )
    for inputs in [*system, *users]:
        name = str(inputs.get("agentPoolName") or inputs["name"])
        spot = inputs.get("scaleSetPriority") == "Spot"
        labels = {
            **inputs.get("nodeLabels", {}),
            "kubernetes.azure.com/agentpool": name,
            "kubernetes.azure.com/mode": inputs["mode"].lower(),
        }
        taints = list(inputs.get("nodeTaints", ()))
        added = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
        if spot:
            labels["kubernetes.azure.com/scalesetpriority"] = "spot"
            taints += [] if added in taints else [added]
        driver = (inputs.get("gpuProfile") or {}).get("driver", "Install")
        yield _pool(
            "azure", cluster, name, inputs["vmSize"], labels=labels, taints=tuple(taints),
            size=(inputs["minCount"], inputs["maxCount"], inputs["count"]), region=region,
            zones=tuple(inputs.get("availabilityZones", ())), traits={"driver": driver.lower()}, spot=spot,
        )  # fmt: skip


def _gke(graph: Graph, cluster: str) -> Iterator[Pool]:
    """GKE documentation, GPUs and TPUs in Standard pools: labels of the device, the taint of TPU nodes."""
    for pool in graph.of_type("gcp:container/nodePool:NodePool"):
        inputs, nodes = pool.inputs, pool.inputs["nodeConfig"]
        name, machine = str(inputs["name"]), str(nodes["machineType"])
        labels = {**nodes.get("labels", {}), "cloud.google.com/gke-nodepool": name}
        taints = [f"{each['key']}={each['value']}:{_EFFECTS[each['effect']]}" for each in nodes.get("taints") or ()]
        extra: dict[str, int] = {}
        for device in nodes.get("guestAccelerators") or ():
            labels["cloud.google.com/gke-accelerator"] = device["type"]
            extra["nvidia.com/gpu"] = int(device["count"])
        if machine.startswith(("ct", "tpu")):
            labels |= _tpu(machine, inputs)
            taints.append("google.com/tpu=present:NoSchedule")
        if nodes.get("spot"):
            labels["cloud.google.com/gke-spot"] = "true"
        limits = inputs["autoscaling"]
        zones = tuple(inputs.get("nodeLocations") or ())
        count = int(inputs["initialNodeCount"]) * (len(zones) or 3)
        least = int(limits["totalMinNodeCount"])
        yield _pool(
            "gcp", cluster, name, machine, labels=labels, taints=tuple(taints),
            size=(least, int(limits["totalMaxNodeCount"]), max(count, least)),
            region="europe-west4", zones=zones, extra=extra,
            traits={"image": str(nodes["imageType"]), **_networks(inputs)}, spot=bool(nodes.get("spot")),
        )  # fmt: skip


def _networks(inputs: Mapping[str, Any]) -> dict[str, str]:
    profile = (inputs.get("networkConfig") or {}).get("acceleratorNetworkProfile")
    return {"networks": str(profile)} if profile else {}


def _tpu(machine: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    kinds = {"ct6e": "tpu-v6e-slice", "ct5lp": "tpu-v5-lite-podslice", "ct5p": "tpu-v5p-slice", "tpu7x": "tpu7x"}
    chips = int(machine.rpartition("-")[2].rstrip("t"))
    topology = (inputs.get("placementPolicy") or {}).get("tpuTopology") or {1: "1x1", 4: "2x2", 8: "2x4"}[chips]
    kind = next(name for prefix, name in kinds.items() if machine.startswith(prefix))
    return {"cloud.google.com/gke-tpu-accelerator": kind, "cloud.google.com/gke-tpu-topology": topology}


def _pool(
    cloud: str,
    cluster: str,
    name: str,
    machine: str,
    *,
    labels: Mapping[str, str],
    taints: tuple[str, ...],
    size: tuple[int, int, int],
    region: str,
    zones: tuple[str, ...] = (),
    extra: Mapping[str, int] | None = None,
    pages: bool = False,
    traits: Mapping[str, str] | None = None,
    spot: bool = False,
) -> Pool:
    found = machines.find(cloud, machine)
    assert found is not None, f"no list has {machine}"
    resources = found.resources(max(200.0, found.local_disk_gib), extra)
    if pages:
        resources["hugepages-2Mi"] = "10256Mi"
    least, most, desired = size
    return Pool(
        cluster,
        name,
        machine,
        zones or tuple(each.format(region) for each in _ZONES[cloud]),
        minimum=int(least),
        maximum=int(most),
        desired=int(desired),
        labels={**{key: str(value) for key, value in labels.items()}, "kubernetes.io/arch": found.arch},
        taints=taints,
        resources=resources,
        market="spot" if spot else "on-demand",
        traits=dict(traits or {}),
    )


def adopted(graph_placement: Mapping[str, Any], cluster: str, machine: Mapping[str, str]) -> list[Pool]:
    """Pools of a cluster that is there already, as its description says. `machine` is what a node has."""
    return [
        Pool(
            cluster,
            each["name"],
            "metal",
            (),
            each["nodes"],
            each["nodes"],
            each["nodes"],
            dict(each.get("labels", {})),
            tuple(each.get("taints", ())),
            {**machine, **({"nvidia.com/gpu": str(each["per_node"])} if each.get("per_node") else {})},
        )
        for each in graph_placement["adopt"]["pools"]
    ]


def collecting(graph_placement: Mapping[str, Any]) -> list[str]:
    """What a cluster that is there already defines for the collector of its description, as the lab calls it."""
    named = graph_placement["adopt"]["collector"]
    return [_COLLECTORS[named["kind"]]] if named and named["kind"] in _COLLECTORS else []


def kubernetes_objects(graph: Graph) -> list[Resource]:
    """What the stack applies to its cluster, in order."""
    return [each for each in graph if each.type.startswith("kubernetes:")]
