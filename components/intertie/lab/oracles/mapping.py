"""Which published shape belongs to which Pulumi type, and which properties are called otherwise.

Two tables: `data/models.csv` (type, where its shape is) and `data/names.csv` (property, what the model calls it; `-`
when the model has nothing of the kind, with the reason).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from intertie.lab.tables import rows

_HERE = "intertie.lab.oracles"
_DISTRIBUTIONS = {"cfn": "cfn-lint", "botocore": "botocore", "iam-v1": "grpc-google-iam-v1"}
_FAMILIES = {"azure": "azure-mgmt", "azure-address": "azure-mgmt", "gcp": "google-cloud"}


@dataclass(frozen=True, slots=True)
class Model:
    """One published model of one type."""

    type: str
    origin: str  # cfn | botocore | azure | azure-address | gcp
    shape: str  # AWS::EKS::Nodegroup · eks.CreateNodegroup · network.Subnet · network.subnets_create · kms.CryptoKey
    generated: tuple[str, ...] = ()  # required there, but made up by the provider


@cache
def models() -> Mapping[str, tuple[Model, ...]]:
    """Type → its published models. A type that is missing here has none."""
    found: dict[str, list[Model]] = defaultdict(list)
    for row in rows(_HERE, "data/models.csv"):
        generated = tuple(each for each in row["generated"].split(";") if each)
        found[row["type"]].append(Model(row["type"], row["origin"], row["shape"], generated))
    return {token: tuple(each) for token, each in found.items()}


@cache
def names() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(type, origin) → property → path in the model. A type `*` holds for all of its origin."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in rows(_HERE, "data/names.csv"):
        found[row["type"], row["origin"]][row["property"]] = row["target"]
    return found


@cache
def reasons() -> Mapping[tuple[str, str], str]:
    """(type, property) → why a property has no counterpart, where somebody looked."""
    return {
        (row["type"], row["property"]): row["note"] for row in rows(_HERE, "data/names.csv") if row["target"] == "-"
    }


def distribution(model: Model) -> str:
    """The installed package that a model comes from."""
    service = model.shape.partition(".")[0]
    if model.origin in _DISTRIBUTIONS:
        return _DISTRIBUTIONS[model.origin]
    return _DISTRIBUTIONS.get(service) or f"{_FAMILIES[model.origin]}-{service}"


def of_package(package: str) -> list[str]:
    """All types of a Pulumi package that have a published model."""
    return [token for token in models() if token.startswith(f"{package}:")]
