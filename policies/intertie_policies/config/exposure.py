"""Who may reach it, and as whom."""

from intertie_policies.config.base import Section


class Exposure(Section):
    """Who may reach it, and as whom."""
