"""AKS: a managed cluster with the pools inside it, agent pools beside it, and the credentials that it hands out."""

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from intertie.lab import capacity, keys, machines, references, values
from intertie.lab.clouds import clusters
from intertie.lab.clouds.azure import texts
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.errors import CloudError, NotHealthyError
from intertie.lab.world import Cluster, Pool, Resource, World

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
_ARM_TYPE = "Microsoft.ContainerService/managedClusters"
_DEFAULT_DISK_GIB = 128  # AKS documentation, default OS disk of small sizes
_SERVER_APP = "6dae42f8-4368-4678-94ff-3960e28e3630"  # AKS documentation, kubelogin: the AKS AAD server


def shape(outputs: dict[str, Any]) -> dict[str, Any]:
    """What a cluster adds to profiles that it was asked for."""
    issuer = outputs.get("oidcIssuerProfile")
    if isinstance(issuer, Mapping) and issuer.get("enabled") is True:
        region = outputs.get("location", "")
        made = f"https://{region}.oic.prod-aks.azure.com/{outputs.get('resourceUID', '')}/"
        hidden = values.is_unknown(outputs.get("resourceUID"))
        outputs["oidcIssuerProfile"] = {**issuer, "issuerURL": values.UNKNOWN if hidden else made}
    return outputs


def cluster_id(resource_id: str, region: str) -> str:
    name = resource_id.rstrip("/").rpartition("/")[2]
    return clusters.cluster_id("azure", region, name, resource_id.lower())


def before_cluster(cloud: Cloud, request: Request) -> None:
    """Sizes that do not exist are refused at once."""
    for row in request.inputs.get("agentPoolProfiles") or ():
        _known_size(cloud, request, str(row.get("vmSize", "")))


def before_pool(cloud: Cloud, request: Request) -> None:
    """AKS looks at size and quota before it starts anything."""
    found = _cluster_of(request)
    region = found.region if found else request.region
    request.zones = _zones(request.inputs)
    _known_size(cloud, request, str(request.inputs.get("vmSize", "")))
    pool = _pool(request.inputs, str(request.context.own["name"]))
    before = _before(request, found)
    short = capacity.shortage(request.world, "azure", region, pool, pool.desired - (before.desired if before else 0))
    if short is not None and short.kind in ("quota", "offer"):
        error = texts.shortage(short, pool, region)
        raise cloud.refuse(request.kind, "create", f"{error.code}|{error.message}", request.context)


def cluster_made(request: Request, resource: Resource) -> Resource:
    """Waits for the control plane where one is run, and makes the pools that are inside the cluster."""
    id_ = cluster_id(resource.outputs["__id"], resource.region)
    name = str(resource.outputs["name"])
    found = clusters.want(request.world, id_, "azure", resource.region, name)
    if found.error:
        raise NotHealthyError("ClusterFailed", found.error)
    keda = values.one(resource.inputs, "workloadAutoScalerProfile.keda.enabled") is True
    metrics = values.one(resource.inputs, "azureMonitorProfile.metrics.enabled") is True
    brought = [*(["keda"] if keda else []), *(["azure-prometheus"] if metrics else [])]
    request.world.set_meta(keys.brings(id_), json.dumps(brought))
    for row in resource.inputs.get("agentPoolProfiles") or ():
        pool = _pool(row, str(row["name"]), cluster=id_, ready=resource.ready)
        there = next((each for each in request.world.pools(id_) if each.name == pool.name), None)
        request.world.put_pool(pool if there is None else replace(pool, desired=there.desired))
    outputs = dict(resource.outputs)
    outputs["identity"] = _identity(request.world, outputs.get("identity"))
    if found.state == "running":
        outputs["fqdn"] = clusters.host(found.endpoint)
    return replace(resource, outputs=outputs)


def cluster_gone(world: World, resource: Resource) -> None:
    clusters.unwant(world, cluster_id(resource.outputs["__id"], resource.region))


