"""How far pools may grow."""

from collections.abc import Iterator

from intertie_policies.pools import POOLS, Pool, pools_in
from intertie_policies.resources import Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule


@stack_rule(
    "pool-ceiling-within-limit",
    "capacity",
    types=POOLS,
    description="A pool with accelerators has a ceiling, and the ceiling is within the limit.",
    rationale="An autoscaler without a ceiling turns a traffic spike or a retry storm into an invoice.",
    remediation="Set the pool's maximum to what is budgeted, or raise `capacity.max_nodes_per_pool`.",
    settings=["capacity"],
)
def ceiling_within_limit(stack: Stack, context: Context) -> Iterator[Violation]:
    for pool in pools_in(stack):
        if pool.accelerated:
            yield from _of_pool(pool, context)


def _of_pool(pool: Pool, context: Context) -> Iterator[Violation]:
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
