"""When GKE upgrades the cluster and its nodes."""

from datetime import date, datetime, time, timedelta

from pulumi_gcp import container

from intertie.plan import Plan
from intertie.plan.operate import GKE_WEEKLY_HOURS
from intertie.plan.operations import WEEKDAYS

_FIRST_MONDAY = date(2024, 1, 1)  # any past week does: the rule repeats from it


def maintenance(plan: Plan) -> container.ClusterMaintenancePolicyArgs:
    """The weekly window, on as many days as GKE insists on. Outside it nothing is upgraded but what cannot wait."""
    window = plan.operations.window
    number = WEEKDAYS.index(window.day)
    start = datetime.combine(_FIRST_MONDAY + timedelta(days=number), time.fromisoformat(window.start))
    end = start + timedelta(hours=window.hours)
    days = ",".join(day[:2].upper() for day in window.days(GKE_WEEKLY_HOURS))
    return container.ClusterMaintenancePolicyArgs(
        recurring_window=container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=f"{start.isoformat()}Z", end_time=f"{end.isoformat()}Z", recurrence=f"FREQ=WEEKLY;BYDAY={days}"
        )
    )
