"""Writes the catalogue's `offerings.csv`: which machine types a published source shows in which regions.

    python tools/build_offerings.py --prices gpu_prices.csv --ec2-types instancetype_enum.json

`--prices` is a table with the columns cloud, instance_type, region, source, as_of: a price in a region is
evidence that the machine type is sold there. `--ec2-types` is the list of EC2 instance types per region that
cfn-lint publishes (`cfnlint/data/schemas/extensions/aws_ec2_instance/instancetype_enum.json`), made from the
AWS price list. Machine types and regions that the catalogue does not have are left out.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from intertie import catalog

Row = tuple[str, str, str, str, str, str]
COLUMNS = ("cloud", "machine", "region", "zones", "source", "as_of")
TARGET = Path(__file__).parents[1] / "components/intertie/catalog/data/offerings.csv"


def from_prices(path: Path, read_on: str) -> Iterator[Row]:
    """One row per machine type and region that has a price. A source that gives no day gets the day it was read."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = _first_day(row["as_of"]) or read_on
            source = row["source"].split(";")[0].split(" (")[0]
            yield row["cloud"], row["instance_type"], row["region"], "", f"price list: {source}", day


def _first_day(text: str) -> str | None:
    """The earliest day in a text such as `2026-Q1 (snapshot between 2026-01-21 and ...)`."""
    found = re.search(r"\d{4}-\d{2}-\d{2}", text)
    return found.group() if found else None


def from_ec2_types(path: Path, read_on: str) -> Iterator[Row]:
    """One row per region and instance type of the list."""
    source = f"cfn-lint {version('cfn-lint')} EC2 instance types per region (MIT-0)"
    for region, value in json.loads(path.read_text(encoding="utf-8")).items():
        if isinstance(value, dict):
            for name in value.get("enum", ()):
                yield "aws", name, region, "", source, read_on


def known(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows whose machine type and region are in the catalogue."""
    machines = {(row.cloud, row.name) for row in catalog.machines()}
    regions = {(row.cloud, row.name) for row in catalog.regions()}
    return (row for row in rows if (row[0], row[1]) in machines and (row[0], row[2]) in regions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--ec2-types", type=Path, required=True)
    parser.add_argument("--read-on", required=True, help="day on which undated sources were read, such as 2026-11-22")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    best: dict[tuple[str, str, str], Row] = {}
    for rows in (from_ec2_types(options.ec2_types, options.read_on), from_prices(options.prices, options.read_on)):
        best.update({row[:3]: row for row in known(rows)})
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(best[key] for key in sorted(best))
    sys.stdout.write(f"{len(best)} offerings → {options.out}\n")


if __name__ == "__main__":
    main()
