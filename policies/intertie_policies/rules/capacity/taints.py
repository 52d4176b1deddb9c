"""Taints of pools and tolerations of pods."""

from collections.abc import Iterator

from intertie_policies.pool_rule import pool_rule
from intertie_policies.pools import Pool, pools_in
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule
from intertie_policies.rules.capacity.agents import DAEMON_SET, agents
from intertie_policies.rules.capacity.devices import vendor_of
from intertie_policies.rules.capacity.requests import WORKLOADS, pod_of, requests, tolerates

_RESOURCES = {
    "nvidia": ("nvidia.com/gpu",),
    "amd": ("amd.com/gpu",),
    "neuron": ("aws.amazon.com/neuron", "aws.amazon.com/neuroncore"),
    "google": ("google.com/tpu",),
}
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute"}
Taint = tuple[str, str, str]


def taints(pool: Pool) -> list[Taint]:
    """(key, value, effect) of the taints that keep pods away, as Kubernetes writes them."""
    if pool.cloud == "azure":
        return [taint for text in pool.props["nodeTaints"].texts if (taint := _split(text))]
    found = pool.node["taints"].items
    written = [
        (each["key"].text or "", each["value"].text or "", _EFFECTS.get(each["effect"].text or "", ""))
        for each in found
    ]
    own = [("google.com/tpu", "present", "NoSchedule")] if vendor_of(pool) == "google" else []
    return [taint for taint in (*written, *own) if taint[2]]


def _split(text: str) -> Taint | None:
    label, _, effect = text.rpartition(":")
    key, _, value = label.partition("=")
    return (key, value, effect) if effect in ("NoSchedule", "NoExecute") else None


@pool_rule(
    "accelerator-pool-tainted",
    "capacity",
    description="A pool with accelerators has a taint that keeps other pods away.",
    rationale="Any pod that lands on an accelerator node keeps the whole machine running, and takes its place.",
    remediation="Declare the taint on the pool, on GKE too: whether GKE adds one depends on which pool was made first.",
    references=["GKE documentation, GPUs", "Kubernetes documentation, taints and tolerations"],
)
def accelerator_pool_tainted(pool: Pool, _context: Context) -> Iterator[Violation]:
    written = pool.props["nodeTaints"] if pool.cloud == "azure" else pool.node["taints"]
    if pool.accelerated and not written.unknown and not taints(pool):
        yield fail(pool.resource, "no taint keeps other pods away from its accelerators")


@stack_rule(
    "taints-tolerated",
    "capacity",
    types=(*WORKLOADS, DAEMON_SET),
    description="Pods tolerate the taints of a pool with the accelerators they ask for, device plugins those of all.",
    rationale="A pod that does not tolerate its pool's taint stays pending; a device plugin leaves nodes empty.",
    remediation="Give the pods the tolerations of the pools that they are for.",
    references=["Kubernetes documentation, taints and tolerations"],
    apply_time_only=["spec.template.spec.containers[*].image"],
)
def taints_tolerated(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = list(pools_in(stack))
    for vendor, resources in _RESOURCES.items():
        own = [(pool, taints(pool)) for pool in pools if vendor_of(pool) == vendor]
        if not own:
            continue
        for workload in stack.of_type(*WORKLOADS):
            if any(requests(workload, resource) for resource in resources):
                yield from _workload(workload, own)
        for agent in agents(stack, vendor) if vendor != "google" else ():
            if agent.resource.type == DAEMON_SET:
                yield from _agent(agent.resource, own)


def _workload(workload: Resource, pools: list[tuple[Pool, list[Taint]]]) -> Iterator[Violation]:
    pod = pod_of(workload)
    if not any(all(tolerates(pod, *taint) for taint in taints_) for _, taints_ in pools):
        key, value, effect = next(taint for _, taints_ in pools for taint in taints_ if not tolerates(pod, *taint))
        yield fail(
            workload, f"no pool takes its pods: {pools[0][0].resource.name} has the taint {key}={value}:{effect}"
        )


def _agent(agent: Resource, pools: list[tuple[Pool, list[Taint]]]) -> Iterator[Violation]:
    pod = agent["spec"]["template"]["spec"]
    for pool, taints_ in pools:
        for key, value, effect in taints_:
            if not tolerates(pod, key, value, effect):
                yield fail(agent, f"it does not run on {pool.resource.name}, whose taint is {key}={value}:{effect}")
                return
