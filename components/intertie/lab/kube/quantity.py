"""Kubernetes' quantities: "1500m", "64Gi", "2"."""

import re
from decimal import Decimal

_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in ((-3, "n"), (-2, "u"), (-1, "m"), (1, "k"))},
    **{unit: Decimal(1000) ** (power + 2) for power, unit in enumerate("MGTPE")},
    **{f"{unit}i": Decimal(1024) ** (power + 1) for power, unit in enumerate("KMGTPE")},
}
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:([eE][+-]?\d+)|([numkKMGTPE]i?))?")


def parse(text: str | float) -> Decimal:
    """The number that a quantity stands for. ValueError for anything else."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None or (match[3] or "") not in _UNITS:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(match[1] + (match[2] or "")) * _UNITS[match[3] or ""]


def equal(one: object, other: object) -> bool:
    """Whether both are quantities and stand for the same number."""
    if not isinstance(one, str | int | float) or not isinstance(other, str | int | float):
        return False
    try:
        return parse(one) == parse(other)
    except ValueError:
        return False


def cores(amount: Decimal) -> str:
    """CPU: whole cores, or thousandths."""
    thousandths = int(amount * 1000)
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def kibibytes(amount: Decimal) -> str:
    """Memory as a kubelet says it."""
    return f"{int(amount // 1024)}Ki"
