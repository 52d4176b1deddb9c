"""Where data and machines may be."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from intertie_policies.config.base import Section, placed


class Regions(Section):
    """Allowed places. A resource must satisfy the jurisdictions of its classification *and* the list of regions."""

    allowed: tuple[str, ...] = Field(
        default=(),
        description="Allowed regions as `cloud:region` with `*`: `aws:us-*`. Empty: all of the allowed jurisdictions.",
    )
    jurisdictions: dict[str, tuple[str, ...]] = Field(
        default={"default": ("us", "eu")},
        description="Jurisdictions (us, eu, uk, ...) by data classification; `default` holds where none is named.",
    )
    classification: str = Field(default="default", description="Classification of the data of the stacks.")
    primaries: dict[str, str] = Field(
        default={}, description="Where the primary of a failover stack is: stack (with `*`) to `cloud:region`."
    )
    state_backend: str = Field(default="", description="Address of the state backend: `s3://state?region=us-west-2`.")
    secrets_provider: str = Field(default="", description="Address of the secrets key: `awskms://...?region=...`.")

    @field_validator("allowed")
    @classmethod
    def _allowed(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(placed, patterns))

    @field_validator("primaries")
    @classmethod
    def _primaries(cls, places: dict[str, str]) -> dict[str, str]:
        return {stack: placed(place) for stack, place in places.items()}

    @model_validator(mode="after")
    def _classified(self) -> Self:
        if self.classification not in self.jurisdictions:
            known = ", ".join(sorted(self.jurisdictions)) or "none"
            raise ValueError(f"the classification {self.classification!r} is not among jurisdictions: {known}")
        return self
