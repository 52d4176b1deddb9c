"""Rules about where data and machines are."""

from intertie_policies.rules.region.allowed import region_allowed
from intertie_policies.rules.region.provider import provider_region_explicit

RULES = (region_allowed, provider_region_explicit)
