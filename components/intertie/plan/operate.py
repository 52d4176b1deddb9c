"""Decides how a placement's cluster is run: what the description says, else what can carry paying traffic."""

from ipaddress import IPv4Network

from intertie.plan.operations import Operations, TeamAccess, Window
from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.types import AddressPlan
from intertie.spec import Access, Api, ApiAccess, Channel, ClusterSpec, Egress, Environment, PlacementSpec

_NETWORKS = {"aws": "vpc-", "azure": "/subscriptions/", "gcp": "projects/"}
_KEYS = {"aws": "arn:aws", "azure": "https://", "gcp": "projects/"}
GKE_WEEKLY_HOURS = 12
"""Of a maintenance window: GKE refuses fewer than 48 hours in 32 days, in which there are four whole weeks."""
_CHANNEL = {
    Channel.STABLE: "patches come after others have had them",
    Channel.REGULAR: "patches of the pinned version come by themselves, in the window",
    Channel.RAPID: "patches come as soon as they are out",
    Channel.EXTENDED: "the version is kept beyond its standard support, which the cloud charges for",
}


def operate(site: Site, addresses: AddressPlan, trail: Trail) -> Operations:
    """How the cluster is run. For an adopted cluster only what is asked of the workload counts: it is run by others."""
    if site.where.adopt is not None:
        return Operations(generation=1, teams=_teams(site, Trail()))
    own = site.where.cluster
    wanted = own if own is not None else site.spec.cluster
    path = f"{site.path}.cluster" if own is not None else "cluster"
    protected = _protection(site, wanted, trail)
    access, ranges = _api(site, wanted.api, path, trail)
    _check_runner(site, wanted.api, addresses, path, trail)
    runner = wanted.api.runner
    return Operations(
        api=access,
        api_ranges=ranges,
        runner_network=(runner.network or "") if runner else "",
        runner_ranges=runner.ranges if runner else (),
        runner_proxy=(runner.proxy or "") if runner else "",
        channel=_channel(wanted, trail),
        window=_window(site, wanted, trail),
        deletion_protection=protected,
        purge_protection=protected,
        log_days=wanted.log_retention_days,
        key=_key(site, wanted, path, trail),
        egress=_egress(site, trail),
        endpoints=site.where.network.endpoints,
        flow_logs=site.where.network.flow_logs,
        generation=wanted.generation,
        retiring=_retiring(wanted, path, trail),
        teams=_teams(site, trail),
        deployer=_deployer(site.where, trail),
    )


def _api(site: Site, api: Api, path: str, trail: Trail) -> tuple[str, tuple[str, ...]]:
    """Public for the ranges that are known, else private; open to all only where nothing of value runs."""
    endpoint = site.spec.endpoint
    callers = endpoint.allow if endpoint is not None and endpoint.access is Access.PUBLIC else ()
    everyone = site.spec.environment is Environment.DEVELOPMENT
    if api.access is ApiAccess.PRIVATE:
        if api.allow:
            trail.problem(f"{path}.api.allow", listed(api.allow), "nothing: a private API has no public address")
        chosen, ranges, why = "private", (), "`cluster.api`"
    elif api.access is ApiAccess.PUBLIC or api.allow:
        chosen, ranges, why = "public", api.allow or callers, "`cluster.api`"
    elif callers:
        chosen, ranges, why = "public", callers, "the ranges of the endpoint; `cluster.api.allow` names others"
    elif everyone:
        chosen, ranges, why = "public", (), "nothing but the cloud's sign-in stands before it: this is development"
    else:
        chosen, ranges, why = "private", (), "no range is known that may connect; `cluster.api.allow` names some"
    shown = f"public, for {listed(ranges) if ranges else 'everyone who signs in'}" if chosen == "public" else chosen
    trail.choose(f"{site.path}.cluster.api", shown, why)
    if chosen == "private" and api.runner is None:
        trail.note(
            "the Kubernetes API has a private address alone: the machine that runs Pulumi must stand in a connected "
            "network, or go through a proxy; `cluster.api.runner` says how"
        )
    return chosen, ranges


def _check_runner(site: Site, api: Api, addresses: AddressPlan, path: str, trail: Trail) -> None:
    """A way for the runner must be a way: of this cloud, with addresses that are not the placement's own."""
    runner, here = api.runner, f"{path}.api.runner"
    if runner is None:
        return
    if not (runner.network or runner.ranges or runner.proxy):
        trail.problem(here, "nothing", "`network` and `ranges`, `ranges` alone, or `proxy`")
    if runner.network and not runner.ranges:
        trail.problem(f"{here}.ranges", "nothing", "the runner's addresses", "routes back to it are made from them")
    start = _NETWORKS.get(site.cloud, "")
    if runner.network and not runner.network.startswith(start):
        trail.problem(f"{here}.network", runner.network, f"a network of {site.cloud}, which starts with {start}")
    for index, text in enumerate(runner.ranges):
        if IPv4Network(text, strict=False).overlaps(IPv4Network(addresses.network)):
            trail.problem(
                f"{here}.ranges[{index}]", text, f"a range apart from {addresses.network}",
                "give the placement another `network.cidr`",
            )  # fmt: skip


