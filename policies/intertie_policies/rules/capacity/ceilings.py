"""How far pools may grow."""

from collections.abc import Iterator

from intertie_policies.karpenter import NODE_POOL, accelerated
from intertie_policies.pool_rule import pool_rule
from intertie_policies.pools import Pool
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule


@pool_rule(
    "pool-ceiling-within-limit",
    "capacity",
    description="A pool with accelerators has a ceiling, and the ceiling is within the limit.",
    rationale="An autoscaler without a ceiling turns a traffic spike or a retry storm into an invoice.",
    remediation="Set the pool's maximum to what is budgeted, or raise `capacity.max_nodes_per_pool`.",
    settings=["capacity"],
)
def ceiling_within_limit(pool: Pool, context: Context) -> Iterator[Violation]:
    if not pool.accelerated:
        return
    limits, ceiling = context.settings.capacity, pool.ceiling
    if ceiling.absent:
        yield fail(pool.resource, "the pool grows without a ceiling", *ceiling.path)
        return
    nodes = ceiling.number
    if nodes is None:
        return  # unknown, and noted as such
    if nodes > limits.max_nodes_per_pool:
        message = f"up to {nodes:g} nodes; allowed: {limits.max_nodes_per_pool}"
        yield fail(pool.resource, message, *ceiling.path)
    accelerators = nodes * (pool.per_node or 0)
    if accelerators > limits.max_accelerators_per_pool:
        message = f"up to {accelerators:g} accelerators; allowed: {limits.max_accelerators_per_pool}"
        yield fail(pool.resource, message, *ceiling.path)


@rule(
    "made-pools-bounded",
    "capacity",
    types=(NODE_POOL,),
    description="What Karpenter may give accelerators to has a limit.",
    rationale="Without `spec.limits` Karpenter buys a machine for every pod that asks, at any price.",
    remediation="Set spec.limits (`nvidia.com/gpu`, `cpu`) to what is budgeted, or name machines without accelerators.",
    references=["Karpenter documentation, NodePools, spec.limits"],
)
def made_pools_bounded(pool: Resource, _context: Context) -> Iterator[Violation]:
    limits = pool["spec"]["limits"]
    if not limits.unknown and not limits.entries and accelerated(pool):
        yield fail(pool, "it grows without a ceiling", *limits.path)
