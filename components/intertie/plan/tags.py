"""Tags of every resource: who answers, who pays, what it belongs to. Legal on every cloud."""

from intertie.plan.trail import Trail
from intertie.spec import PipelineSpec

MOST = 40  # clouds take 50 to 64 per resource and add some of their own
_RESERVED_PREFIXES = ("azure", "microsoft", "windows", "goog")


def tags(spec: PipelineSpec, placement: str, trail: Trail) -> tuple[tuple[str, str], ...]:
    """Tags by key. A user's tag cannot stand for one of ours, and a placement's goes before the pipeline's."""
    ours = {
        "cost_center": spec.cost_center,
        "environment": spec.environment.value,
        "managed_by": "intertie",
        "owner": spec.owner,
        "pipeline": spec.name,
        "placement": placement,
    }
    given = {**spec.tags, **spec.placements[placement].tags}
    for path, keys in (("tags", spec.tags), (f"placements.{placement}.tags", spec.placements[placement].tags)):
        for key in keys:
            if key.startswith(_RESERVED_PREFIXES):
                trail.problem(
                    f"{path}.{key}", key, "a key that does not begin with azure, microsoft, windows or goog", "",
                    "Azure Resource Manager documentation, tags; Google Cloud documentation, labels",
                )  # fmt: skip
    if len(ours) + len(given) > MOST:
        found = f"{len(given)} tags and {len(ours)} of Intertie's"
        trail.problem("tags", found, f"{MOST} in all", "clouds take 50 to 64 per resource and add some of their own")
    return tuple(sorted({**given, **ours}.items()))
