"""What it may cost."""

from intertie_policies.config.base import Section


class Cost(Section):
    """What it may cost."""
