"""Where data may be: region → jurisdiction ∈ residency."""

from intertie import catalog
from intertie.plan.trail import Trail, listed
from intertie.spec import Cloud, PipelineSpec, PlacementSpec
from intertie.spec.wording import did_you_mean


def region_of(where: PlacementSpec) -> catalog.Region | None:
    """The catalogue's row of the placement's region; None when it has none."""
    try:
        return catalog.region(where.cloud.value, where.region)
    except KeyError:
        return None


def jurisdiction_of(where: PlacementSpec) -> str | None:
    """The law that data of the placement is under: the catalogue's word, else the description's; None: unknown."""
    region = region_of(where)
    return region.jurisdiction if region is not None else where.jurisdiction


def check_residency(
    spec: PipelineSpec, name: str, outside: tuple[str, ...], known: frozenset[str], trail: Trail
) -> str | None:
    """The placement's jurisdiction; a problem when it is unknown or not one that the residency names.

    `outside`: placements that lie outside of it. `known`: every jurisdiction that anyone names.
    """
    where, path = spec.placements[name], f"placements.{name}"
    region, law = region_of(where), jurisdiction_of(where)
    _check_region(where, region, path, trail)
    _check_words(spec, known, trail)
    if law is not None and law not in spec.residency:
        trail.problem(
            f"{path}.region",
            f"{where.region} ({law})",
            f"a region in {listed(spec.residency)}",
            f"`intertie catalog regions` lists them; or add {law!r} to `residency`",
            region.fact.source if region else "",
        )
    elif law is not None:
        source = region.fact.source if region else "the description's `jurisdiction`"
        trail.choose(f"{path}.jurisdiction", law, f"{where.region} lies in it, and `residency` names it", (), source)
    for other in outside:
        if other != name:
            trail.note(f"placement {other!r} is outside the residency of the pipeline: nothing can be moved there")
    return law


def _check_region(where: PlacementSpec, region: catalog.Region | None, path: str, trail: Trail) -> None:
    if region is not None:
        if where.jurisdiction not in (None, region.jurisdiction):
            trail.problem(
                f"{path}.jurisdiction", where.jurisdiction, f"{region.jurisdiction}, or nothing",
                f"{where.region} is in {region.place}", region.fact.source,
            )  # fmt: skip
        return
    if where.cloud is Cloud.OTHER:
        return
    known = [row.name for row in catalog.regions(where.cloud.value)]
    if where.jurisdiction is None:
        trail.problem(
            f"{path}.region",
            where.region,
            f"a region of {where.cloud.value} that the catalogue knows",
            did_you_mean(where.region, known) or "`intertie catalog regions` lists them; else say its `jurisdiction`",
        )
    else:
        trail.note(
            f"the catalogue does not know the region {where.region!r} of {where.cloud.value}: its jurisdiction is "
            f"taken from the description, and machine types must be named. {did_you_mean(where.region, known)}".strip()
        )


def _check_words(spec: PipelineSpec, known: frozenset[str], trail: Trail) -> None:
    """A misspelt residency would refuse every region: say which word is not known."""
    for index, word in enumerate(spec.residency):
        if word not in known:
            trail.problem(f"residency[{index}]", word, f"one of {listed(sorted(known), 40)}", did_you_mean(word, known))
