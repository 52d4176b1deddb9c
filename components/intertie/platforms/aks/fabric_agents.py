"""What makes InfiniBand cards usable on nodes: NVIDIA's network operator with the cards' driver and device plugin, and
what the machines need besides. Nothing of it where no pool has such cards."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from intertie.contract import BuildOptions
from intertie.plan import LABEL, Plan
from intertie.plan.caches import through
from intertie.platforms.aks import fabric, pools
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child

COMPONENT = "nvidia-rdma-device-plugin"
"""Vendor and component, as the catalogue's table of owners calls them."""
NAMESPACE = "network-operator"
CHART = "26.4.1"
"""Source: NVIDIA/aicr, recipes for AKS: chart and images of one release, tried on Standard_ND96isr_H100_v5."""
HAS_CARDS = "feature.node.kubernetes.io/pci-15b3.present"
"""Label by which the operator knows the nodes that it is for. Source: Mellanox/network-operator, nodeinfo."""

_REPOSITORY = "https://helm.ngc.nvidia.com/nvidia"
_IMAGES = "nvcr.io/nvidia/mellanox"
_OPERATOR = "nvcr.io/nvidia/cloud-native"
_DRIVER = "doca3.2.0-25.10-1.2.8.0-2"  # Azure/aks-rdma-infiniband and NVIDIA/aicr, policy for AKS
_PLUGIN = f"network-operator-v{CHART}"
_BUILT_IN = "nvidia.com/gpu"
"""Taint that all which the operator starts tolerates anyway. Source: Mellanox/network-operator, manifests."""
_VENDOR = "15b3"
_RULE = "infiniband-cards"
_FUNCTIONS = ["101c", "101e"]  # virtual functions of ND v4 and ND v5. Source: NVIDIA/aicr, nfd-network-rule
_SHELL = "docker.io/library/busybox:1.37.0@sha256:9532d8c39891ca2ecde4d30d7710e01fb739c87a8b9299685c63704296b16028"
_NODES = "infiniband-nodes"


def installed(plan: Plan) -> tuple[str, ...]:
    """Names of the components that are installed here, for nobody to install them again."""
    return (COMPONENT,) if fabric.joined(plan) else ()


@dataclass(frozen=True, slots=True)
class _Inside:
    """All that is made is made for the joined pools of one plan, through one provider."""

    plan: Plan
    options: BuildOptions
    provider: kubernetes.Provider

    def child(self, role: str, after: Iterable[pulumi.Resource]) -> tuple[str, pulumi.ResourceOptions]:
        return child(self.options, role, provider=self.provider, depends_on=list(after))


def build(
    place: Place, provider: kubernetes.Provider, agent_pools: tuple[pulumi.Resource, ...]
) -> tuple[pulumi.Resource, ...]:
    """The operator, what it is to do, and what it leaves to do; () where no pool has cards for pods."""
    if not fabric.joined(place.plan):
        return ()
    here = _Inside(place.plan, place.options, provider)
    operator = _release(here, agent_pools)
    return (operator, _rule(here, operator), _policy(here, operator), _nodes(here, agent_pools))


def _release(here: _Inside, after: tuple[pulumi.Resource, ...]) -> kubernetes.helm.v3.Release:
    """The operator and Node Feature Discovery, which looks at the machines of the joined pools and at no others."""
    plan = here.plan
    found = {"affinity": {"nodeAffinity": _on_pools(plan)}, "tolerations": _tolerations(plan)}
    values: dict[str, Any] = {
        # The chart's own rule takes every card of the maker's for one: Azure's ordinary interfaces are such cards too.
        "nfd": {"enabled": True, "deployNodeFeatureRules": False},
        "node-feature-discovery": {"worker": found, **_image(plan, f"{_IMAGES}/node-feature-discovery")},
        "operator": {
            "repository": _home(plan, _OPERATOR, "network-operator"),
            "ofedDriver": {"initContainer": {"repository": _home(plan, _IMAGES, "network-operator-init-container")}},
        },
    }
    name, opts = here.child("network-operator", after)
    return kubernetes.helm.v3.Release(
        name,
        name="network-operator",
        chart="network-operator",
        version=CHART,
        namespace=NAMESPACE,
        create_namespace=True,
        repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=_REPOSITORY),
        values=values,
        opts=opts,
    )


def _rule(here: _Inside, operator: pulumi.Resource) -> kubernetes.apiextensions.CustomResource:
    """Labels machines that have InfiniBand cards, by what the cards call themselves."""
    matched = {"vendor": {"op": "In", "value": [_VENDOR]}, "device": {"op": "In", "value": _FUNCTIONS}}
    rule = {
        "name": _RULE,
        "labels": {HAS_CARDS: "true"},
        "matchFeatures": [{"feature": "pci.device", "matchExpressions": matched}],
    }
    name, opts = here.child("fabric-cards", [operator])
    return kubernetes.apiextensions.CustomResource(
        name, "nfd.k8s-sigs.io/v1alpha1", "NodeFeatureRule", {"rules": [rule]}, _about(_RULE), opts
    )


