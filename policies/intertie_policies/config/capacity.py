"""How much, and of what."""

from pydantic import Field

from intertie_policies.config.base import Section


class Capacity(Section):
    """Accelerators, machine types, and how many of them."""

    accelerators: tuple[str, ...] = Field(default=(), description="Approved accelerators (`h100`). Empty: all.")
    machines: tuple[str, ...] = Field(
        default=(), description="Approved machine types as `cloud:type` with `*`: `aws:p5*`. Empty: all."
    )
    max_nodes_per_pool: int = Field(default=64, gt=0, description="Largest ceiling of one pool with accelerators.")
    max_accelerators_per_pool: int = Field(default=512, gt=0, description="Accelerators of one pool at its ceiling.")
    max_accelerators_per_stack: int = Field(default=2048, gt=0, description="Accelerators of a stack at its ceilings.")
    min_warm_nodes: int = Field(
        default=0, ge=0, description="Nodes that the accelerator pools of a primary keep, together. 0: none needed."
    )
    min_boot_disk_gib: int = Field(default=100, gt=0, description="Smallest boot disk of nodes with accelerators.")
    also_offered: tuple[str, ...] = Field(
        default=(), description="Machine types that were asked for and are there: `cloud:region:type` with `*`."
    )
    reservation_min_days: int = Field(
        default=1, ge=0, description="Days that a dated reservation still lasts, at least, when it is used."
    )
    quota: dict[str, int] = Field(
        default={}, description="Accelerators that may run, as the cloud granted: `cloud:region:accelerator`."
    )
