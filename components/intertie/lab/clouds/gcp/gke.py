"""GKE: a cluster is a control plane in the world, a node pool its nodes with the labels and taints that GKE adds."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from intertie.lab import capacity, keys, machines, references, values
from intertie.lab.clouds import clusters
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.gcp import texts
from intertie.lab.errors import CloudError, NotHealthyError
from intertie.lab.world import Pool, Resource, World

CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
_DEFAULT_DISK_GIB = 100  # GKE documentation, boot disks
_SSD_GIB = 375  # of one local SSD partition (Compute Engine documentation)
_ZONES = ("a", "b", "c")  # that a regional cluster takes when none is named; which ones a region has differs
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


def names_of(resource: Resource) -> set[str]:
    """By what pools name their cluster: its path, or its name alone."""
    return {str(resource.outputs["name"])}


def protected() -> CloudError:
    message = (
        "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster"
        " deletion."
    )
    return CloudError("DeletionProtection", message)


def cluster_id(resource: Resource) -> str:
    """Id in the world, of a cluster's resource."""
    return clusters.cluster_id("gcp", resource.region, str(resource.outputs["name"]), str(resource.outputs["__id"]))


def cluster_made(request: Request, resource: Resource) -> Resource:
    """Waits for the control plane, where one is run, and hands out its addresses."""
    found = clusters.want(request.world, cluster_id(resource), "gcp", resource.region, str(resource.outputs["name"]))
    if found.error:
        raise NotHealthyError("ClusterFailed", f"Error waiting for creating GKE cluster: {found.error}")
    if found.state != "running":
        return resource
    monitored = values.one(resource.inputs, "monitoringConfig.managedPrometheus.enabled") is True
    brought = ["google-compute-class", "inference-extension", *(["google-prometheus"] if monitored else [])]
    request.world.set_meta(keys.brings(cluster_id(resource)), json.dumps(brought))
    address = clusters.host(found.endpoint)
    endpoints = values.merge(
        resource.outputs.get("controlPlaneEndpointsConfig"), {"dnsEndpointConfig": {"endpoint": address}}
    )
    auth = {**(resource.outputs.get("masterAuth") or {}), "clusterCaCertificate": clusters.authority(found)}
    return replace(
        resource,
        outputs={**resource.outputs, "endpoint": address, "controlPlaneEndpointsConfig": endpoints, "masterAuth": auth},
    )


def cluster_gone(world: World, resource: Resource) -> None:
    clusters.unwant(world, cluster_id(resource))


def before_pool(cloud: Cloud, request: Request) -> None:
    """GKE looks at machine type, shape and quota before it starts anything."""
    found = _cluster_of(request.world, request.inputs)
    request.zones = _zones(request.inputs, found)
    config = request.inputs.get("nodeConfig") or {}
    pool = _pool(request, found, "", 0)
    machine = machines.find("gcp", pool.machine)
    error = texts.shape(config, machine)
    if error is not None:
        raise cloud.refuse(request.kind, "create", f"badRequest|{error}", request.context)
    before = _before(request, found)
    region = found.region if found else request.region
    short = capacity.shortage(request.world, "gcp", region, pool, pool.desired - (before.desired if before else 0))
    if short is not None and short.kind in ("quota", "offer", "reservation"):
        refused = texts.shortage(short, pool, region)
        raise cloud.refuse(request.kind, "create", f"{refused.code}|{refused.message}", request.context)


def pool_made(request: Request, resource: Resource) -> Resource:
    """The pool behind a NodePool. NotHealthyError when a zone has no machines: it stays, in an error state."""
    world, found = request.world, _cluster_of(request.world, request.inputs)
    if found is None:
        return resource
    pool = _pool(request, found, str(resource.outputs["name"]), resource.ready)
    before = _before(request, found)
    desired = _within(pool, request, before)
    more = desired - (before.desired if before else 0)
    short = capacity.shortage(world, "gcp", found.region, replace(pool, desired=desired), more)
    if short is not None:
        world.put_pool(replace(pool, desired=before.desired if before else 0))
        resource.outputs["__short"] = True
        error = texts.shortage(short, pool, found.region)
        raise NotHealthyError(error.code, texts.FAILED.format(pool=pool.name, reason=error.message), "INTERNAL")
    world.put_pool(replace(pool, desired=desired))
    return resource


