"""Flow logs: who talked to whom in the cluster's network, accepted or refused."""

import pulumi
from pulumi_aws import ec2

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks.cluster_logs import log_group
from intertie.platforms.eks.identity import role, statements_policy
from intertie.platforms.tags import tags

_TRUST = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
_WRITE = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]


def record(plan: Plan, options: BuildOptions, vpc: ec2.Vpc) -> None:
    """Records all traffic of the VPC, if the description wants it recorded."""
    if not plan.operations.flow_logs:
        return
    logs = log_group(plan, options, "flow-logs", f"/aws/vpc/{plan.cluster}/flow-logs")
    writer, _ = role(plan, options, "flow-logs", _TRUST)
    streams = [{"Effect": "Allow", "Action": _WRITE, "Resource": [logs.arn, pulumi.Output.concat(logs.arn, ":*")]}]
    rights = statements_policy(options, "flow-logs", writer, streams)
    name, opts = child(options, "flow-log", depends_on=[rights])
    ec2.FlowLog(
        name,
        region=plan.region,
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=logs.arn,
        iam_role_arn=writer.arn,
        max_aggregation_interval=600,
        tags={**tags(plan, "aws"), "Name": plan.cluster},
        opts=opts,
    )
