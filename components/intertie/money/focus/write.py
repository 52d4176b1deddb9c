"""Rows as CSV, as FOCUS and its validator take it: no thousands, no exponents, decimals with a point, null is empty."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from intertie.money.focus.columns import COLUMNS

_FINEST = Decimal("0.0000000001")


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """A header and a line per row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([cell(row[column]) for column in COLUMNS])
    return out.getvalue()


def cell(value: Any) -> str:
    """One value. Text that a spreadsheet would take for a formula is led by a quote."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value.quantize(_FINEST).normalize():f}"
        return text if "." in text else f"{text}.0"
    if isinstance(value, Mapping):
        return json.dumps(dict(sorted(value.items())), ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
