"""What an end of an interconnect is told of the other ends: the stack's setting `peers`, and what is still missing."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from intertie.errors import PlanError, Problem
from intertie.plan.links import Link
from intertie.plan.types import Plan
from intertie.spec import Tier
from intertie.spec.wording import clean, did_you_mean

Peers = Mapping[str, tuple[str, ...]]
"""Placement → what its stack publishes for this one (`pulumi stack output interconnects`)."""


def peers_of(plan: Plan, value: Any) -> Peers:
    """The setting `peers`, checked against the plan. PlanError with everything that is wrong with it."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        found = clean(str(value), 60)
        raise PlanError(plan.placement, [Problem("peers", found, "a mapping: placement → list of texts")])
    known = {link.placement: link for link in plan.links}
    problems: list[Problem] = []
    for name, given in value.items():
        if name in known:
            problems += _problems(known[name], given)
        elif not _asleep(plan, name):
            allowed = f"placements that are connected here: {', '.join(known) or 'none'}"
            problems.append(Problem("peers", clean(str(name), 60), allowed, did_you_mean(str(name), known)))
    if problems:
        raise PlanError(plan.placement, problems)
    return {str(name): tuple(given) for name, given in value.items() if given and name in known}


def _asleep(plan: Plan, name: Any) -> bool:
    """Whether either end is cold: what was told before stays in the settings, and holds again when it is promoted."""
    there = plan.spec.placements.get(name)
    return there is not None and Tier.COLD in (there.standby, plan.where.standby)


def _problems(link: Link, given: Any) -> list[Problem]:
    pattern, words = link.form
    allowed = f"{link.wanted} × {words}" if link.wanted > 1 else f"one text, {words}"
    hint = f"they are in `pulumi stack output interconnects` of {link.placement}'s stack, under this placement's name"
    path = f"peers.{link.placement}"
    if not isinstance(given, list | tuple):
        return [Problem(path, clean(str(given), 60), f"a list: {allowed}", hint)]
    wrong = [text for text in given if not isinstance(text, str) or not re.fullmatch(pattern, text)]
    if link.kind == "vpn":
        wrong += [text for text in given if text not in wrong and not _is_public(text)]
    if wrong:
        return [Problem(path, clean(str(wrong[0]), 120), allowed, hint)]
    if given and len(given) != link.wanted:
        return [Problem(path, f"{len(given)} values", allowed, hint)]
    if len(set(given)) < len(given):
        return [Problem(path, f"{given[0]} more than once" if given.count(given[0]) > 1 else "a value twice", allowed)]
    return []


def _is_public(text: str) -> bool:
    """Whether it can be an address of a gateway. Ranges for documentation (RFC 5737) may: a lab has no others."""
    try:
        address = IPv4Address(text)
    except ValueError:
        return False
    documentation = any(text.startswith(start) for start in ("192.0.2.", "198.51.100.", "203.0.113."))
    return address.is_global or documentation


def pending(plan: Plan, peers: Peers) -> tuple[str, ...]:
    """What remains to be done, a sentence for each end that is not known yet. () when all of them are."""
    return tuple(_remains(plan, link) for link in plan.links if link.placement not in peers)


def _remains(plan: Plan, link: Link) -> str:
    made = "this end has its gateway" if link.tunnels else "this end has nothing"
    if link.tunnels and plan.cloud == "aws":
        made += ", and gets addresses once it knows the other's"
    return (
        f"interconnect with {link.placement} ({link.kind}): {made}, and is told nothing of the other one. Deploy "
        f"{link.placement}, read `pulumi stack output interconnects` there, write what it has for {plan.placement} by "
        f"`pulumi config set --path 'peers.{link.placement}[0]' VALUE` here ({link.wanted} in all), and run "
        "`pulumi up` again"
    )
