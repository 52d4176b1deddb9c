"""Fast networks between accelerator nodes."""

from collections.abc import Iterator

from intertie import catalog
from intertie_policies.owners import clusters_of
from intertie_policies.pools import EKS, EKS_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule
from intertie_policies.rules.capacity.reservations import TEMPLATE
from intertie_policies.templates import GROUP, all_seen, templates, unseen


@rule(
    "efa-interfaces-legal",
    "capacity",
    types=(TEMPLATE, EKS, GROUP),
    baseline=Level.MANDATORY,
    description="The first network card has an interface that carries IP; the others follow it on device 1.",
    rationale="An instance whose first card is EFA only, or whose cards share a device, is refused at launch.",
    remediation="Card 0: device 0, interface type efa or interface. Cards 1 and up: device 1, efa-only or efa.",
    references=["Amazon EC2 user guide, Elastic Fabric Adapter"],
    whole=all_seen("the network cards of its machines"),
)
def efa_interfaces_legal(template: Resource, _context: Context) -> Iterator[Violation]:
    for interface in template["networkInterfaces"].items:
        kind = interface["interfaceType"].text
        if kind not in ("efa", "efa-only"):
            continue
        card, device = interface["networkCardIndex"].number or 0, interface["deviceIndex"].number or 0
        if card == 0 and device == 0 and kind == "efa-only":
            yield fail(template, "card 0 cannot be efa-only: it carries the node's IP", *interface.path)
        elif card > 0 and device == 0:
            yield fail(template, f"card {card:g} has device 0; allowed: 1", *interface.path)


@stack_rule(
    "efa-interfaces-fit-machine",
    "capacity",
    types=(EKS, GROUP),
    baseline=Level.MANDATORY,
    description="A template has no more EFA interfaces than the machine has cards for.",
    rationale="Launches with more are refused, and the pool waits 25 minutes before it says so.",
    remediation="Use the number of EFA interfaces of the machine type.",
    references=["karpenter-provider-aws instance types reference (Apache-2.0)"],
)
def efa_interfaces_fit_machine(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in stack.of_type(EKS, GROUP):
        yield from unseen(pool, "how many EFA interfaces its machines are asked for")
    for pool, template in _launched(stack):
        kinds = [interface["interfaceType"].text for interface in template["networkInterfaces"].items]
        asked = sum(kind in ("efa", "efa-only") for kind in kinds)
        names = {*pool["instanceTypes"].texts, *filter(None, [template["instanceType"].text])} if asked else set()
        for name in sorted(names):
            yield from _cards(template, name, asked)


def _launched(stack: Stack) -> Iterator[tuple[Resource, Resource]]:
    """Managed groups, each with the launch template of this stack that its nodes start from."""
    for pool in stack.of_type(EKS, GROUP):
        yield from ((pool, template) for template in templates(pool))


def _cards(template: Resource, name: str, asked: int) -> Iterator[Violation]:
    try:
        machine = catalog.machine("aws", name)
    except KeyError:
        return
    has = machine.fabric_nics if machine.fabric == "efa" else 0
    if asked > has:
        yield fail(template, f"{asked} EFA interfaces; {name} has {has}", "networkInterfaces")


@stack_rule(
    "nodes-join-cluster",
    "capacity",
    types=(EKS,),
    baseline=Level.MANDATORY,
    description="A template that names security groups for EKS nodes names the cluster's own among them.",
    rationale="With groups in the template EKS no longer adds the cluster's: the nodes start, and never join.",
    remediation="Add cluster.vpc_config.cluster_security_group_id to the template's groups.",
    references=["Amazon EKS user guide, launch templates"],
)
def nodes_join_cluster(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in stack.of_type(EKS):
        if clusters_of(pool, stack):
            yield from unseen(pool, "whether its machines are in the cluster's security group")
    for pool, template in _launched(stack):
        if pool.type != EKS or not clusters_of(pool, stack):
            continue  # the cluster is not of this stack: its group comes from elsewhere
        for key in ("vpcSecurityGroupIds", "networkInterfaces"):
            named = not template[key].quietly().absent
            groups = key == "vpcSecurityGroupIds" or any(
                not each["securityGroups"].quietly().absent for each in template[key].items
            )
            if named and groups and not template.uses(key, EKS_CLUSTER):
                yield fail(template, "the cluster's own security group is not among its groups", key)