def pool_made(cloud: Cloud, request: Request, resource: Resource) -> Resource:
    """The pool behind an AgentPool. NotHealthyError when its machines cannot be had: it stays, in state Failed."""
    world, found = request.world, _cluster_of(request)
    if found is None:
        return resource
    id_ = cluster_id(found.outputs["__id"], found.region)
    pool = _pool(resource.inputs, str(resource.outputs["name"]), cluster=id_, ready=resource.ready)
    before = _before(request, found)
    desired = _within(pool, request, before)
    short = capacity.shortage(
        world, "azure", found.region, replace(pool, desired=desired), desired - (before.desired if before else 0)
    )
    if short is not None:
        world.put_pool(replace(pool, desired=before.desired if before else 0))
        resource.outputs.update(provisioningState="Failed", __short=True)
        error = texts.shortage(short, pool, found.region)
        text = cloud.wrap(request.kind, "create", error.code, error.message, request.context)
        raise NotHealthyError(error.code, text, "INTERNAL")
    world.put_pool(replace(pool, desired=desired))
    resource.outputs["provisioningState"] = "Succeeded"
    return resource


def pool_gone(world: World, resource: Resource) -> None:
    parent = re.sub(r"/agentPools/.*$", "", str(resource.outputs["__id"]))
    for found in references.by_name(world, parent, CLUSTER, "azure"):
        world.remove_pool(cluster_id(found.outputs["__id"], found.region), str(resource.outputs["name"]))


def credentials(cloud: Cloud, world: World, args: Mapping[str, Any], *, admin: bool) -> dict[str, Any]:
    """A kubeconfig, as AKS gives it: with a login of its own, or kubelogin where local accounts are off."""
    subscription = cloud.place({})["subscription"]
    group, name = args.get("resourceGroupName"), args.get("resourceName")
    id_ = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{_ARM_TYPE}/{name}"
    found = references.by_name(world, id_, CLUSTER, "azure")
    if not found:
        message = (
            f"The Resource '{_ARM_TYPE}/{name}' under resource group '{group}' was not found. For more details please"
            " go to https://aka.ms/ARMResourceNotFoundFix"
        )
        raise CloudError("ResourceNotFound", f'Status=404 Code="ResourceNotFound" Message="{message}"', "NOT_FOUND")
    local = found[0].inputs.get("disableLocalAccounts") is not True
    if admin and not local:
        message = "Getting static credential is not allowed because this cluster is set to disable local accounts."
        raise CloudError("BadRequest", f'Status=400 Code="BadRequest" Message="{message}"')
    text = json.dumps(_kubeconfig(world, found[0], local=local))
    kind = "clusterAdmin" if admin else "clusterUser"
    return {"kubeconfigs": [{"name": kind, "value": base64.b64encode(text.encode()).decode()}]}


