"""Waivers that do not hold."""

from collections.abc import Iterator

from intertie_policies.resources import Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule
from intertie_policies.waivers import why_invalid


@stack_rule(
    "waiver-valid",
    "configuration",
    baseline=Level.MANDATORY,
    description="Every waiver in the configuration is unexpired, ends soon, and names something in particular.",
    rationale="An exception without end or without bounds is a hole in every other rule.",
    remediation=(
        "Remove the waiver, renew it with its owner, or name the resources it is for. Where it ends too far away: name "
        "a day within `longest_waiver_days`, and look again then."
    ),
    settings=["waivers", "longest_waiver_days"],
)
def waiver_valid(stack: Stack, context: Context) -> Iterator[Violation]:
    near = next((resource.urn for resource in stack), "")
    for number, waiver in enumerate(context.settings.waivers):
        reason = why_invalid(waiver, context.today, context.settings.longest_waiver_days, near)
        if reason:
            yield fail(stack, f"waiver {number + 1}, of {waiver.rule} for {waiver.resource!r}, does not hold: {reason}")
