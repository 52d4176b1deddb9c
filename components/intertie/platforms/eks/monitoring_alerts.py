"""Whom alerts reach on AWS: the workspace's alert manager hands them to SNS topics, and those write to people.

A topic is encrypted with a key of its own: the service may use no key whose policy does not name it, and the policy of
the key that SNS comes with cannot be changed (Amazon Managed Service for Prometheus user guide). Each address gets a
message with a link, and nothing else until somebody has followed it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import amp, kms, sns

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.recipients import Desk, desks
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_SERVICE = "aps.amazonaws.com"


def build(plan: Plan, options: BuildOptions, workspace: amp.Workspace) -> tuple[pulumi.Resource, ...]:
    """Key, a topic per desk with its subscribers, and the alert manager. () where nobody is to be told."""
    told = desks(plan)
    if not told:
        return ()
    key = _key(plan, options, workspace)
    topics = [_topic(plan, options, desk, key, workspace) for desk in told]
    name, opts = child(options, "alert-manager", depends_on=[policy for _, policy in topics])
    manager = amp.AlertManagerDefinition(
        name,
        region=plan.region,
        workspace_id=workspace.id,
        definition=pulumi.Output.all(*(topic.arn for topic, _ in topics)).apply(
            lambda arns: definition(plan.region, told, arns)
        ),
        opts=opts,
    )
    return (manager,)


def definition(region: str, told: Sequence[Desk], topics: Sequence[str]) -> str:
    """The alert manager's configuration, as the service takes it: a document in a document. JSON is YAML."""
    config = {
        "route": {
            "receiver": told[0].name,
            "group_by": ["alertname", "stage"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                {"receiver": desk.name, "matchers": [f'severity="{severity}"']}
                for desk in told[1:]
                for severity in desk.severities
            ],
        },
        "receivers": [
            {"name": desk.name, "sns_configs": [{"topic_arn": topic, "sigv4": {"region": region}}]}
            for desk, topic in zip(told, topics, strict=True)
        ],
    }  # fmt: skip
    return json.dumps({"alertmanager_config": json.dumps(config, indent=1)}, indent=1)


def _key(plan: Plan, options: BuildOptions, workspace: amp.Workspace) -> kms.Key:
    name, opts = child(options, "alerts-key")
    key = kms.Key(
        name,
        region=plan.region,
        description=f"Alerts of {plan.cluster} on their way",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=workspace.arn.apply(key_policy),
        tags=tags(plan, "aws"),
        opts=opts,
    )
    name, opts = child(options, "alerts-key-alias")
    kms.Alias(name, region=plan.region, name=f"alias/{plan.cluster}-alerts", target_key_id=key.key_id, opts=opts)
    return key


def key_policy(workspace: str) -> str:
    """The account's own, and what the service needs to write to an encrypted topic, for this account alone."""
    _, partition, _, _, account, *_ = workspace.split(":")
    own = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    publish = {
        "Sid": "Alerts",
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return _policy(own, publish)


def topic_policy(workspace: str, topic: str) -> str:
    """This workspace may write to the topic, and no other of anybody's."""
    publish = {
        "Sid": "Alerts",
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": ["sns:Publish", "sns:GetTopicAttributes"],
        "Resource": topic,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": workspace},
            "StringEquals": {"aws:SourceAccount": workspace.split(":")[4]},
        },
    }
    return _policy(publish)


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def _topic(
    plan: Plan, options: BuildOptions, desk: Desk, key: kms.Key, workspace: amp.Workspace
) -> tuple[sns.Topic, sns.TopicPolicy]:
    """A desk's topic, who may write to it, and whom it writes to."""
    name, opts = child(options, f"alerts-{desk.name}")
    topic = sns.Topic(
        name,
        region=plan.region,
        name=f"{plan.cluster}-{desk.name}",
        kms_master_key_id=key.arn,
        tags=tags(plan, "aws"),
        opts=opts,
    )
    name, opts = child(options, f"alerts-{desk.name}-policy")
    policy = pulumi.Output.all(workspace.arn, topic.arn).apply(lambda known: topic_policy(known[0], known[1]))
    let = sns.TopicPolicy(name, region=plan.region, arn=topic.arn, policy=policy, opts=opts)
    for number, address in enumerate(desk.addresses):
        name, opts = child(options, f"alerts-{desk.name}-{number}")
        sns.TopicSubscription(
            name, region=plan.region, topic=topic.arn, protocol="email", endpoint=address, opts=opts
        )  # fmt: skip
    return topic, let
