"""On-demand capacity reservations (`cr-…`). Billed from the moment they are created, used or not."""

import pulumi
from pulumi_aws import ec2

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags


def create(
    plan: Plan, options: BuildOptions, *, machine: str, zone: str, count: int, until: str = ""
) -> pulumi.Output[str]:
    """Reserves `count` machines in `zone` for the placement; the id that a claim of kind `odcr` names.

    Targeted: an open reservation is eaten by any matching launch in the account. Protected and retained: what is
    given back may not be had again. With `until` AWS ends it by itself, and what runs on it goes on at list price.
    """
    name, opts = child(options, "reservation", protect=True, retain_on_delete=True)
    return ec2.CapacityReservation(
        name,
        region=plan.region,
        availability_zone=zone,
        instance_type=machine,
        instance_count=count,
        instance_platform="Linux/UNIX",
        instance_match_criteria="targeted",
        end_date_type="limited" if until else "unlimited",
        end_date=until or None,
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-{machine}"},
        opts=opts,
    ).id
