"""Writes the catalogue's `offerings.csv`: which machine types published sources show in which regions and zones.

    python tools/build_offerings.py --prices gpu_prices.csv --ec2-types instancetype_enum.json \
        --gcp-zones vms.csv --read-on 2026-11-22

Three public sources, each a file that the caller has at hand:

    --prices     a table with the columns cloud, instance_type, region, source, as_of: a price in a region is
                 evidence that the machine type is sold there
    --ec2-types  EC2 instance types per region from cfn-lint, which makes them from the AWS price list
                 (`cfnlint/data/schemas/extensions/aws_ec2_instance/instancetype_enum.json`)
    --gcp-zones  Google machine types and TPUs per zone from skypilot-catalog (`catalogs/v8/gcp/vms.csv`)

Machine types, regions and zones that the catalogue does not have are left out. Zones are written for Google only:
on AWS their names are aliases of the account, and no source says which Azure sizes stand in which zone.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from intertie import catalog

COLUMNS = ("cloud", "machine", "region", "zones", "source", "as_of")
TARGET = Path(__file__).parents[1] / "components/intertie/catalog/data/offerings.csv"
TPU_NAMES = {"tpu-v5litepod": "tpu-v5e", "tpu-v6e": "tpu-v6e"}
PLACEHOLDER_PRICE = 700.0  # what the source writes where it has no price

Place = tuple[str, str, str]


@dataclass(frozen=True)
class Evidence:
    """One source's word that a machine type is to be had in a region, and in which zone if it says so."""

    place: Place  # cloud, machine, region
    zone: str
    source: str
    as_of: str


def from_prices(path: Path, read_on: str) -> Iterator[Evidence]:
    """A source that gives no day gets the day on which it was read; one that gives a span, its first day."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = re.search(r"\d{4}-\d{2}-\d{2}", row["as_of"])
            source = row["source"].split(";")[0].split(" (")[0]
            place = (row["cloud"], row["instance_type"], row["region"])
            yield Evidence(place, "", f"price list: {source}", day.group() if day else read_on)


def from_ec2_types(path: Path, read_on: str) -> Iterator[Evidence]:
    source = f"cfn-lint {version('cfn-lint')} EC2 instance types per region (MIT-0)"
    for region, value in json.loads(path.read_text(encoding="utf-8")).items():
        if isinstance(value, dict):
            for name in value.get("enum", ()):
                yield Evidence(("aws", name, region), "", source, read_on)


def from_gcp_zones(path: Path, read_on: str) -> Iterator[Evidence]:
    source = "skypilot-catalog catalogs/v8/gcp/vms.csv@006059e0 (Apache-2.0)"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if float(row["Price"] or PLACEHOLDER_PRICE) != PLACEHOLDER_PRICE:
                for machine in _gcp_machines(row["InstanceType"], row["AcceleratorName"]):
                    yield Evidence(("gcp", machine, row["Region"]), row["AvailabilityZone"], source, read_on)


def _gcp_machines(instance_type: str, accelerator: str) -> tuple[str, ...]:
    """The row's machine type; for a TPU slice (`tpu-v6e-8`), all machine types of that TPU."""
    if instance_type:
        return (instance_type,)
    tpu = TPU_NAMES.get(accelerator.rpartition("-")[0])
    return tuple(row.name for row in catalog.machines("gcp", tpu)) if tpu else ()


def merged(evidence: Iterator[Evidence]) -> list[tuple[str, ...]]:
    """One row per machine type and region of the catalogue: the last source's word, and the zones of all."""
    machines = {(row.cloud, row.name) for row in catalog.machines()}
    regions = {(row.cloud, row.name): row for row in catalog.regions()}
    last: dict[Place, Evidence] = {}
    zones: dict[Place, set[str]] = {}
    for piece in evidence:
        cloud, machine, region = piece.place
        if (cloud, machine) in machines and (cloud, region) in regions:
            last[piece.place] = piece
            known = zones.setdefault(piece.place, set())
            known.update({piece.zone} & set(regions[cloud, region].zones))
    return [(*place, ";".join(sorted(zones[place])), last[place].source, last[place].as_of) for place in sorted(last)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--ec2-types", type=Path, required=True)
    parser.add_argument("--gcp-zones", type=Path, required=True)
    parser.add_argument("--read-on", required=True, help="day on which undated sources were read, such as 2026-11-22")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    rows = merged(
        piece
        for source in (
            from_ec2_types(options.ec2_types, options.read_on),
            from_prices(options.prices, options.read_on),
            from_gcp_zones(options.gcp_zones, options.read_on),
        )
        for piece in source
    )
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    sys.stdout.write(f"{len(rows)} offerings → {options.out}\n")


if __name__ == "__main__":
    main()
