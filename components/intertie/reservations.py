"""`CapacityReservation`: capacity that is reserved now and paid for until it is released.

Made protected and retained: `pulumi destroy` and a removed line of code leave it in place, because
what is given back may not be had again. Release it on purpose: `pulumi state unprotect`, then delete it
in the cloud.
"""

from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

import pulumi

from intertie.boundary import plan_of, told_plainly
from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.platforms import registry

_ROW = ("name", "machine", "zone", "count")


class CapacityReservationArgs(TypedDict):
    """What is reserved. Billing starts when it is created, used or not."""

    spec: Any
    """The description of the pipeline: owner, cost centre and tags come from it."""
    placement: str
    """Placement that the reservation is for: it names cloud, region and account."""
    machine: str
    """Machine type, for example `p5.48xlarge`."""
    zone: str
    """Zone of the machines, as the cloud writes it."""
    count: float
    """Number of machines."""
    until: NotRequired[str | None]
    """When the cloud ends it by itself (AWS, Google), with a zone: `2027-01-31T00:00:00Z`. Write the same as `end` of
    the claim, so that the plan says when it is over and alerts tell before. Without: until somebody ends it."""


class CapacityReservation(pulumi.ComponentResource):
    """On-demand capacity reservation (AWS), capacity reservation group (Azure) or reservation (Google)."""

    reservation_id: pulumi.Output[str]
    """What a claim's `id` names: `cr-…`, the group's resource id, or the reservation's name."""

    def __init__(
        self,
        name: str,
        args: CapacityReservationArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("intertie:index:CapacityReservation", name, None, opts)
        with told_plainly():
            plan = plan_of(args)
            self.reservation_id = registry.reservation(plan.platform).create(
                plan,
                BuildOptions(parent=self, name=name),
                machine=args["machine"],
                zone=args["zone"],
                count=_whole(args["count"]),
                until=_moment(args.get("until")),
            )
        self.register_outputs({"reservationId": self.reservation_id})


def reserve(spec: Any, placement: str, rows: Any) -> dict[str, pulumi.Output[str]]:
    """A `CapacityReservation` for each row of a stack's setting `capacity`, and their ids by name.

    A row is what `intertie capacity --zone` proposes: `name`, `machine`, `zone`, `count`, and `until` where it ends by
    itself. The name is the reservation's own: another name is another reservation. pulumi.RunError for other rows.
    """
    with told_plainly():
        wanted = [_row(row) for row in _list(rows)]
        names = [row["name"] for row in wanted]
        if len(set(names)) < len(names):
            raise InputError(f"capacity: names must differ; found: {', '.join(map(str, names))}")
    made = {}
    for row in wanted:
        args: CapacityReservationArgs = {
            "spec": spec,
            "placement": placement,
            "machine": row["machine"],
            "zone": str(row["zone"]),
            "count": row["count"],
            "until": row.get("until"),
        }
        made[row["name"]] = CapacityReservation(row["name"], args).reservation_id
    return made


def _list(rows: Any) -> list[Any]:
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise InputError(f"capacity: found {str(rows)[:60]!r}; allowed: a list of {', '.join(_ROW)}")
    return rows


def _row(row: Any) -> dict[str, Any]:
    keys = set(row) if isinstance(row, dict) else set()
    if not set(_ROW) <= keys <= {*_ROW, "until"}:
        raise InputError(f"capacity: found {str(row)[:80]!r}; allowed: {', '.join(_ROW)}, and `until`")
    if not isinstance(row["count"], int | float) or not all(isinstance(row[key], str) for key in ("name", "machine")):
        raise InputError(f"capacity: found {str(row)[:80]!r}; allowed: text, and a whole number as `count`")
    return row


def _whole(count: float) -> int:
    """A count that may have crossed the package boundary as a double."""
    if isinstance(count, bool) or count != int(count) or not 1 <= count <= 10_000:
        raise InputError(f"`count` must be a whole number of machines from 1 to 10000, not {count!r}")
    return int(count)


def _moment(text: str | None) -> str:
    """A moment with its zone, as both clouds write it in UTC; "" for none."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"`until` must be a date and time with its zone, such as 2027-01-31T00:00:00Z, not {text!r}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
