"""What machines cost, and what they may."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie_policies.accelerators import last
from intertie_policies.fleet import FLEETS, HOURS_PER_MONTH, Fleet, fleets
from intertie_policies.karpenter import NODE_POOL
from intertie_policies.machine_types import (
    ATTACHED,
    MACHINES,
    attached_in,
    left_open,
    machines_in,
    unapproved_device,
    unapproved_machine,
)
from intertie_policies.pools import POOLS
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, rule, stack_rule, unknown
from intertie_policies.rules.cost.budgets import budgeted_monthly
from intertie_policies.templates import all_seen


@stack_rule(
    "cost-cap",
    "cost",
    types=FLEETS,
    description="What a stack always runs stays under the caps per hour and per month.",
    rationale="A floor of one more accelerator machine is a line in a diff and the price of a house in a year.",
    remediation="Lower the floors, choose smaller machines, or have the budget's owner raise the caps.",
    references=["FinOps Foundation, budgeting", "list prices: see NOTICE"],
    settings=["cost"],
)
def cost_cap(stack: Stack, context: Context) -> Iterator[Violation]:
    limits = context.settings.cost
    hourly = _total(stack, context, at_ceiling=False)
    if hourly > limits.max_hourly_usd:
        yield fail(stack, f"${hourly:,.2f} an hour at the floors; allowed: ${limits.max_hourly_usd:,.2f}")
    monthly = hourly * HOURS_PER_MONTH
    if monthly > limits.max_monthly_usd:
        yield fail(stack, f"${monthly:,.0f} a month at the floors; allowed: ${limits.max_monthly_usd:,.0f}")


@stack_rule(
    "ceilings-within-budget",
    "cost",
    types=FLEETS,
    description="With every pool at its ceiling, a stack costs no more than the budget can bear.",
    rationale="Autoscalers go to their ceilings when something is wrong: a retry storm, a leak of a key, a bug.",
    remediation="Lower the ceilings, or raise the budget or `cost.ceiling_over_budget` with who answers for it.",
    references=["FinOps Foundation, budgeting", "list prices: see NOTICE"],
    settings=["cost"],
)
def ceilings_within_budget(stack: Stack, context: Context) -> Iterator[Violation]:
    limits = context.settings.cost
    monthly = _total(stack, context, at_ceiling=True) * HOURS_PER_MONTH
    if monthly > limits.max_ceiling_monthly_usd:
        yield fail(stack, f"${monthly:,.0f} a month at the ceilings; allowed: ${limits.max_ceiling_monthly_usd:,.0f}")
    budget = budgeted_monthly(stack)
    if budget and monthly > budget * limits.ceiling_over_budget:
        allowed = f"{limits.ceiling_over_budget:g} times the budget of ${budget:,.0f}"
        yield fail(stack, f"${monthly:,.0f} a month at the ceilings; allowed: {allowed}")


def _total(stack: Stack, context: Context, *, at_ceiling: bool) -> float:
    """US dollars an hour of all machines whose price is known; `price-known` speaks of the others."""
    total = 0.0
    for fleet in fleets(stack):
        nodes = (fleet.ceiling if at_ceiling else fleet.floor).number
        price = fleet.price(context.settings.cost.prices)
        total += (nodes or 0) * (price or 0)
    return total


@stack_rule(
    "price-known",
    "cost",
    types=FLEETS,
    description="The price of every machine with accelerators is known.",
    rationale="What has no price is in no cap, no forecast and no budget, and is usually the dearest of all.",
    remediation="Say what you pay in `cost.prices`: {`aws:p6e-gb200.36xlarge`: 0.0}, in US dollars an hour.",
    references=["list prices: see NOTICE"],
    settings=["cost"],
)
def price_known(stack: Stack, context: Context) -> Iterator[Violation]:
    for fleet in fleets(stack):
        if fleet.accelerated and fleet.price(context.settings.cost.prices) is None and _named(fleet):
            names = ", ".join(filter(None, (machine.text for machine in fleet.machines)))
            yield fail(fleet.resource, f"nobody knows what {names} costs", *fleet.machines[0].path)


def _named(fleet: Fleet) -> bool:
    return all(machine.text for machine in fleet.machines)


def _foreign(stack: Stack, context: Context) -> Iterator[Violation]:
    if context.settings.capacity.machines or context.settings.capacity.accelerators:
        yield from all_seen("which machines it starts")(stack, context)


@rule(
    "machines-approved",
    "cost",
    types=[*POOLS, *MACHINES, *ATTACHED, NODE_POOL],
    description="Machines are of an approved type, and their accelerators, built in or attached, of an approved model.",
    rationale="A type that nobody approved has no quota, no discount, no image and no price that anybody looked at.",
    remediation="Use a type of `capacity.machines`, or have this one approved.",
    references=["FinOps Foundation, policy and governance"],
    settings=["capacity"],
    whole=_foreign,
)
def machines_approved(resource: Resource, context: Context) -> Iterator[Violation]:
    approved, models = context.settings.capacity.machines, context.settings.capacity.accelerators
    for cloud, machine in machines_in(resource):
        name = last(machine.text or "")
        if approved and name and not any(fnmatchcase(f"{cloud}:{name}", pattern) for pattern in approved):
            yield fail(resource, f"{name} is not approved; allowed: {', '.join(approved)}", *machine.path)
        if approved and machine.absent:
            yield unknown(resource, machine, f"nothing says the machine type; allowed: {', '.join(approved)}")
        if models:
            yield from unapproved_machine(resource, cloud, machine, models)
    for device in attached_in(resource) if models else ():
        yield from unapproved_device(resource, device, models)
    for value in left_open(resource) if approved or models else ():
        yield unknown(resource, value, f"{value.path[-1]} may start any machine that has them: name the types instead")
