"""Which ports and machines the world can reach."""

from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, GKE, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule
from intertie_policies.rules.exposure.endpoints import everywhere
from intertie_policies.templates import GROUP, all_seen

_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_NSG = "azure-native:network:NetworkSecurityGroup"
_NSG_RULE = "azure-native:network:SecurityRule"
_FIREWALL = "gcp:compute/firewall:Firewall"
_ECHOES = ("icmp", "icmpv6", "1", "58")
"""Protocols without ports: path MTU discovery needs them from everywhere."""


@rule(
    "ports-not-open-to-world",
    "exposure",
    types=[_GROUP, _OLD_RULE, _RULE, _NSG, _NSG_RULE, _FIREWALL, EKS],
    baseline=Level.MANDATORY,
    description="No firewall lets the whole world in, but on the ports that are meant to be public.",
    rationale="Model servers, SSH and the kubelet have no business on the internet, and are scanned within minutes.",
    remediation="Name the source ranges or security groups, or add the port to `exposure.public_ports`.",
    references=["CIS Amazon Web Services Foundations Benchmark, security groups", "Amazon EKS API, RemoteAccessConfig",
                "CIS Google Cloud Platform Foundation Benchmark, firewall rules"],
    settings=["exposure"],
    apply_time_only=["cidrIpv4", "cidrIpv6", "cidrBlocks[*]", "ingress[*].cidrBlocks[*]", "ipv6CidrBlocks[*]"],
)  # fmt: skip
def ports_not_open_to_world(resource: Resource, context: Context) -> Iterator[Violation]:
    allowed = context.settings.exposure.public_ports
    for range_, ports in _openings(resource):
        first, last, said = ports
        if (
            first is None
            or last is None
            or last - first > len(allowed)
            or not set(range(first, last + 1)) <= set(allowed)
        ):
            yield fail(resource, f"{said} is open to {range_}; allowed: {', '.join(map(str, allowed))}")


Ports = tuple[int | None, int | None, str]
"""First and last port, None where it is every port; and how it is said."""


def _openings(resource: Resource) -> Iterator[tuple[str, Ports]]:
    """What is open to everybody."""
    if resource.type == _GROUP:
        for ingress in resource["ingress"].items:
            yield from _aws(ingress, "cidrBlocks", "ipv6CidrBlocks", protocol="protocol")
    elif resource.type == _OLD_RULE:
        if resource["type"].text == "ingress":
            yield from _aws(resource.props, "cidrBlocks", "ipv6CidrBlocks", protocol="protocol")
    elif resource.type == _RULE:
        yield from _aws(resource.props, "cidrIpv4", "cidrIpv6", protocol="ipProtocol")
    elif resource.type == EKS:
        yield from _by_ssh(resource["remoteAccess"])
    elif resource.type == _NSG:
        for rule_ in resource["securityRules"].items:
            yield from _azure(rule_)
    elif resource.type == _NSG_RULE:
        yield from _azure(resource.props)
    else:
        yield from _google(resource)


def _by_ssh(access: Value) -> Iterator[tuple[str, Ports]]:
    """EKS opens the port of SSH to everybody where a key is given, and no group that may come in."""
    groups = access["sourceSecurityGroupIds"]
    if not access["ec2SshKey"].absent and not groups.items and not groups.unknown:
        yield "0.0.0.0/0", (22, 22, "port 22")


def _aws(rule_: Value, *ranges: str, protocol: str) -> Iterator[tuple[str, Ports]]:
    open_to = [text for key in ranges for text in rule_[key].texts if everywhere(text)]
    if open_to and _low(rule_[protocol]) not in _ECHOES:
        all_ports = rule_[protocol].text in ("-1", "all")
        yield open_to[0], (None, None, "every port") if all_ports else _span(rule_["fromPort"], rule_["toPort"])


def _low(word: Value) -> str:
    """In lower case: Azure takes its words in any."""
    return (word.text or "").lower()


def _span(first: Value, last: Value) -> Ports:
    low, high = first.number, last.number
    if low is None or high is None:
        return None, None, "every port"
    return int(low), int(high), f"port {low:g}" if low == high else f"ports {low:g}-{high:g}"


