"""The types that a simulated cloud knows more of than their names: one table per cloud, `<cloud>/kinds.yaml`.

Whatever a table leaves out has a general rule, so that a type which no table names can still be made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from intertie.lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Reference:
    """An input that names another resource. It must exist; while it is named so, the other one cannot go."""

    at: str  # path of the input: `vpcConfig.subnetIds[]`
    to: tuple[str, ...]  # type tokens
    missing: str = ""  # `Code|message` when there is no such thing
    holds: bool = True
    assumed: bool = False  # may have been there before the lab: then it is taken as given


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of resource. Texts are templates; see `template.py`."""

    type: str
    id: str = "{name}"
    key: str = "{id}"  # the id once more, unique over the whole organisation
    label: str = ""  # how messages call it: `EKS Node Group`
    service: str = ""
    api: str = ""  # operation without its verb: `Nodegroup` of CreateNodegroup
    name: str = ""  # input with the physical name
    prefix: str = ""  # input with a prefix for it, given instead
    longest: int = 0  # characters of a name that the provider makes up
    defaults: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()  # outputs by which others may name it, besides its id
    references: tuple[Reference, ...] = ()
    exists: str = ""  # `Code|message` when the name is taken
    in_use: str = ""  # `Code|message` when something still needs it
    owns: bool = False  # what lies beneath its id goes with it
    needs: tuple[tuple[str, str], ...] = ()  # (type, id) that must exist without being named: enabled APIs
    replaced_by: tuple[str, ...] = ()  # inputs whose change makes another resource, besides what the oracles say
    kept: tuple[str, ...] = ()  # outputs that an update does not make anew


@cache
def load(cloud: str) -> Mapping[str, Kind]:
    """Type token → Kind, of one cloud (`aws`, `azure`, `gcp`)."""
    text = files("intertie.lab.clouds").joinpath(cloud, "kinds.yaml").read_text(encoding="utf-8")
    table = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe; C is faster)
    return {token: _kind(token, row or {}) for token, row in table.items() if not token.startswith("_")}


def _kind(token: str, row: Mapping[str, Any]) -> Kind:
    unknown = set(row) - set(Kind.__dataclass_fields__)
    if unknown:
        raise LabError(f"kinds.yaml, {token}: no such field: {', '.join(sorted(unknown))}")
    made: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    made["references"] = tuple(_reference(each) for each in row.get("references", ()))
    made["needs"] = tuple((each["type"], each["id"]) for each in row.get("needs", ()))
    return Kind(type=token, **made)


def _reference(row: Mapping[str, Any]) -> Reference:
    to = row["to"]
    return Reference(**{**row, "to": tuple(to) if isinstance(to, list) else (to,)})