def _kubeconfig(world: World, resource: Resource, *, local: bool) -> dict[str, Any]:
    name = str(resource.outputs["name"])
    cluster = world.cluster(cluster_id(resource.outputs["__id"], resource.region)) or Cluster("", "azure", "", name, "")
    server = cluster.endpoint or f"https://{resource.outputs.get('fqdn')}:443"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--environment", "AzurePublicCloud", "--server-id", _SERVER_APP, "--login", "azurecli"],
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    user = f"clusterUser_{name}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": clusters.authority(cluster)}}
        ],
        "users": [{"name": user, "user": {"token": _token()} if local else {"exec": plugin}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
    }


def _token() -> str:
    """The lab's token; its API servers take no other."""
    folder = os.environ.get("INTERTIE_LAB")
    path = Path(folder, "token") if folder else None
    return path.read_text() if path is not None and path.exists() else "no-lab"


def _identity(world: World, identity: Any) -> Any:
    """Client and principal of each identity, as ARM adds them."""
    if not isinstance(identity, Mapping) or not isinstance(identity.get("userAssignedIdentities"), Mapping):
        return identity
    filled = {}
    for id_ in identity["userAssignedIdentities"]:
        found = references.by_name(world, id_, "azure-native:managedidentity:UserAssignedIdentity", "azure")
        filled[id_] = {key: found[0].outputs[key] for key in ("clientId", "principalId")} if found else {}
    return {**identity, "userAssignedIdentities": filled}


def _cluster_of(request: Request) -> Resource | None:
    parent = re.sub(r"/agentPools/.*$", "", request.id)
    if "/managedClusters/" not in parent:
        place, inputs = request.context.place, request.inputs
        parent = (
            f"/subscriptions/{place['subscription']}/resourceGroups/{inputs.get('resourceGroupName')}"
            f"/providers/Microsoft.ContainerService/managedClusters/{inputs.get('resourceName')}"
        )
    found = references.by_name(request.world, parent, CLUSTER, "azure")
    return found[0] if found else None


def _before(request: Request, cluster: Resource | None) -> Pool | None:
    if cluster is None:
        return None
    id_ = cluster_id(cluster.outputs["__id"], cluster.region)
    return next((each for each in request.world.pools(id_) if each.name == request.context.own["name"]), None)


def _within(pool: Pool, request: Request, before: Pool | None) -> int:
    """Azure takes the whole pool anew at every update: a `count` that is sent is what it becomes."""
    if before is None or request.old is None:
        return pool.desired
    same = request.inputs.get("count") == request.old.inputs.get("count") and not request.old.outputs.get("__short")
    return min(max(before.desired if same else pool.desired, pool.minimum), pool.maximum)


def _known_size(cloud: Cloud, request: Request, size: str) -> None:
    if size and not re.fullmatch(r"Standard_[A-Z]{1,3}\d+(-\d+)?[a-z]*(_\w+)*", size):
        text = texts.NO_SUCH_SIZE.format(
            machine=size, region=request.region, subscription=request.context.place["subscription"]
        )
        raise cloud.refuse(request.kind, "create", f"VMSizeNotSupported|{text}", request.context)


def _zones(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in inputs.get("availabilityZones") or ())


def _pool(inputs: Mapping[str, Any], name: str, *, cluster: str = "", ready: int = 0) -> Pool:
    size = str(inputs.get("vmSize", ""))
    machine = machines.find("azure", size)
    spot = inputs.get("scaleSetPriority") == "Spot"
    count = int(inputs.get("count") or 0)
    scaled = inputs.get("enableAutoScaling") is True
    disk = float(inputs.get("osDiskSizeGB") or _DEFAULT_DISK_GIB)
    taints = tuple(str(each) for each in inputs.get("nodeTaints") or ())
    spot_taint = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
    driver = values.one(inputs, "gpuProfile.driver")
    return Pool(
        cluster,
        name,
        size,
        _zones(inputs),
        int(inputs.get("minCount") or 0) if scaled else count,
        int(inputs.get("maxCount") or count) if scaled else count,
        count,
        {**_labels(inputs, name, machine), **_user_labels(inputs)},
        (*taints, *((spot_taint,) if spot and spot_taint not in taints else ())),
        machine.resources(disk) if machine else {"cpu": "0", "memory": "0Mi", "pods": "0"},
        "spot" if spot else "on-demand",
        str(inputs.get("capacityReservationGroupID") or ""),
        ready,
        {"image": str(inputs.get("osSKU") or "Ubuntu"), **({"driver": "none"} if driver == "None" else {})},
    )


def _user_labels(inputs: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in (inputs.get("nodeLabels") or {}).items()}


def _labels(inputs: Mapping[str, Any], name: str, machine: machines.Machine | None) -> dict[str, str]:
    """Labels that AKS puts on nodes by itself. Source: AKS documentation, reserved labels."""
    spot = inputs.get("scaleSetPriority") == "Spot"
    nvidia = machine is not None and "nvidia.com/gpu" in machine.devices
    return {
        "agentpool": name,
        "kubernetes.azure.com/agentpool": name,
        "kubernetes.azure.com/mode": str(inputs.get("mode") or "User").lower(),
        "kubernetes.azure.com/role": "agent",
        "kubernetes.azure.com/os-sku": str(inputs.get("osSKU") or "Ubuntu"),
        "kubernetes.azure.com/nodepool-type": str(inputs.get("type") or "VirtualMachineScaleSets"),
        "kubernetes.azure.com/storageprofile": "managed",
        "node.kubernetes.io/instance-type": str(inputs.get("vmSize", "")),
        "kubernetes.io/arch": machine.arch if machine else "amd64",
        **({"kubernetes.azure.com/scalesetpriority": "spot"} if spot else {}),
        **({"kubernetes.azure.com/accelerator": "nvidia"} if nvidia else {}),
    }