def _azure(rule_: Value) -> Iterator[tuple[str, Ports]]:
    if _low(rule_["direction"]) != "inbound" or _low(rule_["access"]) != "allow":
        return
    if _low(rule_["protocol"]) in _ECHOES:
        return
    sources = (*rule_["sourceAddressPrefix"].texts, *rule_["sourceAddressPrefixes"].texts)
    open_to = [source for source in sources if everywhere(source)]
    if open_to:
        for ports in (*rule_["destinationPortRange"].texts, *rule_["destinationPortRanges"].texts) or ("*",):
            yield open_to[0], _written(ports)


def _google(firewall: Resource) -> Iterator[tuple[str, Ports]]:
    if firewall["direction"].text == "EGRESS" or firewall["disabled"].flag:
        return
    ranges = firewall["sourceRanges"]
    open_to = [text for text in ranges.texts if everywhere(text)]
    named = (ranges, firewall["sourceTags"], firewall["sourceServiceAccounts"])
    if all(each.absent for each in named):
        open_to = ["0.0.0.0/0"]
    for allow in firewall["allows"].items if open_to else ():
        if _low(allow["protocol"]) in _ECHOES:
            continue
        for ports in allow["ports"].texts or ("*",):
            yield open_to[0], _written(ports)


def _written(ports: str) -> Ports:
    """`443`, `8000-8100` or `*`."""
    first, _, last = ports.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        return None, None, "every port"
    return int(first), int(last or first), f"port {ports}" if not last else f"ports {ports}"


# --------------------------------------------------------------------- machines

_LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"
_GCE_TEMPLATES = (
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)


@rule(
    "nodes-without-public-address",
    "exposure",
    types=[_LAUNCH, EKS, GROUP, AKS, AKS_CLUSTER, GKE, GKE_CLUSTER, *_GCE_TEMPLATES],
    description="Nodes have no public addresses.",
    rationale="A node with a public address is a way around the gateway, and pays for the address.",
    remediation=(
        "EC2: associatePublicIpAddress false. AKS: enableNodePublicIP false. "
        "GKE: privateClusterConfig.enablePrivateNodes true. Give the network a NAT gateway for what goes out."
    ),
    references=["Amazon EKS best practices guide, private subnets", "GKE documentation, private nodes"],
    whole=all_seen("whether its machines get public addresses"),
)
def nodes_without_public_address(resource: Resource, _context: Context) -> Iterator[Violation]:
    for value in _public_flags(resource):
        if value.flag:
            yield fail(resource, "its machines get public addresses", *value.path)
    if resource.type == GKE_CLUSTER:
        private = resource["privateClusterConfig"]["enablePrivateNodes"]
        if not private.flag and not private.unknown:
            yield fail(resource, "nodes are not private: GKE gives each one a public address", *private.path)
    elif resource.type == GKE:
        private = resource["networkConfig"]["enablePrivateNodes"]
        if private.flag is False:
            yield fail(resource, "the pool's nodes are not private", *private.path)


def _public_flags(resource: Resource) -> Iterator[Value]:
    if resource.type == _LAUNCH:
        yield from (each["associatePublicIpAddress"] for each in resource["networkInterfaces"].items)
    elif resource.type == AKS:
        yield resource["enableNodePublicIP"]
    elif resource.type == AKS_CLUSTER:
        yield from (profile["enableNodePublicIP"] for profile in resource["agentPoolProfiles"].items)
    elif resource.type in _GCE_TEMPLATES:
        for interface in resource["networkInterfaces"].items:
            if interface["accessConfigs"].items:
                yield interface["accessConfigs"].derived(True)


@stack_rule(
    "node-subnets-private",
    "exposure",
    types=["aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/group:Group"],
    description="Node groups lie in subnets that give out no public addresses.",
    rationale="A subnet with mapPublicIpOnLaunch gives every node in it a public address, whatever the group says.",
    remediation="Put node groups into private subnets, with a NAT gateway for what goes out.",
    references=["Amazon EKS user guide, networking requirements"],
)
def node_subnets_private(stack: Stack, _context: Context) -> Iterator[Violation]:
    for group in stack.of_type("aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/group:Group"):
        prop = "subnetIds" if group.type.startswith("aws:eks") else "vpcZoneIdentifiers"
        for subnet in group.uses(prop, "aws:ec2/subnet:Subnet"):
            if subnet["mapPublicIpOnLaunch"].flag:
                yield fail(group, f"the subnet {subnet.name} gives its machines public addresses", prop)
