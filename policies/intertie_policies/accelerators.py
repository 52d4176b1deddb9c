"""Accelerators that are attached to a machine apart from its type, as Google names them, in the catalogue's words."""

from functools import cache

from intertie import catalog

ON_N1 = {
    "nvidia-tesla-t4": (1, 2, 4),
    "nvidia-tesla-v100": (1, 2, 4, 8),
    "nvidia-tesla-p100": (1, 2, 4),
    "nvidia-tesla-p4": (1, 2, 4),
}
"""What attaches to N1 machines, and in which numbers. Source: Compute Engine documentation, GPUs on N1 machines."""
_MAKERS = ("nvidia-", "tesla-")


def model_of(device: str) -> str:
    """The catalogue's name (`t4`) of a device type (`nvidia-tesla-t4`, or the address of one). One that the catalogue
    does not have keeps its own name without its maker's: `v100`."""
    name = last(device).lower()
    if name in _models():
        return _models()[name]
    for maker in _MAKERS:
        name = name.removeprefix(maker)
    return name


def last(address: str) -> str:
    """The name at the end of an address: `zones/us-east1-b/machineTypes/n1-standard-4`. A name is its own."""
    return address.rpartition("/")[2]


@cache
def _models() -> dict[str, str]:
    return {row.device_type: row.accelerator for row in catalog.machines() if row.device_type and row.accelerator}