def pool_gone(world: World, resource: Resource) -> None:
    found = _cluster_of(world, resource.inputs)
    if found is not None:
        world.remove_pool(cluster_id(found), str(resource.outputs["name"]))


def _cluster_of(world: World, inputs: Mapping[str, Any]) -> Resource | None:
    found = references.by_name(world, str(inputs.get("cluster", "")), CLUSTER, "gcp")
    return found[0] if found else None


def _before(request: Request, cluster: Resource | None) -> Pool | None:
    if cluster is None:
        return None
    pools = request.world.pools(cluster_id(cluster))
    return next((each for each in pools if each.name == request.context.own["name"]), None)


def _within(pool: Pool, request: Request, before: Pool | None) -> int:
    """After an update the autoscaler's number stands, within the new limits."""
    if before is None or request.old is None:
        return pool.desired
    desired = pool.desired if request.old.outputs.get("__short") else before.desired
    return min(max(desired, pool.minimum), pool.maximum)


def _zones(inputs: Mapping[str, Any], cluster: Resource | None) -> tuple[str, ...]:
    """The pool's own zones, else the cluster's, else three of the region."""
    named = inputs.get("nodeLocations") or (cluster.inputs.get("nodeLocations") if cluster else None)
    if isinstance(named, list) and named:
        return tuple(str(each) for each in named)
    if cluster is not None and cluster.zone:
        return (cluster.zone,)
    region = cluster.region if cluster is not None else ""
    return tuple(f"{region}-{letter}" for letter in _ZONES) if region else ()


def _pool(request: Request, cluster: Resource | None, name: str, ready: int) -> Pool:
    inputs = request.inputs
    config = inputs.get("nodeConfig") or {}
    zones = _zones(inputs, cluster)
    least, most, start = _sizes(inputs, max(len(zones), 1))
    type_ = str(config.get("machineType") or "e2-medium")
    machine = machines.find("gcp", type_)
    attached = {"nvidia.com/gpu": sum(int(each) for each in values.at(config, "guestAccelerators[].count"))}
    extra = {key: count for key, count in attached.items() if count}
    resources = machine.resources(_disk(config), extra) if machine else {"cpu": "0", "memory": "0Mi", "pods": "0"}
    name = name or str(request.context.own["name"])
    driver = values.one(config, "guestAccelerators[].gpuDriverInstallationConfig.gpuDriverVersion")
    return Pool(
        cluster_id(cluster) if cluster else "",
        name,
        type_,
        zones,
        least,
        most,
        start,
        _labels(inputs, config, name, machine),
        _taints(config, machine),
        resources,
        "spot" if config.get("spot") or config.get("preemptible") else "on-demand",
        _reservation(config),
        ready,
        {"image": str(config.get("imageType") or "COS_CONTAINERD"), **_driver(driver), **_networks(inputs)},
    )


def _driver(version: Any) -> dict[str, str]:
    return {"driver": "none"} if version == "INSTALLATION_DISABLED" else {}


