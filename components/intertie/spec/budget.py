"""What the pipeline may cost, who is told when it goes, and what watches it in the clusters."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from intertie.spec.base import Slug, Spec
from intertie.spec.endpoint import Address
from intertie.spec.fields import Number, Text
from intertie.spec.stage import ImageRef


class Watch(Spec):
    """What watches the budget inside each cluster: a guard that lowers ceilings, and an exporter of cost metrics."""

    image: ImageRef
    """Image that has `intertie` with the extra `guard` installed."""
    act: bool = False
    """Whether the guard lowers ceilings. Without it, it only says what it would do."""
    monthly_usd: dict[Slug, Annotated[float, Number(0, 1e12, "an amount of dollars")]] = Field(default_factory=dict)
    """Dollars per month of a placement, by its name. Default: the whole budget."""


def _listed(value: Any) -> Any:
    """One address stands for a list of one."""
    return [value] if isinstance(value, str) else value


UpToFive = Annotated[tuple[Address, ...], Field(max_length=5)]
Addresses = Annotated[UpToFive, BeforeValidator(_listed, json_schema_input_type=Address | UpToFive)]


class Budget(Spec):
    """Money that the pipeline may cost over all placements, and who is told when it goes."""

    monthly_usd: Annotated[float, Number(0, 1e12, "an amount of dollars")]
    """US dollars per calendar month."""
    alerts: Addresses = ()
    """One or several email addresses, at most 5 (Google takes no more). Each cloud keeps a budget of its own for the
    placement and writes to them. Its figures are hours to a day old: a second line behind `watch`, not a brake."""
    since: Annotated[str, Text(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", "a month such as 2026-12", 7)] | None = None
    """First month of the clouds' budgets. Azure needs it: the month in which a stack is made, or a later one. Raise it
    when a stack is made anew; budgets that exist keep theirs."""
    billing_account: (
        Annotated[
            str,
            Text(
                r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", "a billing account of Google Cloud, 012345-6789AB-CDEF01", 20
            ),
        ]
        | None
    ) = None
    """Google Cloud needs it: the billing account that pays for the project (`gcloud billing projects describe ID`)."""
    watch: Watch | None = None
    """Runs the budget guard and the cost exporter in every cluster. Default: nothing is installed."""
