"""Brings a published shape under the names of the SDK.

Names are matched without regard to case, underscores and a plural `s`; what is called otherwise stands in the table of
exceptions (`mapping.py`). What finds no counterpart is a gap, and is listed, not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from intertie.lab.oracles.field import Field
from intertie.lab.oracles.rules import Limit, Rule

NOTHING = "-"
"""Target of an exception that says: the published model has nothing for this property."""

_TAG_NAMES = ({"Key", "Value"}, {"key", "value"})


@dataclass
class Combining:
    """One published model being brought under one type. `used` collects its paths that found a name."""

    source: str
    root: Field
    names: Mapping[str, str]  # path in the SDK (without []) → path in the model, or NOTHING
    used: set[int] = field(default_factory=set)

    def over(self, rule: Rule) -> Rule:
        """The rule of a type with this model's limits added."""
        return self._into(rule, self.root, "")

    def unmatched(self) -> list[str]:
        """What the model requires and no property was found for."""
        return [
            name
            for name, each in self.root.inside().fields.items()
            if each.required and id(each) not in self.used and not each.read_only
        ]

    def _into(self, rule: Rule, shape: Field, path: str) -> Rule:
        if rule.kind == "object":
            inner = shape.inside()
            return replace(
                rule, fields={name: self._field(name, each, inner, path) for name, each in rule.fields.items()}
            )
        if rule.kind == "list" and rule.item is not None:
            item = shape.item if shape.kind == "list" and shape.item is not None else shape
            return replace(
                rule,
                item=self._limited(rule.item, item, path) if item is not shape else self._into(rule.item, item, path),
            )
        if rule.kind == "map" and rule.item is not None:
            return self._map(rule, shape)
        return rule

    def _field(self, name: str, rule: Rule, shape: Field, path: str) -> Rule:
        here = f"{path}.{name}" if path else name
        target = self.names.get(here)
        if target == NOTHING:
            return rule
        found = self._target(target) if target else _alike(name, shape)
        return self._limited(rule, found, here) if found is not None else self._below(rule, here)

    def _target(self, target: str) -> Field | None:
        """What lies at a path of the model; all on the way there counts as used."""
        parts = target.split(".")
        for length in range(1, len(parts)):
            passed = self.root.at(".".join(parts[:length]))
            if passed is not None:
                self.used.add(id(passed))
        return self.root.at(target)

    def _below(self, rule: Rule, path: str) -> Rule:
        """Without a counterpart of its own, something inside may still have one: Terraform nests where APIs do not."""
        if not any(name.startswith(f"{path}.") for name in self.names):
            return rule
        return self._into(rule, Field(kind="object"), path)

    def _limited(self, rule: Rule, shape: Field, path: str) -> Rule:
        self.used.add(id(shape))
        return self._into(replace(rule, limits=(*rule.limits, self._limit(shape, rule))), shape, path)

    def _limit(self, shape: Field, rule: Rule) -> Limit:
        """Limits of a list's items do not hold for the list, where one is flat and the other is not."""
        same = (shape.kind == "list") == (rule.kind == "list")
        scalar = shape if same else Field(kind=shape.kind, required=shape.required, fixed=shape.fixed)
        return Limit(
            self.source, shape.required, shape.fixed, shape.read_only, scalar.kind, scalar.values, scalar.pattern,
            scalar.least, scalar.most,
        )  # fmt: skip

    def _map(self, rule: Rule, shape: Field) -> Rule:
        """Tags are a map in Pulumi and often a list of pairs in APIs."""
        assert rule.item is not None
        pair = shape.inside()
        key, value = shape.key, shape.item
        if shape.kind == "list" and any(names <= set(pair.fields) for names in _TAG_NAMES):
            key = pair.fields.get("Key") or pair.fields.get("key")
            value = pair.fields.get("Value") or pair.fields.get("value")
        elif shape.kind != "map":
            return rule
        limits = (*rule.key_limits, self._limit(replace(key, required=False), rule.item)) if key else rule.key_limits
        item = rule.item
        if value is not None:
            item = replace(item, limits=(*item.limits, self._limit(replace(value, required=False), item)))
        return replace(rule, key_limits=limits, item=item)


def _alike(name: str, shape: Field) -> Field | None:
    """The field of the same name, or of the same name but for a plural."""
    plain = {_plain(each): field for each, field in shape.fields.items()}
    wanted = _plain(name)
    singular = wanted.removesuffix("s")
    for each in (wanted, singular, f"{wanted}s", wanted.removesuffix("es"), f"{wanted.removesuffix('ies')}y"):
        if each in plain:
            return plain[each]
    return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
