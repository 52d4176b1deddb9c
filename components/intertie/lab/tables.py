"""Tables of the lab: CSV files that lie beside the code that reads them."""

import csv
from importlib.resources import files


def rows(package: str, name: str) -> list[dict[str, str]]:
    """All rows of a table, in order: `rows("intertie.lab.clouds", "data/machines.csv")`."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
