"""A log bucket of the cluster's own: the project's keeps logs for as long as somebody else has decided."""

import pulumi
from pulumi_gcp import logging, serviceaccount

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child

_KINDS = ("k8s_cluster", "k8s_control_plane_component", "k8s_container", "k8s_pod")


def keep(
    plan: Plan,
    options: BuildOptions,
    project: pulumi.Input[str],
    nodes: serviceaccount.Account,
    apis: list[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Bucket in the placement's region, and the sink that fills it with audit, control-plane and container logs of
    this cluster.

    A bucket of the same project needs no right for the sink to write to it. Google keeps a deleted one for seven days,
    in which its name cannot be used: the number of the nodes' account, which lives as long as the cluster, is in the
    name, so that a placement can come back within them.
    """
    name, opts = child(options, "control-plane-logs", depends_on=apis)
    bucket = logging.ProjectBucketConfig(
        name,
        project=project,
        location=plan.region,
        bucket_id=pulumi.Output.concat(plan.cluster, "-", nodes.unique_id),
        description=f"Audit, control-plane and container logs of {plan.cluster}",
        retention_days=plan.operations.log_days,
        opts=opts,
    )
    kinds = " OR ".join(f'"{kind}"' for kind in _KINDS)
    name, opts = child(options, "control-plane-sink")
    sink = logging.ProjectSink(
        name,
        name=plan.cluster,
        project=project,
        destination=pulumi.Output.concat("logging.googleapis.com/", bucket.id),
        filter=f'resource.type=({kinds}) AND resource.labels.cluster_name="{plan.cluster}"',
        unique_writer_identity=True,
        opts=opts,
    )
    return [bucket, sink]
