"""Which published shape belongs to which Pulumi type, and which properties are called otherwise.

Two tables: `data/models.csv` (type, where its shape is) and `data/names.csv` (property, what the model calls it; `-`
when the model has nothing of the kind, with the reason).
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Model:
    """One published model of one type."""

    type: str
    origin: str  # cfn | botocore | azure | gcp
    shape: str  # AWS::EKS::Nodegroup · eks.CreateNodegroup · containerservice.AgentPool · container.NodePool
    generated: tuple[str, ...] = ()  # required there, but made up by the provider


@cache
def models() -> Mapping[str, tuple[Model, ...]]:
    """Type → its published models. A type that is missing here has none."""
    found: dict[str, list[Model]] = defaultdict(list)
    for row in _rows("models.csv"):
        generated = tuple(each for each in row["generated"].split(";") if each)
        found[row["type"]].append(Model(row["type"], row["origin"], row["shape"], generated))
    return {token: tuple(each) for token, each in found.items()}


@cache
def names() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(type, origin) → property → path in the model. A type `*` holds for all of its origin."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in _rows("names.csv"):
        found[row["type"], row["origin"]][row["property"]] = row["target"]
    return found


@cache
def reasons() -> Mapping[tuple[str, str], str]:
    """(type, property) → why a property has no counterpart, where somebody looked."""
    return {(row["type"], row["property"]): row["note"] for row in _rows("names.csv") if row["target"] == "-"}


def of_package(package: str) -> list[str]:
    """All types of a Pulumi package that have a published model."""
    return [token for token in models() if token.startswith(f"{package}:")]


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with files("intertie.lab.oracles").joinpath("data", name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
