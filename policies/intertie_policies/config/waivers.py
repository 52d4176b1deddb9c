"""Exceptions that somebody answers for, until a day."""

from datetime import date

from pydantic import Field, field_validator

from intertie_policies.config.base import Section


class Waiver(Section):
    """One exception: one rule, for the resources that a pattern names. Waived results are shown, never hidden."""

    rule: str = Field(description="Id of one rule. No patterns: an exception is for one thing.")
    resource: str = Field(description="URN or name, with `*` for any text.")
    owner: str = Field(min_length=2, description="Who answers for it.")
    reason: str = Field(min_length=10, description="Why it is right for now.")
    expires: date = Field(description="The last day on which it holds.")

    @field_validator("resource", "owner", "reason")
    @classmethod
    def _something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("it is empty")
        return text
