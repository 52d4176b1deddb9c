"""What it survives."""

from intertie_policies.config.base import Section


class Resilience(Section):
    """What it survives."""
