"""Images by the bytes that they are: digests that `intertie replicate` has recorded beside the description, else those
that the catalogue knows of the images that it pins."""

from collections.abc import Iterable

from intertie import catalog
from intertie.plan.site import Site
from intertie.plan.trail import Trail
from intertie.plan.types import StagePlan
from intertie.spec import Environment, PipelineSpec


def digested(spec: PipelineSpec, reference: str) -> str:
    """The image by digest, where it is known; the tag stays readable before it. What is recorded wins: it was seen."""
    known = spec.digests.get(reference) or catalog.image_digest(reference)
    return f"{reference}@{known}" if known is not None and "@" not in reference else reference


def note_tags(site: Site, stages: Iterable[StagePlan], trail: Trail) -> None:
    """In production, an image that is named by its tag alone can become another one over night."""
    if site.spec.environment is not Environment.PRODUCTION:
        return
    loose = sorted({stage.image for stage in stages if stage.image and "@" not in stage.image})
    for image in loose:
        trail.note(f"image {image} has no digest: `intertie replicate` records them beside the description")
