"""Rules about machines: how many, of what, and how they are had."""

from intertie_policies.rules.capacity.ceilings import ceiling_within_limit
from intertie_policies.rules.capacity.combinations import settings_complete, settings_fit_each_other
from intertie_policies.rules.capacity.machines import (
    accelerator_approved,
    accelerators_attached,
    boot_disk_fits,
    image_fits_machine,
    tpu_topology_exists,
)
from intertie_policies.rules.capacity.spellings import names_legal, values_spelled
from intertie_policies.rules.capacity.spot import accelerators_not_spot_only

RULES = (
    ceiling_within_limit, accelerators_not_spot_only, accelerator_approved, image_fits_machine, accelerators_attached,
    boot_disk_fits, tpu_topology_exists, settings_fit_each_other, settings_complete, values_spelled, names_legal,
)  # fmt: skip
