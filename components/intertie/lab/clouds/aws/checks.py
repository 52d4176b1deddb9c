"""What AWS refuses that no published model says: rules between properties. Source: EKS user guide."""

from collections.abc import Mapping
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.kinds import Kind

_TEMPLATE_EXCLUDES = ("diskSize", "remoteAccess")


def check(kind: Kind, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(path, reason) of everything that is wrong between properties."""
    if kind.type == "aws:eks/nodeGroup:NodeGroup":
        return [*_with_template(inputs), *_block(inputs), *_scaling(inputs)]
    if kind.type == "aws:eks/cluster:Cluster":
        return _cluster(inputs)
    return []


def same_version(path: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether two lists of machine types or subnets hold the same in another order: they are sets."""
    before, after = values.one(olds, path), values.one(news, path)
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    return all(isinstance(each, str) for each in (*before, *after)) and sorted(before) == sorted(after)


def _with_template(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    if inputs.get("launchTemplate") is None:
        return []
    return [
        (name, f"{name} cannot be specified together with a launch template: say it there (EKS user guide)")
        for name in _TEMPLATE_EXCLUDES
        if inputs.get(name) is not None
    ]


def _block(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    if inputs.get("capacityType") == "CAPACITY_BLOCK" and inputs.get("instanceTypes"):
        return [
            ("instanceTypes", "with CAPACITY_BLOCK the instance type is named in the launch template (EKS user guide)")
        ]
    return []


def _scaling(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    sizes = [values.one(inputs, f"scalingConfig.{name}") for name in ("minSize", "desiredSize", "maxSize")]
    if any(not isinstance(each, (int, float)) for each in sizes):
        return []
    least, desired, most = sizes
    if least > most:
        return [("scalingConfig.minSize", f"Minimum capacity {least} can't be greater than maximum size {most}")]
    if desired < least:
        return [("scalingConfig.desiredSize", f"Minimum capacity {least} can't be greater than desired size {desired}")]
    if desired > most:
        return [("scalingConfig.desiredSize", f"desired capacity {desired} can't be greater than max size {most}")]
    return []


def _cluster(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    auto = [
        values.one(inputs, path)
        for path in (
            "computeConfig.enabled",
            "kubernetesNetworkConfig.elasticLoadBalancing.enabled",
            "storageConfig.blockStorage.enabled",
        )
    ]
    if len({bool(each) for each in auto}) > 1:
        return [
            ("computeConfig.enabled", "compute, load balancing and block storage of Auto Mode are all on or all off")
        ]
    return []
