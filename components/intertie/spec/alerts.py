"""Whom alerts reach."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from intertie.spec.base import Spec
from intertie.spec.budget import Addresses
from intertie.spec.endpoint import Address

SomeAddresses = Annotated[Addresses, Field(min_length=1)]


class Alerts(Spec):
    """Whom alerts reach, by how bad it is. A pager is reached by the address that its maker gives each service."""

    page: SomeAddresses
    """Who is woken (`critical`): one or several email addresses, at most 5."""
    ticket: Addresses = ()
    """Who looks in the morning (`warning`). Default: the same."""


def _alerts(value: Any) -> Any:
    """`oncall@example.com`, or a list of addresses → `{page: …}`, once, on reading."""
    return {"page": value} if isinstance(value, str | list | tuple) else value


ToldAlerts = Annotated[Alerts, BeforeValidator(_alerts, json_schema_input_type=Address | list[Address] | Alerts)]
