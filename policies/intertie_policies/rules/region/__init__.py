"""Rules about where data and machines are."""

from intertie_policies.rules.region.allowed import region_allowed
from intertie_policies.rules.region.domains import failover_apart, state_apart
from intertie_policies.rules.region.pool_subnets import close_pool_in_one_zone, reserved_pool_in_one_zone
from intertie_policies.rules.region.provider import provider_region_explicit
from intertie_policies.rules.region.replicas import copies_in_jurisdiction
from intertie_policies.rules.region.zones import machine_sold_in_region, zones_sell_accelerator

RULES = (
    region_allowed, provider_region_explicit, copies_in_jurisdiction, machine_sold_in_region, zones_sell_accelerator,
    reserved_pool_in_one_zone, close_pool_in_one_zone, failover_apart, state_apart,
)  # fmt: skip
