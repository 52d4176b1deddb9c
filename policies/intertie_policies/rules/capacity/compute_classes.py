"""Orders of growth on GKE: a ComputeClass, and the pools that it names."""

from collections.abc import Iterator

from intertie_policies.pools import Pool, pools_in
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule, unknown
from intertie_policies.rules.capacity.taints import taints

COMPUTE_CLASS = "kubernetes:cloud.google.com/v1:ComputeClass"
_KEY = "cloud.google.com/compute-class"


@stack_rule(
    "compute-class-pools-joined",
    "capacity",
    types=(COMPUTE_CLASS,),
    description="Pools that a ComputeClass names carry it as a label and as a taint of their nodes.",
    rationale="GKE counts a pool without them out: its step of the order never grows, and pods of the class wait.",
    remediation="Give the pool's nodes label and taint cloud.google.com/compute-class=<name of the class>:NoSchedule.",
    references=["GKE documentation, custom compute classes"],
)
def compute_class_pools_joined(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [pool for pool in pools_in(stack) if pool.cloud == "gcp"]
    for ordered in stack.of_type(COMPUTE_CLASS):
        name = ordered["metadata"]["name"].text
        for step in ordered["spec"]["priorities"].items:
            for wanted in step["nodepools"].texts:
                named = [pool for pool in pools if pool.props["name"].text == wanted]
                if name is not None:
                    yield from _joined(ordered, name, wanted, named)


def _joined(ordered: Resource, name: str, wanted: str, named: list[Pool]) -> Iterator[Violation]:
    """Several clusters may have a pool of this name: one of them is the one that is meant."""
    if not named:
        yield unknown(ordered, ordered["spec"]["priorities"], f"no pool of the stack is called {wanted[:40]!r}")
        return
    lacking = [_lacks(pool, name) for pool in named]
    if all(lacking):
        yield fail(named[0].resource, f"class {name[:63]!r} names it, and its nodes lack {lacking[0]}", "nodeConfig")


def _lacks(pool: Pool, name: str) -> str:
    """What keeps the pool out of the class; "" for one that is in it."""
    label = pool.node["labels"][_KEY].text == name
    taint = (_KEY, name, "NoSchedule") in taints(pool)
    return " and ".join(what for what, has in (("its label", label), ("its taint", taint)) if not has)
