"""Google machine types with prices per region: Cyclenerd's public CSV (Apache-2.0), from the Cloud Billing Catalog.

Google's own catalogue needs a key, this list does not: https://gcloud-compute.com, with name, region, hour, hourSpot.
"""

import csv
from collections.abc import Iterator

from intertie.errors import OutsideError
from intertie.money.refresh.aws import text_lines
from intertie.money.refresh.found import FoundPrice, decimal
from intertie.money.refresh.http import Sleep, get

BASE = "https://gcloud-compute.com"
_PATH = "/machine-types-regions.csv"
SOURCE = "Cyclenerd gcloud-compute.com machine-types-regions.csv"
_COLUMNS = ("name", "region", "hour", "hourSpot")
_KINDS = (("on-demand", "hour"), ("spot", "hourSpot"))


def prices(regions: frozenset[str], machines: frozenset[str], sleep: Sleep, base: str = BASE) -> Iterator[FoundPrice]:
    """On-demand and spot prices in some regions. OutsideError when the file cannot be read whole."""
    table = csv.reader(text_lines(get(base + _PATH, sleep)))
    try:
        header = next(table, [])
        if not set(_COLUMNS) <= set(header):
            raise OutsideError(f"{SOURCE}: an answer without the columns {', '.join(_COLUMNS)}")
        for cells in table:
            row = dict(zip(header, cells, strict=False))
            if row.get("region") not in regions or row.get("name") not in machines:
                continue
            for kind, column in _KINDS:
                amount = decimal(row.get(column))
                if amount is not None:
                    yield FoundPrice("gcp", row["name"], row["region"], kind, amount, SOURCE)
    except csv.Error as error:
        raise OutsideError(f"{SOURCE}: an answer that is no CSV ({error})") from None