def _policy(here: _Inside, operator: pulumi.Resource) -> kubernetes.apiextensions.CustomResource:
    """The operator's one policy, under the one name that it knows."""
    labelled = {"key": HAS_CARDS, "operator": "In", "values": ["true"]}
    spec = {
        "nodeAffinity": _on_pools(here.plan, labelled),
        "tolerations": _tolerations(here.plan, but=_BUILT_IN),
        "ofedDriver": _driver(here.plan),
        "sriovDevicePlugin": _plugin(here.plan),
    }
    name, opts = here.child("fabric-driver", [operator])
    return kubernetes.apiextensions.CustomResource(
        name, "mellanox.com/v1alpha1", "NicClusterPolicy", spec, _about("nic-cluster-policy"), opts
    )


def _driver(plan: Plan) -> dict[str, Any]:
    """The cards' driver, built on each machine for its kernel."""
    return {
        "repository": _home(plan, _IMAGES, "doca-driver"),
        "image": "doca-driver",
        "version": _DRIVER,
        # Else modules of the kernel's own driver can win the race. Source: Mellanox/doca-driver-build, issue 52.
        "env": [{"name": "OFED_BLACKLIST_MODULES_FILE", "value": "/host/etc/modprobe.d/blacklist-ofed-modules.conf"}],
        "forcePrecompiled": False,
        # A new driver comes with new machines: to renew it beneath a replica would end the replica.
        "upgradePolicy": {"autoUpgrade": False},
        "startupProbe": {"initialDelaySeconds": 10, "periodSeconds": 20},
        "livenessProbe": {"initialDelaySeconds": 30, "periodSeconds": 30},
        "readinessProbe": {"initialDelaySeconds": 10, "periodSeconds": 30},
    }


def _plugin(plan: Plan) -> dict[str, Any]:
    """The device plugin, which offers each card for itself once the driver is loaded."""
    chosen = {"vendors": [_VENDOR], "linkTypes": ["infiniband"], "isRdma": True}
    prefix, _, name = fabric.RESOURCE.partition("/")
    offered = {"resourceList": [{"resourcePrefix": prefix, "resourceName": name, "selectors": chosen}]}
    return {
        "repository": _home(plan, _IMAGES, "sriov-network-device-plugin"),
        "image": "sriov-network-device-plugin",
        "version": _PLUGIN,
        "config": json.dumps(offered, sort_keys=True),
    }


def _nodes(here: _Inside, after: tuple[pulumi.Resource, ...]) -> kubernetes.apps.v1.DaemonSet:
    """Lets containers pin memory, and loads the module by which cards reach that of accelerators: AKS' driver has it,
    and leaves it.

    Sources: NVIDIA/aicr, ib-node-config and nvidia-peermem-reloader for AKS; NVIDIA/nvidia-container-toolkit,
    issue 2037.
    """
    plan, about = here.plan, _about(_NODES)
    script = files("intertie.platforms.aks").joinpath("data", "infiniband_nodes.sh").read_text(encoding="utf-8")
    container = {
        "name": _NODES,
        "image": through(plan, _SHELL) or _SHELL,
        "command": ["/bin/sh", "-c", script],
        "securityContext": {"privileged": True},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}},
    }
    pod = {
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
        "hostPID": True,
        "affinity": {"nodeAffinity": _on_pools(plan)},
        "tolerations": _tolerations(plan),
        "containers": [container],
    }
    spec: Any = {
        "selector": {"matchLabels": {"app.kubernetes.io/name": _NODES}},
        "template": {"metadata": {"labels": about["labels"]}, "spec": pod},
    }
    metadata = kubernetes.meta.v1.ObjectMetaArgs(namespace="kube-system", **about)
    name, opts = here.child("fabric-nodes", after)
    return kubernetes.apps.v1.DaemonSet(name, metadata=metadata, spec=spec, opts=opts)


def _about(name: str) -> dict[str, Any]:
    """Metadata of an object."""
    return {"name": name, "labels": {"app.kubernetes.io/managed-by": "intertie", "app.kubernetes.io/name": name}}


def _on_pools(plan: Plan, *also: dict[str, Any]) -> dict[str, Any]:
    """Node affinity to the machines of the joined pools."""
    named = {"key": f"{LABEL}/pool", "operator": "In", "values": [pool.name for pool in fabric.joined(plan)]}
    terms = [{"matchExpressions": [named, *also]}]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _tolerations(plan: Plan, but: str = "") -> list[dict[str, Any]]:
    """What keeps others off the joined pools, the taint of spot among it."""
    taints = dict.fromkeys(taint for pool in fabric.joined(plan) for taint in pools.taints(pool) if taint.key != but)
    return [{"key": each.key, "operator": "Equal", "value": each.value, "effect": each.effect} for each in taints]


def _home(plan: Plan, repository: str, image: str) -> str:
    """Where an image lies whose name is told apart: its home, or the cache of its registry."""
    cached = through(plan, f"{repository}/{image}")
    return cached.rpartition("/")[0] if cached is not None else repository


def _image(plan: Plan, reference: str) -> dict[str, Any]:
    cached = through(plan, reference)
    return {"image": {"repository": cached}} if cached is not None else {}
