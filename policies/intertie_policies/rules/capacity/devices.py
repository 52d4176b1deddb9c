"""Drivers and device plugins: each pool has one of each, from one party."""

from collections.abc import Iterator

from intertie import catalog
from intertie_policies.pools import Pool, pools_in
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule, unknown
from intertie_policies.rules.capacity.agents import CHARTS, DAEMON_SET, agents
from intertie_policies.rules.capacity.requests import WORKLOADS, requests

_RESOURCES = {"nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu", "neuron": "aws.amazon.com/neuron"}
_NO_DEFAULT_PLUGIN = "gke-no-default-nvidia-gpu-device-plugin"


def vendor_of(pool: Pool) -> str | None:
    """Whose accelerators a pool has; None for CPU machines and for those that nobody knows."""
    if any((each["type"].text or "").startswith("nvidia-") for each in pool.attached):
        return "nvidia"
    for row in pool.rows():
        if row.accelerator:
            return catalog.accelerator(row.accelerator).vendor
    return None


def brings_plugin(pool: Pool) -> bool:
    """Whether cloud or node image make the devices known by themselves."""
    if pool.cloud == "gcp":
        return pool.node["labels"][_NO_DEFAULT_PLUGIN].text != "true"
    return pool.cloud == "aws" and (pool.props["amiType"].text or "").startswith("BOTTLEROCKET")


def brings_driver(pool: Pool) -> bool:
    """Whether cloud or node image bring the driver."""
    if pool.cloud == "aws":
        return pool.props["amiType"].text != "CUSTOM"
    if pool.cloud == "azure":
        return vendor_of(pool) == "nvidia" and pool.props["gpuProfile"]["driver"].text != "None"
    versions = [
        one["gpuDriverInstallationConfig"]["gpuDriverVersion"].text for one in pool.node["guestAccelerators"].items
    ]
    return "INSTALLATION_DISABLED" not in versions


@stack_rule(
    "device-plugin-owned-once",
    "capacity",
    types=(*WORKLOADS, DAEMON_SET, *CHARTS),
    description="The accelerators of each pool are made known by exactly one device plugin.",
    rationale="Without one no pod gets an accelerator; with two they register the same devices and crash in turns.",
    remediation="EKS on AL2023 and AKS: install one. GKE, and Bottlerocket on EKS: install none.",
    references=[
        "Amazon EKS user guide, EKS-optimized accelerated AMIs",
        "AKS documentation, GPUs on node pools",
        "GKE documentation, GPUs",
        "NVIDIA DRA Driver for GPUs documentation, prerequisites",
    ],
)
def device_plugin_owned_once(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = list(pools_in(stack))
    for vendor, resource in _RESOURCES.items():
        own = [pool for pool in pools if vendor_of(pool) == vendor]
        if not own:
            continue
        found = list(agents(stack, vendor))
        bringing = [pool for pool in own if brings_plugin(pool)]
        if vendor == "nvidia" and (one := next((each.resource for each in (*found, *bringing)), None)):
            yield from (fail(chart, f"it gives out devices that {one.name} gives out too") for chart in _claimed(stack))
        if found and len(bringing) == len(own):
            yield fail(found[0].resource, f"{own[0].resource.name} brings its device plugin by itself")
        elif len(found) > 1:
            yield fail(found[1].resource, f"{found[0].resource.name} makes {resource} known already")
        elif (
            not found
            and len(bringing) < len(own)
            and any(requests(each, resource) for each in stack.of_type(*WORKLOADS))
        ):
            lacking = next(pool for pool in own if pool not in bringing)
            yield fail(lacking.resource, f"nobody makes {resource} known: no pod will get one")


def _claimed(stack: Stack) -> Iterator[Resource]:
    """Charts of NVIDIA's DRA driver that allocate accelerators by claims: they do unless they are told not to."""
    for chart in stack.of_type(*CHARTS):
        named = (chart["chart"].text or "").rpartition("/")[2] == "nvidia-dra-driver-gpu"
        if named and chart["values"]["resources"]["gpus"]["enabled"].flag is not False:
            yield chart


@stack_rule(
    "driver-owned-once",
    "capacity",
    types=CHARTS,
    baseline=Level.MANDATORY,
    description="The driver of a pool's accelerators comes from one party.",
    rationale="An operator that installs a driver over the one of the node image leaves nodes that never become ready.",
    remediation="Switch off the operator's driver (`driver.enabled: false`) or AKS' (`gpuProfile.driver: None`).",
    references=["NVIDIA GPU Operator documentation, pre-installed drivers", "AKS documentation, GPU drivers"],
)
def driver_owned_once(stack: Stack, _context: Context) -> Iterator[Violation]:
    operators = [agent for agent in agents(stack, "nvidia") if agent.operator]
    if not operators:
        return
    pools = [pool for pool in pools_in(stack) if vendor_of(pool) == "nvidia"]
    driven = [pool for pool in pools if brings_driver(pool)]
    bare = [pool for pool in pools if not brings_driver(pool)]
    for agent in operators:
        if (switch := agent.resource["values"]["driver"]["enabled"]).unknown:
            yield unknown(agent.resource, switch)
            continue
        if agent.drives and driven:
            yield fail(agent.resource, f"it installs drivers, and {driven[0].resource.name} has them already")
        elif not agent.drives:
            yield from (
                fail(pool.resource, f"neither its image nor {agent.resource.name} brings a driver") for pool in bare
            )
            bare = []  # told once
