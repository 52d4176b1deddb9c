"""Rules about machines: how many, of what, and how they are had."""

from intertie_policies.rules.capacity.ceilings import ceiling_within_limit, made_pools_bounded
from intertie_policies.rules.capacity.combinations import settings_complete, settings_fit_each_other
from intertie_policies.rules.capacity.compute_classes import compute_class_pools_joined
from intertie_policies.rules.capacity.devices import device_plugin_owned_once, driver_owned_once
from intertie_policies.rules.capacity.disks import boot_disk_fits
from intertie_policies.rules.capacity.efa_traffic import efa_traffic_allowed
from intertie_policies.rules.capacity.growth import (
    accelerator_limits_in_total,
    count_left_to_autoscaler,
    ignored_paths_on_wire,
    replicas_left_to_scaler,
    reserved_pool_upgrades_in_place,
    scaling_bounds_ordered,
    stack_within_limit,
    warm_capacity_kept,
)
from intertie_policies.rules.capacity.labels import node_labels_legal
from intertie_policies.rules.capacity.machines import (
    accelerator_approved,
    accelerators_attached,
    image_fits_machine,
    tpu_topology_exists,
)
from intertie_policies.rules.capacity.network import (
    efa_interfaces_fit_machine,
    efa_interfaces_legal,
    nodes_join_cluster,
)
from intertie_policies.rules.capacity.purchases import purchase_protected, reservation_not_expired
from intertie_policies.rules.capacity.reservations import (
    machine_had_by_kind,
    reservation_fits_pool,
    reservation_reference_valid,
    reservation_targeted,
    reservation_used,
)
from intertie_policies.rules.capacity.spellings import names_legal, values_spelled
from intertie_policies.rules.capacity.spot import accelerators_not_spot_only
from intertie_policies.rules.capacity.taints import accelerator_pool_tainted, taints_tolerated

RULES = (
    made_pools_bounded, node_labels_legal, efa_traffic_allowed,
    ceiling_within_limit, accelerators_not_spot_only, warm_capacity_kept, stack_within_limit, accelerator_approved,
    machine_had_by_kind, image_fits_machine, accelerators_attached, boot_disk_fits, tpu_topology_exists,
    settings_fit_each_other, settings_complete, values_spelled, names_legal, reservation_reference_valid,
    reservation_targeted, reservation_fits_pool, reservation_used, reservation_not_expired, purchase_protected,
    count_left_to_autoscaler, replicas_left_to_scaler, ignored_paths_on_wire, scaling_bounds_ordered,
    reserved_pool_upgrades_in_place, accelerator_limits_in_total, device_plugin_owned_once, driver_owned_once,
    accelerator_pool_tainted, taints_tolerated, compute_class_pools_joined, efa_interfaces_legal,
    efa_interfaces_fit_machine, nodes_join_cluster,
)  # fmt: skip
