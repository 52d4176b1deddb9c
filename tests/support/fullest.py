"""Stacks that together ask for everything that a platform can do: what checklists and inventories are held against."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from intertie.bootstraps import PlacementBootstrap
from intertie.contract import BuildOptions
from intertie.graph import Graph, record
from intertie.plan import Operations, Plan, PoolPlan, TeamAccess
from intertie.platforms import registry
from intertie.spec import Alerts, Registry
from support import azure, gke
from support.building import build
from support.caches import with_caches
from support.interconnected import ENDS, KEY, every_end, every_link
from support.plans import REGION, accelerator_pool, claim, plan, spec_data

CLOUD = {"eks": "aws", "aks": "azure", "gke": "gcp"}

_PRINCIPAL = {
    "eks": "arn:aws:iam::123456789012:role/platform",
    "aks": "00000000-0000-4000-8000-00000000000a",
    "gke": "group:readers@example.com",
}
_DEPLOYER = {**_PRINCIPAL, "gke": "deployer@acme-inference.iam.gserviceaccount.com"}
_ACCOUNT = {"eks": "123456789012", "aks": azure.SUBSCRIPTION, "gke": "acme-inference"}
_RUNNER = {
    "eks": "vpc-0abc12345",
    "aks": f"/subscriptions/{azure.SUBSCRIPTION}/resourceGroups/ci/providers/Microsoft.Network/virtualNetworks/ci",
    "gke": "projects/acme-runners/global/networks/ci",
}
_RESERVED = {
    "eks": ("p5.48xlarge", "us-east-1b"),
    "aks": ("Standard_NC24ads_A100_v4", "1"),
    "gke": ("a3-highgpu-8g", "europe-west4-b"),
}
"""What is reserved: machine and zone."""
_ZONES = {
    "eks": ("us-east-1a", "us-east-1b"),
    "aks": ("1", "2", "3"),
    "gke": ("europe-west4-a", "europe-west4-b"),
}


def _eks_pools() -> tuple[tuple[PoolPlan, ...], ...]:
    reserved = accelerator_pool("aws", kind="odcr", claim=claim("odcr", id="cr-0abc"))
    block = accelerator_pool("aws", kind="capacity-block", rank=1, claim=claim("capacity-block", id="cr-0abd"))
    return (reserved, block), (accelerator_pool("aws", hosts=2), accelerator_pool("aws", "spot", 1))


def _aks_pools() -> tuple[tuple[PoolPlan, ...], ...]:
    ladder = tuple(azure.pool(rank, kind) for rank, kind in enumerate(azure.KINDS))
    amd = azure.pool(0, "on-demand", machine="Standard_ND96isr_MI300X_v5", vendor="amd", accelerator="mi300x")
    return ladder, (amd,), (azure.joined(0, "on-demand"), azure.joined(1, "spot"))


def _gke_pools() -> tuple[tuple[PoolPlan, ...], ...]:
    ladder = tuple(gke.pool(kind, rank) for rank, kind in enumerate(gke.KINDS))
    far = gke.multi_node("a3-ultragpu-8g", "roce", accelerator="h200")
    return ladder, (gke.tpu_pool(hosts=4),), (far,)


_POOLS = {"eks": _eks_pools, "aks": _aks_pools, "gke": _gke_pools}


def _private(platform: str) -> Operations:
    """A cluster with everything that is closed, connected and watched."""
    return Operations(
        api="private",
        runner_network=_RUNNER[platform],
        runner_ranges=("172.16.0.0/24",),
        teams=(TeamAccess("readers", "view", (_PRINCIPAL[platform],)),),
        deployer=_DEPLOYER[platform],
        deletion_protection=True,
    )


def plans_of(platform: str) -> tuple[Plan, ...]:
    """One plan per kind of cluster: private, with every step of the ladder; public; without a way out."""
    cloud = CLOUD[platform]
    first, *others = _POOLS[platform]()
    public = Operations(api_ranges=("198.51.100.0/24",))
    made = [plan(cloud, pools=first, operations=_private(platform), links=every_link(cloud))]
    made += [plan(cloud, pools=pools, operations=public, zones=_ZONES[platform]) for pools in others]
    if platform != "aks":  # where a cluster without a way out is refused
        made.append(plan(cloud, pools=others[0], operations=Operations(egress="none")))
    return (*(_with_registry(each) for each in made), with_caches(cloud))


def _with_registry(made: Plan) -> Plan:
    where = made.where.model_copy(update={"registry": Registry(host="mirror.example.com/acme")})
    told = Alerts(page=("oncall@example.com",), ticket=("platform@example.com",))
    described = made.spec.model_copy(update={"placements": {made.placement: where}, "alerts": told})
    return replace(made, spec=described)


def reserved(platform: str) -> Graph:
    """The stack that makes capacity."""
    machine, zone = _RESERVED[platform]

    def program() -> Any:
        options = BuildOptions(parent=pulumi.ComponentResource("test:index:Reservation", "here"), name="here")
        registry.reservation(platform).create(plan(CLOUD[platform]), options, machine=machine, zone=zone, count=2)

    return record(program, "inference", "here")


def bootstrapped(platform: str) -> Graph:
    """The stack that prepares the account."""
    cloud = CLOUD[platform]
    args: Any = {
        "spec": spec_data(cloud, placements={"here": {"cloud": cloud, "region": REGION[cloud]}}),
        "placement": "here",
        "account": _ACCOUNT[platform],
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:acme/inference:environment:here",
    }
    return record(lambda: PlacementBootstrap("here", args) and None, "bootstrap", "here", root_directory=Path())


@cache
def recorded(platform: str) -> tuple[Graph, ...]:
    """Every graph of the platform, recorded once: clusters, capacity, the account's beginnings."""
    told, keys = every_end(CLOUD[platform]), dict.fromkeys(ENDS, KEY)
    made = (build(each, told if each.links else None, keys).graph for each in plans_of(platform))
    return (*made, reserved(platform), bootstrapped(platform))