def _channel(wanted: ClusterSpec, trail: Trail) -> str:
    trail.choose("cluster.channel", wanted.channel.value, _CHANNEL[wanted.channel])
    return wanted.channel.value


def _window(site: Site, wanted: ClusterSpec, trail: Trail) -> Window:
    given = wanted.maintenance
    made = Window(given.day.value, given.start, given.hours)
    days = made.days(GKE_WEEKLY_HOURS) if site.cloud == "gcp" else (made.day,)
    why = "`cluster.maintenance`" if "maintenance" in wanted.model_fields_set else "when the fewest are at work"
    source = ""
    if len(days) > 1:
        why += f"; on {len(days)} days, since GKE takes no window that is open for fewer than 48 hours in 32 days"
        source = "GKE documentation, maintenance windows and exclusions"
    trail.choose("cluster.maintenance", f"{listed(days)} {made.start} UTC, {made.hours} hours", why, (), source)
    return made


def _protection(site: Site, wanted: ClusterSpec, trail: Trail) -> bool:
    """On in production. Lifted for one stack by its setting `lift_deletion_protection`, on purpose and visibly."""
    production = site.spec.environment is Environment.PRODUCTION
    on = production if wanted.deletion_protection is None else wanted.deletion_protection
    why = (
        "`cluster.deletion_protection`"
        if wanted.deletion_protection is not None
        else f"environment {site.spec.environment}"
    )
    trail.choose(f"{site.path}.cluster.deletion_protection", "on" if on else "off", why)
    return on


def _key(site: Site, wanted: ClusterSpec, path: str, trail: Trail) -> str:
    start = _KEYS.get(site.cloud, "")
    if wanted.key is not None and not wanted.key.startswith(start):
        trail.problem(f"{path}.key", wanted.key, f"a key of {site.cloud}, which starts with {start}")
    return wanted.key or ""


def _egress(site: Site, trail: Trail) -> str:
    """No way out is possible only where nothing has to be fetched from outside."""
    network = site.where.network
    if network.egress is Egress.NAT:
        return network.egress.value
    path = f"{site.path}.network.egress"
    if not network.endpoints:
        trail.problem(path, "none", "`endpoints: true` beside it", "nodes could not even pull their images")
    if site.where.mirror is None:
        trail.problem(
            path, "none", "a `registry` of the placement beside it", "images of components and stages must be mirrored"
        )
    endpoint = site.spec.endpoint
    if site.cloud == "aws" and endpoint is not None and endpoint.access is Access.PUBLIC:
        trail.problem(
            path, "none, with a public endpoint", "`nat`, or `endpoint.access: private`",
            "a public load balancer stands in subnets with a way out, and without one there are none",
            "Amazon EKS user guide, network load balancing: public subnets",
        )  # fmt: skip
    trail.choose(path, "none", "`network.egress`: images come from `registry`, weights from the bucket")
    return network.egress.value


def _retiring(wanted: ClusterSpec, path: str, trail: Trail) -> tuple[int, ...]:
    later = [each for each in wanted.retiring if each >= wanted.generation]
    if later:
        allowed = f"generations before {wanted.generation}"
        trail.problem(f"{path}.retiring", listed(map(str, later)), allowed, "raise `generation` first")
        return ()
    return tuple(sorted(set(wanted.retiring)))


def _teams(site: Site, trail: Trail) -> tuple[TeamAccess, ...]:
    made: list[TeamAccess] = []
    for name, team in site.spec.teams.items():
        principals: tuple[str, ...] = getattr(team, site.cloud, ())
        if not principals:
            trail.note(f"teams.{name}: no principal on {site.cloud}, so it gets no access at {site.name}")
            continue
        made.append(TeamAccess(name, team.role.value, principals))
        where = "the cluster" if team.role == "admin" else f"namespace {site.spec.name}"
        trail.choose(f"{site.path}.teams.{name}", f"{team.role} of {where}", f"{listed(principals)}, as `teams` says")
    return tuple(made)


def _deployer(where: PlacementSpec, trail: Trail) -> str:
    known = where.account.deployer if where.account is not None else None
    if known is not None:
        trail.choose("account.deployer", known, "it alone administers the cluster beside the teams")
    return known or ""
