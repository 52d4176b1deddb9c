"""Which tags resources carry."""

from pydantic import Field

from intertie_policies.config.base import Section


class Tagging(Section):
    """Required tags. Keys are compared as each cloud's grammar lets them be written (`cost_center`, `cost-center`)."""

    required: dict[str, str] = Field(
        default={
            "owner": r"[A-Za-z0-9][A-Za-z0-9@._ -]{1,62}",
            "cost_center": r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}",
            "environment": r"[a-z][a-z0-9-]{1,30}",
        },
        description="Required tags, each with the regular expression that its whole value matches.",
    )
    allowed: dict[str, tuple[str, ...]] = Field(default={}, description="Allowed values by tag; the others are free.")
