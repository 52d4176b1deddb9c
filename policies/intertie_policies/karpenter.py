"""Node pools that Karpenter fills: which machines they may be, by their requirements."""

import re
from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import has_accelerators
from intertie_policies.resources import Resource

NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
_CAPACITY = "karpenter.sh/capacity-type"
_CAPACITIES = frozenset({"spot", "on-demand", "reserved"})
"""Kinds of capacity that there are. Source: Karpenter documentation, well-known labels."""
_TYPE = "node.kubernetes.io/instance-type"
_MODELS = ("karpenter.k8s.aws/instance-gpu-name", "karpenter.azure.com/sku-gpu-name")
_KINDS = (
    "karpenter.k8s.aws/instance-category",
    "karpenter.k8s.aws/instance-family",
    "karpenter.azure.com/sku-family",
)
_ACCELERATED_KINDS = re.compile(r"(?:p|g|gr|inf|trn|dl|vt|f)(?:\d.*)?|N.*")
"""Categories and families of machines with accelerators. Source: Karpenter documentation, well-known labels."""


def cloud_of(pool: Resource) -> str:
    """`aws` or `azure`, as the group of its node class says."""
    group = _template(pool)["nodeClassRef"]["group"].quietly().text or ""
    return "azure" if "azure" in group else "aws"


def machines(pool: Resource) -> tuple[Value, ...]:
    """Machine types that it names; () where it names none."""
    return tuple(_values(pool, _TYPE))


def models(pool: Resource) -> tuple[Value, ...]:
    """Accelerators that it names by their model; () where it names none."""
    return tuple(value for key in _MODELS for value in _values(pool, key))


def is_open(pool: Resource) -> bool:
    """Whether machines with accelerators may be chosen that nothing names."""
    kinds = [value.text for key in _KINDS for value in _values(pool, key)]
    without = bool(kinds) and not any(kind is None or _ACCELERATED_KINDS.fullmatch(kind) for kind in kinds)
    return not machines(pool) and not models(pool) and not without


def accelerated(pool: Resource) -> bool:
    """Whether its nodes may have accelerators."""
    return is_open(pool) or bool(models(pool)) or has_accelerators(cloud_of(pool), machines(pool))


def spot_only(pool: Resource) -> bool:
    """Whether its requirements leave it no capacity but spot."""
    left = _CAPACITIES
    for requirement in _template(pool)["requirements"].items:
        if requirement["key"].text != _CAPACITY:
            continue
        operator = requirement["operator"].text
        if operator == "In":
            left &= set(requirement["values"].texts)
        elif operator == "NotIn":
            left -= set(requirement["values"].texts)
    return left == {"spot"}


def _template(pool: Resource) -> Value:
    return pool["spec"]["template"]["spec"]


def _values(pool: Resource, key: str) -> Iterator[Value]:
    """The values of a requirement. Other operators than In exclude something, and name nothing."""
    for requirement in _template(pool)["requirements"].items:
        if requirement["key"].text == key and requirement["operator"].text == "In":
            yield from requirement["values"].items
