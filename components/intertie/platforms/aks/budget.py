"""A budget of Microsoft Cost Management: what the placement's two resource groups cost a month, and who is told.

Machines are in the group that AKS makes for nodes, so the budget is the subscription's, and looks at both groups.
"""

from pulumi_azure_native import consumption

from intertie.plan.budgets import Threshold, cloud_budget, thresholds
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child

_BASIS = {"actual": consumption.ThresholdType.ACTUAL, "forecast": consumption.ThresholdType.FORECASTED}


def build(place: Place) -> consumption.Budget | None:
    """The budget; None where the plan has none.

    Azure takes the first of a month that is not over, and fixes it when the budget is made: a month that is raised
    later, so that a stack can be made anew, changes nothing of one that is there.
    """
    plan, wanted = place.plan, cloud_budget(place.plan)
    if wanted is None:
        return None
    name, opts = child(place.options, "budget", ignore_changes=["timePeriod"])
    return consumption.Budget(
        name,
        budget_name=plan.cluster,
        scope=place.group.id.apply(_subscription),
        category=consumption.CategoryType.COST,
        amount=wanted.monthly_usd,
        time_grain=consumption.TimeGrainType.MONTHLY,
        time_period=consumption.BudgetTimePeriodArgs(start_date=f"{wanted.since}-01T00:00:00Z"),
        filter=consumption.BudgetFilterArgs(
            dimensions=consumption.BudgetComparisonExpressionArgs(
                name="ResourceGroupName",
                operator=consumption.BudgetOperatorType.IN_,
                values=[plan.cluster, f"{plan.cluster}-nodes"],  # of the placement, and of AKS for its nodes
            )
        ),
        notifications={f"{each.basis}-{each.percent}": _notification(each, wanted.alerts) for each in thresholds()},
        opts=opts,
    )


def _subscription(group: str) -> str:
    return group.partition("/resourceGroups/")[0]


def _notification(threshold: Threshold, addresses: tuple[str, ...]) -> consumption.NotificationArgs:
    return consumption.NotificationArgs(
        enabled=True,
        operator=consumption.OperatorType.GREATER_THAN,
        threshold=threshold.percent,
        threshold_type=_BASIS[threshold.basis],
        contact_emails=list(addresses),
    )
