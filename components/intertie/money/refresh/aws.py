"""The price list of Amazon EC2: a CSV file per region, read line by line. See the AWS Price List user guide."""

import codecs
import csv
from collections.abc import Iterable, Iterator

from intertie.errors import OutsideError
from intertie.money.amount import CURRENCY
from intertie.money.refresh.found import FoundPrice, decimal
from intertie.money.refresh.http import Sleep, get

BASE = "https://pricing.us-east-1.amazonaws.com"
_PATH = "/offers/v1.0/aws/AmazonEC2/current/{region}/index.csv"
SOURCE = "AWS Price List, AmazonEC2"
WANTED = {
    "TermType": "OnDemand",
    "Currency": CURRENCY,
    "Unit": "Hrs",
    "Tenancy": "Shared",
    "Operating System": "Linux",
    "Pre Installed S/W": "NA",
    "CapacityStatus": "Used",
    "Location Type": "AWS Region",
}
"""Of the hundreds of rows per machine type, the plain one."""
_COLUMNS = ("PricePerUnit", "Instance Type")


def prices(region: str, machines: frozenset[str], sleep: Sleep, base: str = BASE) -> Iterator[FoundPrice]:
    """On-demand prices in a region. Spot has no public list. OutsideError when the file cannot be read whole."""
    table = csv.reader(text_lines(get(base + _PATH.format(region=region), sleep)))
    try:
        header = _header(table)
        for cells in table:
            row = dict(zip(header, cells, strict=False))
            if all(row.get(name) == value for name, value in WANTED.items()) and row["Instance Type"] in machines:
                amount = decimal(row["PricePerUnit"])
                if amount is not None:
                    yield FoundPrice("aws", row["Instance Type"], region, "on-demand", amount, SOURCE)
    except csv.Error as error:
        raise OutsideError(f"{SOURCE}: an answer that is no CSV ({error})") from None


def _header(table: Iterable[list[str]]) -> list[str]:
    """The first row with the columns: a few lines about the file stand before it."""
    for number, cells in enumerate(table):
        if set(_COLUMNS) | set(WANTED) <= set(cells):
            return cells
        if number > 20:
            break
    raise OutsideError(f"{SOURCE}: an answer without the columns {', '.join((*_COLUMNS, *WANTED))}")


def text_lines(parts: Iterable[bytes]) -> Iterator[str]:
    """Text lines of a body that comes in parts."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    for part in parts:
        *lines, rest = (rest + decoder.decode(part)).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest
