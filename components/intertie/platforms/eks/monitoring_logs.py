"""Logs of containers: Fluent Bit, as AWS builds it, on every node; and the log group that they end in.

The group is made here, with an end to what it keeps: the agent may write into it, and may make none by itself.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import cloudwatch, eks
from pulumi_kubernetes.helm.v3 import Release

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.eks import addons_charts as charts
from intertie.platforms.eks.cluster_logs import log_group
from intertie.platforms.eks.identity import pod_identity, pod_role

CHART = "0.2.1"
"""Release of aws-for-fluent-bit. Source: aws/eks-charts, stable/aws-for-fluent-bit/Chart.yaml."""

AGENT = "aws-for-fluent-bit"
_WRITE = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def collect(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    provider: kubernetes.Provider,
    after: list[pulumi.Resource],
) -> Release:
    """The agent, with the right to write into one group."""
    group = log_group(plan, options, "container-logs", f"/aws/eks/{plan.cluster}/containers")
    into = {"Effect": "Allow", "Action": _WRITE, "Resource": [group.arn, pulumi.Output.concat(group.arn, ":*")]}
    role, rights = pod_role(plan, options, "container-logs", statements=[into])
    identity = pod_identity(
        plan,
        options,
        cluster,
        "container-logs-identity",
        account=(charts.NAMESPACE, AGENT),
        taken_on=role,
        after=rights,
    )
    return charts.release(
        options,
        provider,
        AGENT,
        repository=charts.EKS_CHARTS,
        version=CHART,
        values=_values(plan, group),
        after=[*after, identity],
    )


def _values(plan: Plan, group: cloudwatch.LogGroup) -> dict[str, Any]:
    """Values of the chart. It stands on every node, whatever its taints: logs of accelerators' pods are the point."""
    image = charts.sourced(plan, "public.ecr.aws/aws-observability/aws-for-fluent-bit")
    return {
        "fullnameOverride": AGENT,
        "serviceAccount": {"name": AGENT},
        **({"image": image} if image else {}),
        "cloudWatchLogs": {
            "region": plan.region,
            "logGroupName": group.name,
            "logGroupTemplate": "",  # the chart's own would send each namespace to a group that nobody has made
            "logStreamPrefix": "pods-",
            "autoCreateGroup": False,
        },
        "tolerations": [{"operator": "Exists"}],
        "resources": {"requests": {"cpu": "50m", "memory": "100Mi"}, "limits": {"memory": "250Mi"}},
    }
