"""What all sections of the configuration share."""

import re

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration: frozen, and a name that it does not know is an error. So is a number that is none:
    nothing is ever above `NaN`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_PLACES = re.compile(r"(?:[a-z]*\*[a-z]*|aws|azure|gcp):.+")


def placed(text: str) -> str:
    """The text, which must begin with a cloud and `:`, or a pattern of one: what matches nothing holds for nothing."""
    if not _PLACES.fullmatch(text):
        raise ValueError(f"{text[:80]!r} does not begin with aws:, azure: or gcp:")
    return text
