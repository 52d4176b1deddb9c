"""Log groups: made before what writes to them, with an end to what they keep."""

from pulumi_aws import cloudwatch

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags

KEPT = (30, 60, 90, 120, 150, 180, 365)
"""Days that CloudWatch Logs can keep, between the bounds of a description (PutRetentionPolicy)."""


def retention(days: int) -> int:
    """The least number of days that CloudWatch knows and that is no less than what is asked for."""
    return next(step for step in KEPT if step >= days)


def log_group(plan: Plan, options: BuildOptions, part: str, name: str) -> cloudwatch.LogGroup:
    """A log group of the plan's retention. One that a service makes by itself keeps logs for ever, and outlives all."""
    child_name, opts = child(options, part)
    return cloudwatch.LogGroup(
        child_name,
        region=plan.region,
        name=name,
        retention_in_days=retention(plan.operations.log_days),
        tags=tags(plan, "aws"),
        opts=opts,
    )
