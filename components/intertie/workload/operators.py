"""Operators that install a vendor's driver on nodes, and with it the vendor's agents: what they are told."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle
from intertie.errors import PlanError, Problem
from intertie.plan import LABEL, Plan
from intertie.workload.agents import agents, tolerations
from intertie.workload.images import image
from intertie.workload.manifest import MANAGER, Manifest, join

AMD_NAMESPACE = "kube-amd-gpu"
DRIVER_REPOSITORY = "amdgpu-driver"
"""Below the placement's registry: the operator writes the tags, one for each kernel."""
DRIVER_SECRET = "amd-driver-registry"  # noqa: S105  the name of a secret
"""Name of the secret with the right to push to that repository, made once by whoever runs the cluster."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of `data/operators.csv`. `component` is its chart in `data/charts.csv`."""

    vendor: str
    component: str
    driver_version: str
    labeller_image: str
    source: str
    as_of: str


@cache
def operators() -> dict[str, Operator]:
    """Operators by vendor, with what they are pinned to."""
    text = files("intertie.workload").joinpath("data", "operators.csv").read_text(encoding="utf-8")
    return {row["vendor"]: Operator(**row) for row in csv.DictReader(text.splitlines())}


def device_config(plan: Plan, handle: ClusterHandle, vendor: str) -> Manifest:
    """What AMD's operator is to do on the pools of the vendor: driver, device plugin, node labels, metrics.

    The driver is built in the cluster for the kernel that the nodes have. Raises PlanError where there is no registry
    to keep it in.
    """
    if handle.registry is None:
        raise PlanError(plan.placement, [_no_registry(plan, vendor)])
    operator = operators()[vendor]
    tolerated = tolerations(plan, handle, vendor)
    spec: dict[str, Any] = {
        "selector": {f"{LABEL}/vendor": vendor},
        "driver": {
            "enable": True,
            "blacklist": True,  # the kernel's own driver of the same name
            "version": operator.driver_version,
            "image": join(handle.registry, f"/{DRIVER_REPOSITORY}"),
            "imageRegistrySecret": {"name": DRIVER_SECRET},
            "tolerations": tolerated,
        },
        "devicePlugin": {
            "enableDevicePlugin": True,
            "devicePluginImage": image(plan, agents()[f"{vendor}-device-plugin"].image, handle.registry),
            "devicePluginTolerations": tolerated,
            "enableNodeLabeller": True,  # it also writes the blacklist
            "nodeLabellerImage": image(plan, operator.labeller_image, handle.registry),
            "nodeLabellerTolerations": tolerated,
        },
        "metricsExporter": {
            "enable": True,
            "serviceType": "ClusterIP",
            "port": agents()[f"{vendor}-metrics-exporter"].port,
            "image": image(plan, agents()[f"{vendor}-metrics-exporter"].image, handle.registry),
            "tolerations": tolerated,
        },
    }
    labels = {"app.kubernetes.io/managed-by": MANAGER, "app.kubernetes.io/name": f"{vendor}-driver"}
    about = {"name": "intertie", "namespace": AMD_NAMESPACE, "labels": labels}
    body = {"apiVersion": "amd.com/v1alpha1", "kind": "DeviceConfig", "metadata": about, "spec": spec}
    return Manifest(f"{vendor}-driver", body, needs=(operator.component,))


def _no_registry(plan: Plan, vendor: str) -> Problem:
    names = sorted({pool.accelerator for pool in plan.accelerator_pools() if pool.vendor == vendor})
    return Problem(
        path=f"placements.{plan.placement}.registry",
        found=f"none, and the driver of {', '.join(names)} is built in the cluster and kept in a registry",
        allowed="a registry that the cluster's nodes can pull from",
        hint=f"name one, and let the secret {DRIVER_SECRET!r} in namespace {AMD_NAMESPACE!r} push to its "
        f"{DRIVER_REPOSITORY!r}",
        source="AMD GPU operator documentation, driver installation",
    )
