"""`resolve`: a description and the name of a placement → a plan, or all problems at once. Pure."""

from collections.abc import Sequence

from intertie import catalog
from intertie.errors import PlanError, Problem
from intertie.plan.access import check_access
from intertie.plan.addresses import layout
from intertie.plan.adopted import adopted
from intertie.plan.budgets import check_budget
from intertie.plan.caches import check_caches, check_secrets
from intertie.plan.cpu import cpu_pools
from intertie.plan.generations import generations
from intertie.plan.interconnects import links
from intertie.plan.ladder import check_adopted, ladder
from intertie.plan.naming import cluster_name
from intertie.plan.operate import operate
from intertie.plan.order import ordered
from intertie.plan.recipients import check_recipients
from intertie.plan.reservations import check_reservations
from intertie.plan.residency import check_residency
from intertie.plan.serving import serving
from intertie.plan.site import Site
from intertie.plan.stages import accelerator_stage, cpu_stage
from intertie.plan.substitution import substitute
from intertie.plan.survey import Survey, check_ranges, survey
from intertie.plan.tags import tags
from intertie.plan.tiers import check_tier, renders
from intertie.plan.trail import Trail, listed
from intertie.plan.types import AddressPlan, Plan, PoolPlan, StagePlan
from intertie.plan.zones import check_zones, network_zones
from intertie.spec import PipelineSpec, StageSpec
from intertie.spec.wording import did_you_mean

_KUBERNETES_OWN = ("default", "kube-system", "kube-public", "kube-node-lease")
_COMPONENTS_OWN = (
    "cert-manager",
    "envoy-gateway-system",
    "external-secrets",
    "keda",
    "lws-system",
)  # where charts put their controllers

_ROLES_OWN = ("cluster-autoscaler", "container-logs", "intertie-exporter", "intertie-guard", "secrets")
"""Parts of every placement whose objects are called after them, as a stage's are after the stage."""
_ACCOUNTS_OWN = ("intertie-exporter", "intertie-guard", "intertie-secrets")

Planned = tuple[tuple[PoolPlan, ...], tuple[StagePlan, ...]]


def resolve(spec: PipelineSpec, placement: str) -> Plan:
    """What one placement of the pipeline will be.

    Depends on the description and the catalogue alone: no clock, no network, no cloud.
    Raises PlanError with every problem that is found.
    """
    if placement not in spec.placements:
        known = spec.placements
        allowed = f"a placement of the description: {listed(known)}"
        raise PlanError(placement, [Problem("placements", placement, allowed, did_you_mean(placement, known))])
    found = survey(spec)
    if found.refused:
        raise PlanError(placement, found.refused)
    trail, site = Trail(), Site.of(spec, placement)
    plan = _resolved(site, found, trail)
    check_secrets(plan, trail)
    if trail.problems:
        raise PlanError(placement, trail.problems)
    return plan


def _resolved(site: Site, found: Survey, trail: Trail) -> Plan:
    """The plan as far as it can be made: what is wrong with it is on the trail."""
    spec, placement = site.spec, site.name
    law = _checked(site, found, trail)
    addresses = _addresses(site, found, trail)
    operations = operate(site, addresses, trail)
    pools, stages = _planned(site, ordered(spec.stages), law, trail)
    pools, stages = generations(pools, stages, operations, trail)
    stages = serving(site, stages, pools, trail)
    _check_pool_names(pools, trail)
    zones = network_zones(site, (zone for pool in pools for zone in pool.zones), trail)
    joined = links(site, addresses, found, trail)
    labels = tags(spec, placement, trail)
    kubernetes = _kubernetes(site, trail)
    return Plan(
        spec=spec,
        placement=placement,
        cloud=site.cloud,
        region=site.where.region,
        jurisdiction=law or "",
        role=site.where.role.value,
        tier=site.where.standby.value,
        kubernetes=kubernetes,
        cluster=cluster_name(spec.name, placement),
        namespace=spec.name,
        zones=zones,
        addresses=addresses,
        tags=labels,
        pools=pools,
        stages=stages,
        renders=renders(site.where),
        choices=tuple(trail.choices),
        notes=tuple(trail.notes),
        operations=operations,
        links=joined,
    )


