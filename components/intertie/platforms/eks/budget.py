"""AWS Budgets: what the placement's tags cost a month, and who is told when it goes.

Costs are known by a tag once the payer's account has activated it as a cost allocation tag: until then the budget
counts nothing (AWS Billing user guide). `intertie doctor` lists it among what a placement needs.
"""

from pulumi_aws import budgets

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.budgets import KEYS, Threshold, cloud_budget, thresholds
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_BASIS = {"actual": "ACTUAL", "forecast": "FORECASTED"}


def build(plan: Plan, options: BuildOptions) -> budgets.Budget | None:
    """The budget; None where the plan has none. It is of the account, in no region."""
    wanted = cloud_budget(plan)
    if wanted is None:
        return None
    name, opts = child(options, "budget")
    return budgets.Budget(
        name,
        name=plan.cluster,
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=wanted.amount,
        limit_unit="USD",
        metrics="UnblendedCost",
        filter_expression=_costs(plan),
        notifications=[_notification(each, wanted.alerts) for each in thresholds()],
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _costs(plan: Plan) -> budgets.BudgetFilterExpressionArgs:
    own = dict(zip(KEYS, (plan.spec.name, plan.placement), strict=True))
    return budgets.BudgetFilterExpressionArgs(
        ands=[
            budgets.BudgetFilterExpressionAndArgs(
                tags=budgets.BudgetFilterExpressionAndTagsArgs(key=key, values=[value])
            )
            for key, value in own.items()
        ]
    )


def _notification(threshold: Threshold, addresses: tuple[str, ...]) -> budgets.BudgetNotificationArgs:
    return budgets.BudgetNotificationArgs(
        comparison_operator="GREATER_THAN",
        notification_type=_BASIS[threshold.basis],
        threshold=threshold.percent,
        threshold_type="PERCENTAGE",
        subscriber_email_addresses=list(addresses),
    )
