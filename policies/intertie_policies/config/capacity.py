"""How much, and of what."""

from typing import Annotated

from pydantic import Field, field_validator

from intertie_policies.config.base import Section, placed


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
    quota: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="Accelerators that may run, as the cloud granted: `cloud:region:accelerator`."
    )

    @field_validator("machines", "also_offered")
    @classmethod
    def _machines(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(placed, patterns))

    @field_validator("quota")
    @classmethod
    def _quota(cls, quota: dict[str, int]) -> dict[str, int]:
        for key in quota:
            if placed(key).count(":") != 2 or key.endswith(":"):
                raise ValueError(f"{key[:80]!r} is not `cloud:region:accelerator`")
        return quota
