"""How a stage's accelerators are obtained: an ordered ladder of claims.

Each kind of capacity is a model of its own, told apart by `kind`, so that a claim holds what its
kind needs and nothing else. Which kinds are legal together with which cloud, machine type, zone
and window is a question of facts, and so belongs to the plan.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import Spec
from intertie.spec.fields import Moment, NotAllowed, Text, Whole


class CapacityKind(StrEnum):
    """The nine ways to obtain accelerators. The seven after `spot` are reserved capacity."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    ODCR = "odcr"
    CAPACITY_BLOCK = "capacity-block"
    CRG = "crg"
    AZURE_BLOCK = "azure-block"
    RESERVATION = "reservation"
    FUTURE_RESERVATION = "future-reservation"
    FLEX_START = "flex-start"


MachineName = Annotated[
    str, Text(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "a machine type as the cloud writes it, such as p5.48xlarge", 64)
]
ZoneName = Annotated[
    str,
    Text(r"^[a-z0-9][a-z0-9-]*$", 'a zone as the cloud writes it: us-east-1b, europe-west4-b, or "1" in quotes', 40),
]
ResourceId = Annotated[
    str,
    Text(
        r"^[A-Za-z0-9/][A-Za-z0-9._/:@()-]*$", "an identifier as the cloud shows it, such as cr-0abc1234567890def", 512
    ),
]


class _Claim(Spec):
    machine: MachineName | None = None
    """Machine type. Default: the smallest of the chosen accelerator that holds a replica."""
    zone: ZoneName | None = None
    """Zone, as the cloud writes it in your account (`us-east-1b`, `1`, `europe-west4-b`)."""
    count: Annotated[int, Whole(1, 10_000)] | None = None
    """Nodes that this step may use. Default: what the replicas need. For reserved kinds: what is reserved."""


class _Reserved(_Claim):
    id: ResourceId
    """Identifier of the reservation, as the cloud shows it."""


class _Window(Spec):
    start: Annotated[datetime, Moment()] | None = None
    """Start of the window, with time zone."""
    end: Annotated[datetime, Moment()] | None = None
    """End of the window, with time zone. The cloud takes the machines back around then."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise NotAllowed("a window whose `start` lies before its `end`")
        return self


class OnDemand(_Claim):
    """Pay as you go, as long as the cloud has machines."""

    kind: Literal[CapacityKind.ON_DEMAND]


class Spot(_Claim):
    """Spare capacity that the cloud takes back at short notice."""

    kind: Literal[CapacityKind.SPOT]


class Odcr(_Reserved):
    """AWS on-demand capacity reservation (`cr-…`). Billed from creation, used or not."""

    kind: Literal[CapacityKind.ODCR]


class CapacityBlock(_Reserved, _Window):
    """AWS Capacity Block for ML (`cr-…`): paid up front, for a window, and then gone."""

    kind: Literal[CapacityKind.CAPACITY_BLOCK]


class Crg(_Reserved):
    """Azure capacity reservation group, by resource id. Billed from creation, used or not."""

    kind: Literal[CapacityKind.CRG]


class AzureBlock(_Reserved, _Window):
    """Azure block reservation, consumed by the id of its group. Creating one is not in the pinned SDK."""

    kind: Literal[CapacityKind.AZURE_BLOCK]


class Reservation(_Reserved):
    """Google Compute Engine reservation, by name or self-link."""

    kind: Literal[CapacityKind.RESERVATION]


class FutureReservation(_Reserved, _Window):
    """Google future reservation (calendar mode too), by the name of the reservation it delivers."""

    kind: Literal[CapacityKind.FUTURE_RESERVATION]


class FlexStart(_Claim):
    """Google Dynamic Workload Scheduler flex-start: nodes are queued for, and live seven days at most."""

    kind: Literal[CapacityKind.FLEX_START]


def _canonical(value: Any) -> Any:
    """`on-demand` → `{kind: on-demand}`, once, on reading: code sees only the long form."""
    if isinstance(value, str):
        return {"kind": value}
    if not isinstance(value, dict | Spec):
        raise NotAllowed("on-demand, spot, flex-start, or a mapping with `kind`")
    return value


Claim = OnDemand | Spot | Odcr | CapacityBlock | Crg | AzureBlock | Reservation | FutureReservation | FlexStart
_ByKind = Annotated[Claim, Field(discriminator="kind")]
_Bare = Literal[CapacityKind.ON_DEMAND, CapacityKind.SPOT, CapacityKind.FLEX_START]  # nothing but `kind` is needed
CapacityClaim = Annotated[_ByKind, BeforeValidator(_canonical, json_schema_input_type=_Bare | _ByKind)]
"""One step of a ladder: `on-demand`, `spot`, `flex-start`, or `{kind: odcr, id: cr-0abc, ...}`."""

Ladder = Annotated[tuple[CapacityClaim, ...], Field(min_length=1, max_length=8)]
"""Claims in the order in which they are to be used: reserved capacity first."""

RESERVED_KINDS = frozenset(CapacityKind) - {CapacityKind.ON_DEMAND, CapacityKind.SPOT}

__all__ = [
    "RESERVED_KINDS", "AzureBlock", "CapacityBlock", "CapacityClaim", "CapacityKind", "Claim", "Crg",
    "FlexStart", "FutureReservation", "Ladder", "Odcr", "OnDemand", "Reservation", "Spot",
]  # fmt: skip
