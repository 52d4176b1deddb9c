"""Whether a pod could run on a node, for the autoscaler's imagined nodes. The real scheduler decides on real ones."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from intertie.lab import network_driver
from intertie.lab.kube import quantity

Amounts = dict[str, Decimal]


def requests(pod: Mapping[str, Any]) -> Amounts:
    """What a pod asks for: the sum of its containers, or its largest init container; and a place."""
    spec = pod["spec"]
    total: Amounts = {"pods": Decimal(1)}
    for container in spec["containers"]:
        for name, amount in _requests(container).items():
            total[name] = total.get(name, Decimal(0)) + amount
    for container in spec.get("initContainers") or []:
        for name, amount in _requests(container).items():
            total[name] = max(total.get(name, Decimal(0)), amount)
    return total


def _requests(container: Mapping[str, Any]) -> Amounts:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: quantity.parse(amount) for name, amount in asked.items()}


def room(node: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> Amounts:
    """What is left of a node's allocatable amounts when these pods are on it."""
    left = {name: quantity.parse(amount) for name, amount in node["status"]["allocatable"].items()}
    for pod in pods:
        for name, amount in requests(pod).items():
            left[name] = left.get(name, Decimal(0)) - amount
    return left


def fits(pod: Mapping[str, Any], node: Mapping[str, Any], left: Mapping[str, Decimal]) -> bool:
    """Labels, taints, amounts, and whether anything can be claimed.

    Other rules (how much is claimed, spreading, affinity between pods) are left to the real scheduler.
    """
    spec = pod["spec"]
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not any(_term(term, labels, node) for term in required["nodeSelectorTerms"]):
        return False
    if not tolerates(spec.get("tolerations") or [], node["spec"].get("taints") or []):
        return False
    if spec.get("resourceClaims") and network_driver.MARK not in (node["metadata"].get("annotations") or {}):
        return False
    return all(left.get(name, Decimal(0)) >= amount for name, amount in requests(pod).items())


def tolerates(tolerations: Iterable[Mapping[str, Any]], taints: Iterable[Mapping[str, Any]]) -> bool:
    """Whether every taint that keeps pods away has its toleration."""
    given = list(tolerations)
    return all(
        any(_tolerates(each, taint) for each in given) for taint in taints if taint["effect"] != "PreferNoSchedule"
    )


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", "")


def _term(term: Mapping[str, Any], labels: Mapping[str, str], node: Mapping[str, Any]) -> bool:
    names = {"metadata.name": node["metadata"]["name"]}
    return all(_matches(each, labels) for each in term.get("matchExpressions") or []) and all(
        _matches(each, names) for each in term.get("matchFields") or []
    )


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, wanted = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in wanted
        case "NotIn":
            return value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(wanted[0])
        case "Lt":
            return value is not None and int(value) < int(wanted[0])
    return False
