"""A budget of Cloud Billing: what the placement's label costs a month in its project, and who is told when it goes.

A budget of one project is made with rights on that project alone. It names the project by its number, which is read
off the name of a service agent: nothing else that is made in every tier knows it.
"""

import re

import pulumi
from pulumi_gcp import billing, monitoring, projects

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.budgets import Threshold, cloud_budget, thresholds
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_BASIS = {"actual": "CURRENT_SPEND", "forecast": "FORECASTED_SPEND"}
_LABEL = "placement"  # one label, no more: Cloud Billing Budget API, Filter


def build(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> billing.Budget | None:
    """The budget; None where the plan has none. The billing account must be kept in US dollars, as the amount is."""
    wanted = cloud_budget(plan)
    if wanted is None:
        return None
    whole, cents = divmod(round(wanted.monthly_usd * 100), 100)
    name, opts = child(options, "budget", depends_on=apis)
    return billing.Budget(
        name,
        display_name=plan.cluster,
        billing_account=wanted.billing_account,
        amount=billing.BudgetAmountArgs(
            specified_amount=billing.BudgetAmountSpecifiedAmountArgs(
                currency_code="USD", units=str(whole), nanos=cents * 10**7 if cents else None
            )
        ),
        budget_filter=billing.BudgetBudgetFilterArgs(
            calendar_period="MONTH",
            projects=[_project(plan, options, apis)],
            labels={_LABEL: plan.placement},
        ),
        threshold_rules=[_rule(each) for each in thresholds()],
        all_updates_rule=billing.BudgetAllUpdatesRuleArgs(
            monitoring_notification_channels=[
                _channel(plan, options, apis, number, address).id for number, address in enumerate(wanted.alerts)
            ]
        ),
        opts=opts,
    )


def _rule(threshold: Threshold) -> billing.BudgetThresholdRuleArgs:
    return billing.BudgetThresholdRuleArgs(
        threshold_percent=threshold.percent / 100, spend_basis=_BASIS[threshold.basis]
    )


def _channel(
    plan: Plan, options: BuildOptions, apis: list[pulumi.Resource], number: int, address: str
) -> monitoring.NotificationChannel:
    name, opts = child(options, f"budget-alerts-{number}", depends_on=apis)
    return monitoring.NotificationChannel(
        name,
        project=plan.where.account.id if plan.where.account else None,
        display_name=f"Budget of {plan.cluster}",
        type="email",
        labels={"email_address": address},
        user_labels=tags(plan, "gcp"),
        opts=opts,
    )


def _project(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> pulumi.Output[str]:
    """`projects/<number>`: with an id in its place, every change of the budget is refused."""
    name, opts = child(options, "secrets-agent", depends_on=apis)
    agent = projects.ServiceIdentity(
        name,
        project=plan.where.account.id if plan.where.account else None,
        service="secretmanager.googleapis.com",
        opts=opts,
    )
    return agent.email.apply(_numbered)


def _numbered(email: str) -> str:
    found = re.match(r"service-([0-9]+)@", email)
    if found is None:
        raise pulumi.RunError(f"no project number is in the name of the service agent {email!r}: the budget needs one")
    return f"projects/{found.group(1)}"
