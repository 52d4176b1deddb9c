"""The plain data of fixture files, read once per process: nothing in it belongs to the code that is on trial."""

from functools import cache
from pathlib import Path
from typing import Any

from intertie_policies import testing


@cache
def of(file: Path) -> Any:
    return testing.parse(file)
