"""How stages serve: how long they may finish, which new revisions are on trial, and what wakes those at zero."""

from collections.abc import Sequence
from dataclasses import replace

from intertie.plan import weights
from intertie.plan.digests import digested, note_tags
from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.types import PoolPlan, StagePlan
from intertie.spec import Access, Tier
from intertie.spec.endpoint import Challenge, Limits

CANARY = "-canary"
EVERYBODY = "0.0.0.0/0"


def serving(site: Site, stages: Sequence[StagePlan], pools: Sequence[PoolPlan], trail: Trail) -> tuple[StagePlan, ...]:
    """The stages with their time to finish, and a stage more for each canary, at the end."""
    spot = {pool.name for pool in pools if pool.spot}
    lasting = [
        replace(_grace(site, stage, spot, trail), image=digested(site.spec, stage.image) if stage.image else "")
        for stage in stages
    ]
    note_tags(site, lasting, trail)
    for stage in lasting:
        weights.choose(site, stage, trail)
    for stage in lasting:
        _check_waking(site, stage, trail)
    _check_certificate(site, trail)
    trials = [made for stage in lasting if (made := _canary(site, stage, trail)) is not None]
    taken = sorted({trial.name for trial in trials} & {stage.name for stage in stages})
    for name in taken:
        trail.problem("stages", name, "a name that no canary has", f"`-canary` is kept for them: rename {name!r}")
    return (*lasting, *trials)


def _grace(site: Site, stage: StagePlan, spot: set[str], trail: Trail) -> StagePlan:
    """The longest stream unless the description says otherwise: what is cut has to be computed again elsewhere."""
    endpoint = site.spec.endpoint
    longest = (endpoint.limits if endpoint is not None else Limits()).stream
    given = stage.spec.grace
    chosen = given if given is not None else longest
    path = f"stages[{stage.name}].grace"
    trail.choose(path, chosen, "`grace` of the stage" if given is not None else "the longest stream that is let in")
    if given is not None and given.seconds < longest.seconds:
        trail.note(f"{path}: answers that last longer than {given} are cut when a replica is told to stop")
    if spot.intersection(stage.pools):
        trail.note(
            f"{path}: the cloud takes spot nodes back within 30 seconds to 2 minutes, whatever is asked for: "
            "longer answers on them are cut"
        )
    return replace(stage, stream_seconds=max(1, round(longest.seconds)))


def _canary(site: Site, stage: StagePlan, trail: Trail) -> StagePlan | None:
    """A stage like its original, with other weights. It shares its pools: capacity for it is the ladder's."""
    canary, model = stage.spec.canary, stage.spec.model
    if canary is None:
        return None
    path = f"{site.stage_path(stage.spec)}.canary"
    if model is None or model.revision is None or model.revision == canary.revision:
        found = canary.revision if model is not None and model.revision is not None else "no `model.revision`"
        trail.problem(f"{path}.revision", found, "a revision beside another one that serves: `model.revision`")
        return None
    count = 0 if site.where.standby in (Tier.PILOT, Tier.COLD) else canary.replicas
    trail.choose(
        f"stages[{stage.name}].canary",
        f"{canary.weight} % of the requests to revision {canary.revision}",
        "`canary` of the stage; replicas that fail lose their share to the others until they answer again",
    )
    spec = stage.spec.model_copy(
        update={
            "name": f"{stage.name}{CANARY}",
            "model": model.model_copy(update={"revision": canary.revision}),
            "canary": None,
        }
    )
    return replace(
        stage, name=spec.name, spec=spec, min_replicas=count, max_replicas=count, canary_of=stage.name,
        weight=canary.weight, throughput=None,
    )  # fmt: skip


def _check_certificate(site: Site, trail: Trail) -> None:
    """An issuer that asks over HTTP comes from addresses that nobody publishes: every range must be let in."""
    endpoint = site.spec.endpoint
    asked = endpoint.certificate if endpoint is not None else None
    if endpoint is None or asked is None or asked.email is None or asked.challenge is not Challenge.HTTP:
        return
    if endpoint.access is Access.PUBLIC and EVERYBODY in endpoint.allow:
        return
    ranges = ", ".join(endpoint.allow) or "connected networks alone"
    trail.problem(
        "endpoint.certificate.challenge",
        f"http, with {ranges} let in",
        f"http with access public and {EVERYBODY} in `allow`, or dns",
        "`challenge: dns` with a solver needs no open port; or take the certificate from a secret",
        "Let's Encrypt documentation, challenge types: HTTP-01 is asked from many addresses that change",
    )


def _check_waking(site: Site, stage: StagePlan, trail: Trail) -> None:
    """A metric of another stage must be one that it shows, and the other must be there."""
    scaling = stage.spec.scaling
    if scaling.stage is None:
        return
    path = f"{site.stage_path(stage.spec)}.scaling"
    others = [each.name for each in site.spec.stages if each.name != stage.name]
    if scaling.stage not in others:
        trail.problem(f"{path}.stage", scaling.stage, f"another stage: {listed(others)}")
    if scaling.metric in (None, "cpu", "queue"):
        trail.problem(f"{path}.metric", scaling.metric or "nothing", f"the name of a metric that {scaling.stage} shows")