def _checked(site: Site, found: Survey, trail: Trail) -> str | None:
    """What can be said before anything is sized. The placement's jurisdiction, or None where it is not known."""
    law = check_residency(site.spec, site.name, found.outside, found.laws, trail)
    check_tier(site.name, site.where, trail)
    check_zones(site, trail)
    check_adopted(site, trail)
    check_reservations(site, trail)
    check_access(site, found, trail)
    check_budget(site, trail)
    check_recipients(site, trail)
    check_caches(site, trail)
    _check_namespace(site.spec, trail)
    _check_stage_names(site, trail)
    return law


def _planned(site: Site, stages: Sequence[StageSpec], law: str | None, trail: Trail) -> Planned:
    """Pools and stages. Where the region is not known, nothing can be said about machines: that problem is enough."""
    if site.where.adopt is not None:
        return adopted(site, stages, trail)
    on_cpu = [stage for stage in stages if not stage.accelerators]
    pools = list(cpu_pools(site, on_cpu, trail))
    plans: list[StagePlan] = []
    for stage in stages:
        if not stage.accelerators:
            plans.append(cpu_stage(site, stage, (), trail))
            continue
        steps = ladder(site, stage, trail)
        if law is None:
            continue
        found = substitute(site, stage, steps, trail)
        if found is not None:
            plan, own = accelerator_stage(site, stage, found, trail)
            plans.append(plan)
            pools += own
    return tuple(pools), tuple(plans)


def _addresses(site: Site, found: Survey, trail: Trail) -> AddressPlan:
    """The address plan. Of an adopted cluster only what the description says of it is a choice: it has its own."""
    own = check_ranges(site.name, found, trail)
    made = layout(own.network, own.pods)
    for field, chosen in (("cidr", made.network), ("pods", made.pods if own.pods is not None else None)):
        given = getattr(site.where.network, field) is not None
        if chosen is None or (site.where.adopt is not None and not given):
            continue
        why = f"`network.{field}` of the placement" if given else "fixed by the names of pipeline and placement"
        trail.choose(f"{site.path}.network.{field}", chosen, why)
    return made


def _kubernetes(site: Site, trail: Trail) -> str:
    wanted = site.spec.kubernetes or catalog.KUBERNETES
    if wanted != catalog.KUBERNETES and site.where.adopt is None:
        trail.note(f"Kubernetes {wanted} is asked for; manifests are checked against {catalog.KUBERNETES}")
    why = "`kubernetes` of the description" if site.spec.kubernetes else "the version that is pinned for all clouds"
    trail.choose("kubernetes", wanted, why)
    return wanted


def _check_namespace(spec: PipelineSpec, trail: Trail) -> None:
    if spec.name in _KUBERNETES_OWN or spec.name.startswith("kube-"):
        trail.problem("name", spec.name, "a name that is not Kubernetes' own", "it is the pipeline's namespace")
    if spec.name in _COMPONENTS_OWN:
        trail.problem(
            "name", spec.name, "a name that no component has for its namespace",
            "it is the pipeline's namespace too, whose rules would cut the component off",
        )  # fmt: skip


def _check_stage_names(site: Site, trail: Trail) -> None:
    """A stage must not be called like a part that is there beside it: two objects would have one name."""
    for stage in site.spec.stages:
        if stage.name in _ROLES_OWN or f"{site.spec.name}-{stage.name}" in _ACCOUNTS_OWN:
            trail.problem(
                f"{site.stage_path(stage)}.name", stage.name, "a name that no part of a placement has",
                f"rename the stage: {listed(_ROLES_OWN)} are taken, and {listed(_ACCOUNTS_OWN)} with the pipeline's",
            )  # fmt: skip


def _check_pool_names(pools: Sequence[PoolPlan], trail: Trail) -> None:
    names = [pool.name for pool in pools]
    for name in sorted({name for name in names if names.count(name) > 1}):
        stages = sorted({pool.stage for pool in pools if pool.name == name})
        found = f"{listed(stages)}: several pools are called {name!r}"
        trail.problem("stages", found, "stages whose pools have names of their own", "rename one of the stages")
