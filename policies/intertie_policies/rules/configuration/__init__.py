"""Rules about the packs' own configuration."""

from intertie_policies.rules.configuration.waivers import waiver_valid

RULES = (waiver_valid,)
