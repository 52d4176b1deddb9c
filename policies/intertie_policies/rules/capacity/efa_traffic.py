"""Security groups of Elastic Fabric Adapters."""

from collections.abc import Iterator

from intertie_policies.pools import EKS_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule
from intertie_policies.templates import LAUNCH

_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_RULES = {
    "ingress": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}
_EVERYTHING = ("-1", "all")


@stack_rule(
    "efa-traffic-allowed",
    "capacity",
    types=(LAUNCH,),
    baseline=Level.MANDATORY,
    description="A security group of EFA interfaces lets all traffic in from itself, and out to itself.",
    rationale="Traffic that bypasses the kernel is let out by a rule for the group only: 0.0.0.0/0 is not enough.",
    remediation="Add rules for all protocols from and to the group itself, or use the cluster's own group.",
    references=["Amazon EC2 user guide, Elastic Fabric Adapter, prepare a security group"],
)
def efa_traffic_allowed(stack: Stack, _context: Context) -> Iterator[Violation]:
    for template in stack.of_type(LAUNCH):
        kinds = {interface["interfaceType"].text for interface in template["networkInterfaces"].items}
        if not kinds & {"efa", "efa-only"} or template.uses("networkInterfaces", EKS_CLUSTER):
            continue  # EKS gives the cluster's own group both rules
        groups = template.uses("networkInterfaces", _GROUP)
        if groups and not any(_open_to_itself(stack, group) for group in groups):
            told = f"{groups[0].name} does not let all traffic in from itself and out to itself"
            yield fail(template, told, "networkInterfaces")


def _open_to_itself(stack: Stack, group: Resource) -> bool:
    return all(_inline(group, way) or _apart(stack, group, way) for way in _RULES)


def _inline(group: Resource, way: str) -> bool:
    return any(each["protocol"].text in _EVERYTHING and each["self"].flag for each in group[way].items)


def _apart(stack: Stack, group: Resource, way: str) -> bool:
    """Whether a rule beside the group says it, in the older or the newer form."""
    for each in stack.of_type(_RULES[way]):
        if each["ipProtocol"].text in _EVERYTHING and _flows(
            group, each, "securityGroupId", "referencedSecurityGroupId"
        ):
            return True
    for each in stack.of_type(_OLD_RULE):
        if each["type"].text == way and each["protocol"].text in _EVERYTHING:
            to_itself = each["self"].flag or _flows(group, each, "sourceSecurityGroupId")
            if to_itself and _flows(group, each, "securityGroupId"):
                return True
    return False


def _flows(group: Resource, rule_: Resource, *props: str) -> bool:
    return all(any(one.urn == group.urn for one in rule_.uses(prop, _GROUP)) for prop in props)
