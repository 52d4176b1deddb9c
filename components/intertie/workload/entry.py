"""The stage that takes the callers' requests."""

from intertie.plan import Plan, StagePlan


def entry(plan: Plan) -> StagePlan:
    """The stage that takes the callers' requests."""
    if plan.endpoint is not None and plan.endpoint.stage is not None:
        return plan.stage(plan.endpoint.stage)
    return next(stage for stage in plan.stages if not stage.spec.after)
