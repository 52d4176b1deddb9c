"""How a description maps to one place: sizing, substitution, ladder, tier, addresses. Pure.

from intertie.plan import resolve

plan = resolve(spec, "aws-use1")     # Plan, or PlanError with all problems at once
"""

from intertie.plan.operations import Operations, TeamAccess, Window
from intertie.plan.resolve import resolve
from intertie.plan.types import (
    LABEL,
    AddressPlan,
    Choice,
    Plan,
    PoolPlan,
    Sizing,
    StagePlan,
    Taint,
    ThroughputPlan,
)

__all__ = [
    "LABEL", "AddressPlan", "Choice", "Operations", "Plan", "PoolPlan", "Sizing", "StagePlan", "Taint", "TeamAccess",
    "ThroughputPlan", "Window", "resolve",
]  # fmt: skip
