"""Which InfiniBand cards of a machine are near which accelerators, as NCCL reads it.

A virtual machine does not show it, and NCCL would send through cards of another processor's.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import groupby
from xml.etree import ElementTree as ET

_BRIDGE, _ACCELERATOR, _CARD = "0x060400", "0x030200", "0x020700"
"""Classes of PCI devices."""


@cache
def text(machine: str) -> str:
    """The description of a machine type's processors and devices, in XML; "" for one that no source describes.

    Source of the form: NCCL documentation, NCCL_TOPO_FILE; of the devices: `data/fabric_topology.csv`.
    """
    rows = [row for row in _rows() if machine.endswith(row["series"])]
    if not rows:
        return ""
    system = ET.Element("system", version="1")
    for _, bridges in groupby(rows, key=lambda row: row["cpu"]):
        _processor(system, list(bridges))
    ET.indent(system)
    return ET.tostring(system, encoding="unicode") + "\n"


def _rows() -> list[dict[str, str]]:
    table = files("intertie.platforms.aks").joinpath("data", "fabric_topology.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(table.splitlines()))


def _processor(system: ET.Element, bridges: list[dict[str, str]]) -> None:
    """One processor: what is behind the same of its bridges is near each other."""
    first = bridges[0]
    about = {"numaid": first["cpu"], "affinity": first["affinity"], "arch": "x86_64", "vendor": first["processor"]}
    cpu = ET.SubElement(system, "cpu", {**about, "familyid": first["family"], "modelid": first["model"]})
    for row in bridges:
        bridge = _device(cpu, row, f"ffff:ff:{int(row['bridge']):02x}.0", _BRIDGE)
        for kind, column in ((_ACCELERATOR, "accelerators"), (_CARD, "cards")):
            for domain in row[column].split(";"):
                _device(bridge, row, f"{domain}:00:00.0", kind)


def _device(parent: ET.Element, row: Mapping[str, str], address: str, kind: str) -> ET.Element:
    about = {"busid": address, "class": kind, "link_speed": row["link"], "link_width": "16"}
    return ET.SubElement(parent, "pci", about)
