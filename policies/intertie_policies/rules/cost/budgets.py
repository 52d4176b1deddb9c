"""Budgets: that there is one, and that it tells somebody in time."""

import re
from collections.abc import Iterator

from intertie_policies.fleet import FLEETS, fleets
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, rule, stack_rule

AWS = "aws:budgets/budget:Budget"
AZURE = ("azure-native:consumption:Budget", "azure-native:costmanagement:Budget")
GOOGLE = "gcp:billing/budget:Budget"
BUDGETS = (AWS, *AZURE, GOOGLE)
_SHARE = "a threshold of {:g} is that many per cent: 80 is 80 %"
_FIRST_OF_MONTH = re.compile(r"\d{4}-\d{2}-01(?!\d)")
_TAG_FILTER = re.compile(r"(?:user|aws):[^$]+\$.*")
_MONTHS = {"monthly": 1, "quarterly": 3, "annually": 12}


def budgeted_monthly(stack: Stack) -> float | None:
    """US dollars a month of the smallest budget of the stack; None where there is none that says an amount."""
    found: list[float] = []
    for budget in stack.of_type(*BUDGETS):
        amount, unit = _amount(budget)
        if amount and unit:
            found.append(amount / unit)
    return min(found) if found else None


def _amount(budget: Resource) -> tuple[float | None, int | None]:
    """The amount, and over how many months it is meant."""
    if budget.type == AWS:
        if budget["budgetType"].text != "COST":
            return None, None
        return budget["limitAmount"].number, _MONTHS.get((budget["timeUnit"].text or "").lower())
    if budget.type in AZURE:
        return budget["amount"].number, _MONTHS.get((budget["timeGrain"].text or "").lower())
    return budget["amount"]["specifiedAmount"]["units"].number, 1


@stack_rule(
    "budget-present",
    "cost",
    types=FLEETS,
    description="A stack with accelerators has a budget, or its budget is kept in a named place.",
    rationale="Without a budget the first message about the money is the invoice.",
    remediation="Add a budget to the stack, or say in `cost.budget_elsewhere` who keeps it.",
    references=["AWS Budgets user guide", "Microsoft Cost Management, budgets", "Google Cloud Billing, budgets"],
    settings=["cost"],
)
def budget_present(stack: Stack, context: Context) -> Iterator[Violation]:
    if context.settings.cost.budget_elsewhere or any(map(_of_money, stack.of_type(*BUDGETS))):
        return
    if any(fleet.accelerated and fleet.ceiling.number != 0 for fleet in fleets(stack)):
        yield fail(stack, "it has accelerators and no budget")


def _of_money(budget: Resource) -> bool:
    """Whether it is about what is paid. AWS has budgets of usage, and of how commitments are used, as well."""
    return budget.type != AWS or budget["budgetType"].text in (None, "COST")


@rule(
    "budget-alerts-in-time",
    "cost",
    types=BUDGETS,
    description="A budget has an amount, and tells somebody at or before it is spent.",
    rationale="80 is 80 % on AWS and Azure, and 8,000 % on Google; and a budget that tells nobody is mute.",
    remediation="Set a threshold of at most 100 % (Google: 1.0) with somebody who is told.",
    references=["AWS Budgets API, Notification", "Azure Consumption API, Notification",
                "Cloud Billing Budget API, ThresholdRule"],
    apply_time_only=[
        "notifications[*].subscriberSnsTopicArns[*]", "allUpdatesRule.pubsubTopic",
        "allUpdatesRule.monitoringNotificationChannels[*]",
    ],
)  # fmt: skip
def budget_alerts_in_time(budget: Resource, _context: Context) -> Iterator[Violation]:
    if budget.type == AWS:
        yield from _of_aws(budget)
    elif budget.type in AZURE:
        yield from _of_azure(budget)
    else:
        yield from _of_google(budget)


def _of_aws(budget: Resource) -> Iterator[Violation]:
    if not budget["limitAmount"].number and budget["plannedLimits"].absent and budget["autoAdjustData"].absent:
        yield fail(budget, "no amount", "limitAmount")
    for each in budget["costFilters"].items:
        if each["name"].text == "TagKeyValue":
            bad = next((text for text in each["values"].texts if not _TAG_FILTER.fullmatch(text)), None)
            if bad is not None:
                yield fail(budget, f"{bad[:80]!r} matches no cost; allowed: user:key$value", *each["values"].path)
    told = budget["notifications"]
    if told.unknown:
        return
    for each in told.items:
        threshold, unit = each["threshold"].number, each["thresholdType"].text
        if threshold is not None and unit == "PERCENTAGE" and threshold <= 1:
            yield fail(budget, _SHARE.format(threshold), *each["threshold"].path)
        in_time = threshold is None or unit in (None, "ABSOLUTE_VALUE") or threshold <= 100
        if in_time and (each["subscriberEmailAddresses"].items or each["subscriberSnsTopicArns"].items):
            return
    yield fail(budget, "nobody is told before it is spent", *told.path)


def _of_azure(budget: Resource) -> Iterator[Violation]:
    if not budget["amount"].number and not budget["amount"].unknown:
        yield fail(budget, "no amount", "amount")
    start = budget["timePeriod"]["startDate"].text
    if start is not None and not _FIRST_OF_MONTH.match(start):
        yield fail(budget, f"it starts on {start[:40]!r}; allowed: the first of a month", "timePeriod", "startDate")
    told = budget["notifications"]
    if told.unknown:
        return
    for each in told.entries.values():
        threshold = each["threshold"].number
        if threshold is not None and threshold <= 1:
            yield fail(budget, _SHARE.format(threshold), *each["threshold"].path)
        in_time = (threshold is None or threshold <= 100) and each["enabled"].flag is not False
        if in_time and any(each[key].items for key in ("contactEmails", "contactGroups", "contactRoles")):
            return
    yield fail(budget, "nobody is told before it is spent", *told.path)


def _of_google(budget: Resource) -> Iterator[Violation]:
    rules = budget["thresholdRules"]
    percents = [each["thresholdPercent"].number for each in rules.items]
    for percent in percents:
        if percent is not None and percent > 10:
            yield fail(budget, f"a threshold of {percent:g} is {percent * 100:,.0f} %: 1.0 is all of it", *rules.path)
    if percents and None not in percents and min(filter(None, percents), default=0) > 1:
        yield fail(budget, "nobody is told before it is spent", *rules.path)
    if rules.absent or (rules.known and not rules.items):
        yield fail(budget, "no threshold: nobody is told", *rules.path)
    if budget["amount"]["specifiedAmount"].absent and not budget["amount"]["lastPeriodAmount"].flag:
        yield fail(budget, "no amount", "amount")