def _networks(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Whether GKE lays out networks for accelerators."""
    profile = values.one(inputs, "networkConfig.acceleratorNetworkProfile")
    return {"networks": str(profile)} if profile else {}


def _sizes(inputs: Mapping[str, Any], zones: int) -> tuple[int, int, int]:
    """(fewest, most, at creation) over all zones. What is said per zone is multiplied."""
    scaling = inputs.get("autoscaling") or {}
    first = inputs.get("nodeCount", inputs.get("initialNodeCount", 1 if not scaling else 0))
    start = int(first or 0) * zones
    if not scaling:
        return start, start, start
    least = (
        int(scaling["totalMinNodeCount"])
        if "totalMinNodeCount" in scaling
        else int(scaling.get("minNodeCount", 0)) * zones
    )
    most = (
        int(scaling["totalMaxNodeCount"])
        if "totalMaxNodeCount" in scaling
        else int(scaling.get("maxNodeCount", 0)) * zones
    )
    return least, most, min(max(start, least), most)


def _disk(config: Mapping[str, Any]) -> float:
    local = values.one(config, "ephemeralStorageLocalSsdConfig.localSsdCount")
    return float(local) * _SSD_GIB if local else float(config.get("diskSizeGb") or _DEFAULT_DISK_GIB)


def _reservation(config: Mapping[str, Any]) -> str:
    if values.one(config, "reservationAffinity.consumeReservationType") != "SPECIFIC_RESERVATION":
        return ""
    return re.sub(r"^.*reservations/", "", str(values.one(config, "reservationAffinity.values[]", "")))


def _labels(
    inputs: Mapping[str, Any], config: Mapping[str, Any], name: str, machine: machines.Machine | None
) -> dict[str, str]:
    """Labels that GKE puts on nodes by itself. Source: GKE documentation, node labels."""
    type_ = str(config.get("machineType") or "e2-medium")
    found = {
        **{key: str(value) for key, value in (config.get("labels") or {}).items()},
        "cloud.google.com/gke-nodepool": name,
        "cloud.google.com/machine-family": type_.partition("-")[0],
        "cloud.google.com/gke-os-distribution": "ubuntu" if "UBUNTU" in str(config.get("imageType", "")) else "cos",
        "cloud.google.com/gke-container-runtime": "containerd",
        "cloud.google.com/gke-boot-disk": str(config.get("diskType") or "pd-balanced"),
        "node.kubernetes.io/instance-type": type_,
        "kubernetes.io/arch": machine.arch if machine else "amd64",
    }
    accelerator = values.one(config, "guestAccelerators[].type")
    if accelerator:
        count = sum(int(each) for each in values.at(config, "guestAccelerators[].count"))
        driver = str(values.one(config, "guestAccelerators[].gpuDriverInstallationConfig.gpuDriverVersion", "DEFAULT"))
        found |= {
            "cloud.google.com/gke-accelerator": str(accelerator),
            "cloud.google.com/gke-accelerator-count": str(count),
            "cloud.google.com/gke-gpu-driver-version": driver.lower(),
        }
    if config.get("spot"):
        found["cloud.google.com/gke-spot"] = "true"
    if config.get("flexStart"):
        found["cloud.google.com/gke-flex-start"] = "true"
    return {**found, **_tpu(inputs, type_)}


def _tpu(inputs: Mapping[str, Any], type_: str) -> dict[str, str]:
    """Accelerator and topology of TPU nodes. Source: GKE documentation, plan TPUs."""
    kinds = {"ct5lp": "tpu-v5-lite-podslice", "ct5p": "tpu-v5p-slice", "ct6e": "tpu-v6e-slice", "tpu7x": "tpu7x"}
    kind = kinds.get(type_.partition("-")[0])
    if kind is None:
        return {}
    single = {"1t": "1x1", "4t": "2x2", "8t": "2x4"}.get(type_.rpartition("-")[2], "1x1")
    return {
        "cloud.google.com/gke-tpu-accelerator": kind,
        "cloud.google.com/gke-tpu-topology": str(values.one(inputs, "placementPolicy.tpuTopology", single)),
    }


def _taints(config: Mapping[str, Any], machine: machines.Machine | None) -> tuple[str, ...]:
    """Declared taints, and those that GKE adds: to TPU nodes always, to Arm nodes, never to GPU nodes for certain.

    GKE taints a GPU pool only when another pool was there before it; nobody can rely on that, so it is left out.
    """
    declared = [
        f"{each['key']}={each.get('value', '')}:{_EFFECTS.get(each['effect'], each['effect'])}"
        for each in config.get("taints") or ()
    ]
    added = []
    if machine is not None and "google.com/tpu" in machine.devices:
        added.append("google.com/tpu=present:NoSchedule")
    if machine is not None and machine.arch == "arm64":
        added.append("kubernetes.io/arch=arm64:NoSchedule")
    return tuple(dict.fromkeys([*declared, *added]))
