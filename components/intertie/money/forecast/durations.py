"""Lengths of time as people write them: `30d`, `48h`, `15m`."""

import re

from intertie.errors import InputError

_SIZES = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_FORM = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
LONGEST = 2 * 366 * 86_400


def seconds_of(text: str, option: str) -> int:
    """Seconds of `30d`. Raises `InputError` that names the option."""
    found = _FORM.fullmatch(text.strip())
    seconds = int(found[1]) * _SIZES[found[2]] if found else 0
    if not 0 < seconds <= LONGEST:
        raise InputError(
            f"{option} {text[:40]!r}: allowed: a number and m, h, d or w, up to two years, such as 30d or 48h"
        )
    return seconds
