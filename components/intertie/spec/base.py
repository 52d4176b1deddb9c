"""What every part of a description shares: frozen, no unknown keys, and the words that appear in several places."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from intertie.spec.fields import Text


class Spec(BaseModel):
    """Base of every part. Frozen, so that one read description can be shared by many plans."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class Cloud(StrEnum):
    """Where a placement runs. `other` is a cluster that Intertie did not make and no cloud names."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    OTHER = "other"


Slug = Annotated[
    str,
    Text(
        r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$",
        "1 to 30 lower case letters, digits and hyphens, a letter first and no hyphen last",
        30,
    ),
]
"""A short name that is legal on every cloud and in Kubernetes: lower case, digits and hyphens, 1 to 30 characters."""

TagValue = Annotated[
    str,
    Text(
        r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$",
        "1 to 63 lower case letters, digits, `_` and `-`, with a letter or digit first and last (all clouds take that)",
        63,
    ),
]
"""A value that all three clouds take as tag or label: lower case letters, digits, `_` and `-`, 1 to 63 characters."""

TagKey = Annotated[
    str,
    Text(
        r"^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$",
        "1 to 63 lower case letters, digits, `_` and `-`, with a letter first (all clouds take that)",
        63,
    ),
]
"""A key that all three clouds take as tag or label."""

HostName = Annotated[
    str,
    Text(
        r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
        "a DNS name in lower case, such as chat.example.com, without scheme, port or path",
        253,
    ),
]

Cidr = Annotated[
    str,
    Text(
        r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$",
        "an IPv4 range such as 10.64.0.0/16",
        18,
        examples=("10.64.0.0/16",),
    ),
]
"""An IPv4 range in CIDR form. That it is a real range is checked when the description is read."""

KubernetesName = Annotated[
    str,
    Text(
        r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$",
        "a Kubernetes name: up to 63 lower case letters, digits, hyphens and dots",
        63,
    ),
]

LabelKey = Annotated[
    str,
    Text(
        r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
        "a Kubernetes label key, such as example.com/pool",
        317,
    ),
]
LabelValue = Annotated[
    str,
    Text(
        r"^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$",
        "a Kubernetes label value: up to 63 letters, digits, `.`, `_` and `-`",
        63,
    ),
]

Jurisdiction = Annotated[str, Text(r"^[a-z]{2,10}$", "a jurisdiction such as us, eu or uk", 10)]
