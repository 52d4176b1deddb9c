"""What Azure refuses that no published model says: forms of names, rules between properties.

Sources: AKS documentation (agent pools, limits), Azure naming rules, AKS REST API 2025-09-01.
"""

import re
from collections.abc import Mapping
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.kinds import Kind

_NAMES = {
    "azure-native:containerservice:AgentPool": ("agentPoolName", r"^[a-z][a-z0-9]{0,11}$"),
    "azure-native:containerservice:ManagedCluster": (
        "resourceName",
        r"^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$",
    ),
    "azure-native:storage:StorageAccount": ("accountName", r"^[a-z0-9]{3,24}$"),
    "azure-native:storage:BlobContainer": ("containerName", r"^[a-z0-9](-?[a-z0-9]){2,62}$"),
    "azure-native:resources:ResourceGroup": ("resourceGroupName", r"^[-\w\._\(\)]{0,89}[-\w_\(\)]$"),
}
_TAINT = re.compile(r"^[^=:]+(=[^=:]*)?:(NoSchedule|NoExecute|PreferNoSchedule)$")
_TAG = re.compile(r"[<>%&\\?/]")


def check(kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
    """(path, reason) of everything that is wrong."""
    found: list[tuple[str, str]] = []
    if kind.type in _NAMES:
        path, pattern = _NAMES[kind.type]
        name = inputs.get(path)
        if isinstance(name, str) and not re.search(pattern, name):
            found.append((path, f"{name!r} does not match expression '{pattern}'"))
    found += [
        (f"tags[{key!r}]", f"The tag name {key!r} has reserved characters '<,>,%,&,\\,?,/' or control characters.")
        for key in inputs.get("tags") or {}
        if _TAG.search(key)
    ]
    if kind.type == "azure-native:containerservice:AgentPool":
        found += pool(inputs, "", pending)
    if kind.type == "azure-native:containerservice:ManagedCluster":
        found += _cluster(inputs, pending)
    return found


def pool(inputs: Mapping[str, Any], path: str, pending: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Rules of an agent pool, of its own or inside a cluster."""
    found = [
        (f"{path}nodeTaints", f"{each!r} is not of the form key=value:Effect")
        for each in inputs.get("nodeTaints") or ()
        if isinstance(each, str) and not _TAINT.match(each)
    ]
    spot = inputs.get("scaleSetPriority") == "Spot"
    if spot and inputs.get("mode") == "System":
        found.append((f"{path}scaleSetPriority", "Spot node pools cannot be of mode System."))
    if not spot and "scaleSetPriority" not in pending and inputs.get("spotMaxPrice") is not None:
        found.append((f"{path}spotMaxPrice", "spotMaxPrice can only be set when scaleSetPriority is Spot."))
    return found + _counts(inputs, path, pending)


def _counts(inputs: Mapping[str, Any], path: str, pending: frozenset[str]) -> list[tuple[str, str]]:
    least, most, count = (inputs.get(name) for name in ("minCount", "maxCount", "count"))
    scaled = inputs.get("enableAutoScaling") is True or "enableAutoScaling" in pending
    if not scaled and (least is not None or most is not None):
        return [(f"{path}minCount", "minCount and maxCount can only be set when enableAutoScaling is true.")]
    if not all(isinstance(each, int) for each in (least, most)):
        return []
    assert isinstance(least, int)
    assert isinstance(most, int)
    if least > most:
        return [(f"{path}minCount", f"minCount {least} must not be greater than maxCount {most}.")]
    if inputs.get("mode") == "System" and least < 1:
        return [(f"{path}minCount", "System node pools need at least one node.")]
    if isinstance(count, int) and not least <= count <= most:
        return [(f"{path}count", f"count {count} must be between minCount {least} and maxCount {most}.")]
    return []


def _cluster(inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
    if "agentPoolProfiles" in pending:
        return []
    pools = inputs.get("agentPoolProfiles")
    if not isinstance(pools, list) or not any(each.get("mode") == "System" for each in pools):
        return [("agentPoolProfiles", "Must define at least one system pool.")]
    found = [each for number, row in enumerate(pools) for each in pool(row, f"agentPoolProfiles[{number}].")]
    group = inputs.get("nodeResourceGroup")
    if isinstance(group, str) and len(group) > 80:
        found.append(
            ("nodeResourceGroup", "The length of the node resource group name is too long. The maximum length is 80.")
        )
    outbound = values.one(inputs, "networkProfile.outboundType")
    if outbound == "managedNATGateway" and any(row.get("vnetSubnetID") for row in pools):
        reason = "OutboundType managedNATGateway cannot be used with a subnet of one's own."
        found.append(("networkProfile.outboundType", reason))
    if inputs.get("dnsPrefix") and inputs.get("fqdnSubdomain"):
        found.append(("fqdnSubdomain", "dnsPrefix and fqdnSubdomain cannot both be set."))
    return found
