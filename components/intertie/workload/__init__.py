"""A pipeline on Kubernetes, the same on every cloud: plan and cluster → objects as plain data.

    from intertie.workload import charts, check_args, render

    render(plan, handle)       # tuple[Manifest, ...] in order; outputs inside stay as they are
    charts(plan, handle)       # what must be installed first: KEDA, Envoy Gateway, LeaderWorkerSet
    check_args(stage_plan)     # tuple[Problem, ...]: what the stage's runtime would refuse

`intertie.workload.apply` registers them with Pulumi; nothing else here knows of it.
"""

from intertie.workload.components import charts
from intertie.workload.manifest import Chart, Joined, Manifest
from intertie.workload.options import check_args
from intertie.workload.render import render

__all__ = ["Chart", "Joined", "Manifest", "charts", "check_args", "render"]
