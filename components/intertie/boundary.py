"""Where values enter a component: from Python as they are, from other languages as plain data.

At the package boundary every number is a double and every model a mapping; here they become a
description again. Nothing else in Intertie needs to know that the boundary exists.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi

from intertie import spec as description
from intertie.contract import ClusterHandle
from intertie.errors import InputError, IntertieError
from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec, read_data


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turns our errors into the one kind that Pulumi shows without a traceback, keeping ours as its cause."""
    try:
        yield
    except IntertieError as error:
        raise pulumi.RunError(str(error)) from error


def read_file(path: Path) -> PipelineSpec:
    """The description in a YAML file, for use in a Pulumi program. pulumi.RunError with every problem and its place."""
    with told_plainly():
        return description.read_file(path)


def read_prices(path: Path) -> str:
    """The text of a price file, for use in a Pulumi program. pulumi.RunError for what is no price file."""
    from intertie.money.contract_prices import prices_in  # most programs have no such file
    from intertie.money.files import read_text

    with told_plainly():
        text = read_text(path, "a CSV file")
        prices_in(text, str(path))
    return text


def contract_prices_of(value: Any, plan: Plan, handle: ClusterHandle) -> str:
    """What the placement's cluster is told of contract prices; "" for nothing. InputError for what cannot be meant."""
    if value is not None and not isinstance(value, str):
        raise InputError("`contract_prices` must be the text of a price file, as plain text")
    if not (value or plan.where.prices) or plan.spec.budget is None or plan.spec.budget.watch is None:
        return ""
    from intertie.money.carried_prices import carried

    return carried(plan, handle.prices, value or "")


def plan_of(args: Mapping[str, Any]) -> Plan:
    """The plan for `args["spec"]` at `args["placement"]`; InputError or PlanError with every problem."""
    spec = spec_of(args.get("spec"))
    placement = args.get("placement")
    if not isinstance(placement, str) or not placement:
        raise InputError("`placement` must be the name of a placement, as plain text")
    plan = resolve(spec, placement)
    return lifted(plan) if args.get("lift_deletion_protection") is True else plan


def lifted(plan: Plan) -> Plan:
    """The plan without deletion protection: one update with it, and the cluster can be destroyed on purpose."""
    return replace(plan, operations=replace(plan.operations, deletion_protection=False))


def spec_of(value: Any) -> PipelineSpec:
    """The description, from a `PipelineSpec` or from plain data."""
    if isinstance(value, PipelineSpec):
        return value
    if isinstance(value, pulumi.Output):
        raise InputError("`spec` shapes the resources and so must be plain data, not an output of another resource")
    if not isinstance(value, Mapping):
        raise InputError("`spec` must be a description: a mapping as in specs/*.yaml, or a PipelineSpec")
    return read_data(_whole_numbers(value))


def _whole_numbers(value: Any) -> Any:
    """The wire knows doubles only: 3.0 was written as 3."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(item) for item in value]
    return value
