"""Cost and usage as FOCUS 1.2 rows, a day and a resource each: what is planned, and what was used.

Source: FinOps Open Cost and Usage Specification 1.2, https://focus.finops.org. Columns of our own begin with `x_`.
"""

from intertie.money.focus.columns import COLUMNS
from intertie.money.focus.planned import planned_rows
from intertie.money.focus.used import read_usage, used_rows
from intertie.money.focus.write import as_csv

__all__ = ["COLUMNS", "as_csv", "planned_rows", "read_usage", "used_rows"]
