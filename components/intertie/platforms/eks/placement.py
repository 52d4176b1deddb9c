"""All that a placement has on AWS, in the order in which it is registered."""

from dataclasses import replace

from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.platforms.eks import (
    addons,
    budget,
    cluster,
    identity,
    image_cache,
    interconnect,
    monitoring,
    network,
    network_addresses,
    pools,
    secret_store,
    storage,
)


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Weights, secrets and who reads them; then the cluster, if the tier has one. PlanError before any of it."""
    problems = network_addresses.problems(plan)
    if problems:
        raise PlanError(plan.placement, problems)
    weights = storage.weights(plan, options)
    role = identity.pipeline_role(plan, options, weights.arn)
    store = secret_store.build(plan, options)
    tokens = image_cache.tokens(plan, options)
    budget.build(plan, options)
    if "cluster" not in plan.renders:
        return None
    vpc = network.build(plan, options)
    joined = interconnect.build(plan, options, vpc)
    control_plane = cluster.build(plan, options, vpc)
    early = addons.before_nodes(plan, options, control_plane)
    nodes, rights = identity.node_role(plan, options)
    rights += image_cache.build(plan, options, tokens, nodes)
    groups = pools.build(plan, options, control_plane, vpc, nodes=(nodes, rights), after=early)
    late = addons.after_nodes(plan, options, control_plane, groups)
    bound = identity.associate(plan, options, control_plane, role, after=early)
    readers = secret_store.bind(plan, options, store, control_plane, after=early)
    watched = monitoring.build(plan, options, control_plane, vpc.subnets(), after=late)
    made = cluster.handle(plan, control_plane, weights, groups, ready=(*early, *late, *bound, *readers, *watched))
    made = replace(made, secrets=secret_store.binding(plan, store), metrics=monitoring.binding(plan))
    return replace(made, interconnects=joined)
