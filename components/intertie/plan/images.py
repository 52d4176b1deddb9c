"""Which image serves a stage on an accelerator: the user's own for it, the user's, or the pinned release's."""

from dataclasses import dataclass

from intertie import catalog
from intertie.spec import Runtime, StageSpec


@dataclass(frozen=True, slots=True)
class Image:
    """An image and why it is taken."""

    reference: str
    why: str
    source: str = ""


def image_for(stage: StageSpec, accelerator: catalog.Accelerator) -> Image | str:
    """The image, or the reason why none can serve the stage there."""
    own = stage.images.get(accelerator.name)
    if own is not None:
        return Image(own, f"`images` names it for {accelerator.name}")
    if stage.image is not None:
        return Image(stage.image, "`image` of the stage")
    if stage.runtime is Runtime.CUSTOM:
        return f"no image for it: write `image`, or `images: {{{accelerator.name}: ...}}`"
    row = catalog.runtime_image(stage.runtime.value, accelerator.vendor, accelerator.name)
    if row is None:
        return f"no image of {stage.runtime.value} for it is known: write `images: {{{accelerator.name}: ...}}`"
    precision = stage.model.precision.value if stage.model else None
    if precision is not None and precision not in row.precisions:
        return f"{stage.runtime.value} {row.version} serves {', '.join(row.precisions)} on it, not {precision}"
    return Image(
        row.image, f"{stage.runtime.value} {row.version}, the pinned release for {row.vendor}", row.fact.source
    )
