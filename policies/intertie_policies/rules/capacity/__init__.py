"""Rules about machines: how many, of what, and how they are had."""

from intertie_policies.rules.capacity.ceilings import ceiling_within_limit
from intertie_policies.rules.capacity.spot import accelerators_not_spot_only

RULES = (ceiling_within_limit, accelerators_not_spot_only)
