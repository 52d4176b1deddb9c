"""Time zones by name."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from intertie.errors import InputError


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone, None for none. Raises `InputError` for a name that the time zone database does not have."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"--timezone {name[:60]!r} is not known; allowed: names such as UTC or Europe/Stockholm"
        ) from None
