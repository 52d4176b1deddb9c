"""Holds the catalogue against what the clouds publish, and writes the result into docs/lab-gaps.md.

Every difference is either explained below or a failure: `python tools/compare_catalog.py` writes the table, a test
refuses one that has an unexplained row or is not what the data says today.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from botocore.session import get_session

from intertie import catalog
from intertie.catalog import Machine
from intertie.lab import machines
from intertie.lab.oracles import aws, store

PAGE = Path(__file__).parents[1] / "docs" / "lab-gaps.md"
START, END = "<!-- compared: begin -->", "<!-- compared: end -->"
EC2 = "EC2 DescribeInstanceTypes, as collected in moto"
_OFFERED = "data/schemas/extensions/aws_ec2_instance/instancetype_enum.json"
_EFA = "vpc.amazonaws.com/efa"
TWICE = {"azure": "Azure's pages of sizes, written down a second time", "gcp": "Google Cloud's, the same"}

EXPLAINED: Mapping[tuple[str, str], str] = {
    ("aws", "regions"): (
        "partitions with accounts of their own (China, GovCloud, European sovereign, secret): not offered"
    ),
    ("aws", "machine types per region"): (
        "price lists of these regions have them too: evidence that they are sold there"
    ),
    ("aws", "local disks"): "the catalogue does not know it and claims none; nothing is rendered for such a disk",
    ("aws", "EFA interfaces"): "the catalogue's source says nothing of this machine's network; none is asked for",
    ("azure", "memory"): "Azure's page says 1900, older lists 1800: the catalogue keeps the smaller, so that pools fit",
    ("azure", "local disks"): (
        "temporary disks that the lab does not model, or that the catalogue leaves unknown or gives in the unit of"
        " another page; AKS' pools take managed disks, so nothing is rendered from this column"
    ),
    ("gcp", "devices"): "N1 has none of its own: they are attached to the pool, and the lab adds them from its inputs",
}
"""Cloud and column → why every difference there is as it should be."""


@dataclass(frozen=True)
class Comparison:
    """One column of the catalogue against one source. `different`: name → what the catalogue has / what it says."""

    cloud: str
    column: str
    source: str
    compared: int
    different: Mapping[str, str]

    @property
    def why(self) -> str:
        """The explanation; empty when nothing differs. KeyError for a difference that nobody has explained."""
        return EXPLAINED[self.cloud, self.column] if self.different else ""


@dataclass(frozen=True)
class Column:
    """A property of machine types: how the catalogue has it, and how the other list does."""

    name: str
    ours: Callable[[Machine], Any]
    theirs: Callable[[Machine, machines.Machine], Any]


def comparisons() -> list[Comparison]:
    """All that can be held against something."""
    found = [_regions(), _offerings()]
    for cloud, source in (("aws", EC2), *TWICE.items()):
        found += [_machines(cloud, column, source) for column in _columns(cloud)]
    found += [
        _among("aws", "images", "eks.AMITypes (botocore)", "image", aws.shape("eks", "AMITypes").values),
        _among("aws", "disk types", "ec2.VolumeType (botocore)", "disk_type", aws.shape("ec2", "VolumeType").values),
        _among("azure", "images", "containerservice.AgentPool (azure-mgmt-containerservice)", "image", _os_skus()),
    ]
    return found


def _columns(cloud: str) -> list[Column]:
    columns = [
        Column("vCPUs", lambda row: row.vcpus, lambda _, seen: seen.vcpus),
        Column("memory", lambda row: int(row.memory_gib), lambda _, seen: round(seen.memory_mib / 1024)),
        Column("architecture", lambda row: row.arch, lambda _, seen: seen.arch),
        Column("devices", _devices, _devices_seen),
        Column("local disks", lambda row: row.local_disk_gib, lambda _, seen: _local_disks(seen)),
    ]
    efa = Column("EFA interfaces", lambda row: row.fabric_nics, lambda _, seen: seen.devices.get(_EFA, 0))
    return [*columns, efa] if cloud == "aws" else columns


def _devices(row: Machine) -> int:
    return row.count * catalog.accelerator(row.accelerator).devices if row.accelerator else 0


def _devices_seen(row: Machine, seen: machines.Machine) -> int:
    """As many as the resource counts by which pods ask: Neuron has names for devices and for cores."""
    if row.accelerator is None:
        return sum(count for name, count in seen.devices.items() if name != _EFA)
    return seen.devices.get(catalog.accelerator(row.accelerator).resource, 0)


def _local_disks(seen: machines.Machine) -> int:
    """EC2 counts in GB. Azure's and Google's pages count in GiB."""
    return int(seen.local_disk_gib) if seen.cloud == "aws" else seen.local_disk_gb


def _machines(cloud: str, column: Column, source: str) -> Comparison:
    different: dict[str, str] = {}
    rows = catalog.machines(cloud)
    for row in rows:
        seen = machines.find(cloud, row.name)
        mine, said = column.ours(row), column.theirs(row, seen) if seen is not None else "not there"
        if mine != said:
            different[row.name] = f"{'unknown' if mine is None else mine} / {said}"
    return Comparison(cloud, column.name, source, len(rows), different)


def _among(cloud: str, column: str, source: str, attribute: str, allowed: Iterable[str]) -> Comparison:
    values = sorted({getattr(row, attribute) for row in catalog.machines(cloud)})
    known = set(allowed)
    return Comparison(
        cloud, column, source, len(values), {each: "used / unknown" for each in values if each not in known}
    )


def _os_skus() -> tuple[str, ...]:
    rules = dict(store.of("azure-native:containerservice:AgentPool").inputs.paths())
    return tuple(value for limit in rules["osSKU"].limits for value in limit.values)


def _regions() -> Comparison:
    session = get_session()
    said = {
        region for partition in session.get_available_partitions() for region in
        session.get_available_regions("eks", partition)
    }  # fmt: skip
    ours = {each.name for each in catalog.regions("aws")}
    different = dict.fromkeys(said - ours, "not there / there") | dict.fromkeys(ours - said, "there / not there")
    return Comparison("aws", "regions", "endpoints of EKS (botocore)", len(ours), dict(sorted(different.items())))


def _offerings() -> Comparison:
    """Machine types per region: the catalogue's come from this list, so this shows only that it is still the same."""
    enums = json.loads(files("cfnlint").joinpath(_OFFERED).read_text(encoding="utf-8"))
    wanted = {row.name for row in catalog.machines("aws")}
    known = {each.name for each in catalog.regions("aws")}
    said = {
        (name, region)
        for region, value in enums.items() if region in known and isinstance(value, dict)
        for name in value.get("enum", ()) if name in wanted
    }  # fmt: skip
    ours = {(each.machine, each.region) for each in catalog.offerings("aws")}
    more = {f"{name} in {region}": "there / not there" for name, region in sorted(ours - said)}
    less = {f"{name} in {region}": "not there / there" for name, region in sorted(said - ours)}
    return Comparison("aws", "machine types per region", "cfn-lint", len(ours), more | less)


def render(found: Iterable[Comparison]) -> str:
    """The generated part of the page."""
    lines = ["| cloud | what | held against | compared | different | why that is right |", "|---|---|---|---|---|---|"]
    for each in found:
        different = "; ".join(f"{name}: {pair}" for name, pair in each.different.items()) or "none"
        lines.append(f"| {each.cloud} | {each.column} | {each.source} | {each.compared} | {different} | {each.why} |")
    return "\n".join(lines)


def replaced(page: str, generated: str) -> str:
    """The page with its generated part anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{generated}\n{END}{after}"


def main() -> None:
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), render(comparisons())), encoding="utf-8")
    sys.stderr.write(f"wrote {PAGE}\n")


if __name__ == "__main__":
    main()
