"""Images by the bytes that they are: digests that `intertie replicate` has recorded beside the description."""

from collections.abc import Iterable

from intertie.plan.site import Site
from intertie.plan.trail import Trail
from intertie.plan.types import StagePlan
from intertie.spec import Environment, PipelineSpec


def digested(spec: PipelineSpec, reference: str) -> str:
    """The image by digest, where it is recorded; the tag stays readable before it."""
    known = spec.digests.get(reference)
    return f"{reference}@{known}" if known is not None and "@" not in reference else reference


def note_tags(site: Site, stages: Iterable[StagePlan], trail: Trail) -> None:
    """In production, an image that is named by its tag alone can become another one over night."""
    if site.spec.environment is not Environment.PRODUCTION:
        return
    loose = sorted({stage.image for stage in stages if stage.image and "@" not in stage.image})
    for image in loose:
        trail.note(f"image {image} has no digest: `intertie replicate` records them beside the description")
