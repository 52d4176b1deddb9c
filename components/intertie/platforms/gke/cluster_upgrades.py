"""When GKE upgrades the cluster and its nodes."""

from datetime import date, datetime, time, timedelta

from pulumi_gcp import container

from intertie.plan import Plan

_FIRST_MONDAY = date(2024, 1, 1)  # any past week does: the rule repeats from it
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def maintenance(plan: Plan) -> container.ClusterMaintenancePolicyArgs:
    """The weekly window. Outside it GKE upgrades nothing, but for what cannot wait."""
    window = plan.operations.window
    number = _DAYS.index(window.day)
    start = datetime.combine(_FIRST_MONDAY + timedelta(days=number), time.fromisoformat(window.start))
    end = start + timedelta(hours=window.hours)
    return container.ClusterMaintenancePolicyArgs(
        recurring_window=container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=f"{start.isoformat()}Z",
            end_time=f"{end.isoformat()}Z",
            recurrence=f"FREQ=WEEKLY;BYDAY={window.day[:2].upper()}",
        )
    )
