"""The rules of one type as a provider uses them: the SDK's names, and under each what the clouds publish of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """What one published model says of a value."""

    source: str  # `AWS::EKS::Nodegroup (cfn-lint 1.58.0)`
    required: bool = False
    fixed: bool = False
    read_only: bool = False
    kind: str = "any"
    values: tuple[str, ...] = ()
    pattern: str = ""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One input with all that is published of it, and the inputs inside it."""

    kind: str = "any"  # as the SDK declares it
    required: bool = False  # by the SDK
    limits: tuple[Limit, ...] = ()
    key_limits: tuple[Limit, ...] = ()
    fields: Mapping[str, "Rule"] = field(default_factory=dict)
    item: "Rule | None" = None

    def paths(self, prefix: str = "") -> Iterator[tuple[str, "Rule"]]:
        """Every input with its path: `taints[].effect`."""
        for name, each in self.fields.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path, each
            yield from each.paths(path)
        if self.item is not None:
            yield from self.item.paths(f"{prefix}[]")


@dataclass(frozen=True, slots=True)
class Type:
    """All that is known of a type. `unmatched`: what a published model requires and Pulumi has no name for."""

    token: str
    inputs: Rule
    outputs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    known: bool = True  # False: the SDK does not have it

    def fixed(self) -> dict[str, str]:
        """Paths of what cannot be changed in place, with who says so."""
        return {
            path: next(limit.source for limit in rule.limits if limit.fixed)
            for path, rule in self.inputs.paths()
            if any(limit.fixed for limit in rule.limits)
        }


def file_name(token: str) -> str:
    """`aws.eks.nodeGroup.NodeGroup.json`"""
    return token.replace(":", ".").replace("/", ".") + ".json"


def to_json(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": rule.kind}
    if rule.required:
        data["required"] = True
    if rule.limits:
        data["limits"] = [_limit_to_json(limit) for limit in rule.limits]
    if rule.key_limits:
        data["key_limits"] = [_limit_to_json(limit) for limit in rule.key_limits]
    if rule.fields:
        data["fields"] = {name: to_json(each) for name, each in rule.fields.items()}
    if rule.item is not None:
        data["item"] = to_json(rule.item)
    return data


def from_json(data: Mapping[str, Any]) -> Rule:
    return Rule(
        kind=data["kind"],
        required=data.get("required", False),
        limits=tuple(_limit(each) for each in data.get("limits", ())),
        key_limits=tuple(_limit(each) for each in data.get("key_limits", ())),
        fields={name: from_json(each) for name, each in data.get("fields", {}).items()},
        item=from_json(data["item"]) if "item" in data else None,
    )


def _limit_to_json(limit: Limit) -> dict[str, Any]:
    empty = Limit("")
    return {
        name: getattr(limit, name)
        for name in Limit.__dataclass_fields__
        if getattr(limit, name) != getattr(empty, name)
    }


def _limit(data: Mapping[str, Any]) -> Limit:
    return Limit(**{**data, "values": tuple(data.get("values", ()))})
