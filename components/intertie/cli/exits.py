"""Exit codes: the same four for every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a script may rely on."""

    GOOD = 0
    VIOLATIONS = 1  # it ran, and found violations, findings or problems
    BAD_INPUT = 2  # a file, option or value is wrong
    OUTSIDE = 3  # a tool, engine, cloud or network is missing or failed
