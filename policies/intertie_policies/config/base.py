"""What all sections of the configuration share."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration: frozen, and a name that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
