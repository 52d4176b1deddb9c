"""A file of the node exporter's textfile collector: whole or not at all."""

import os
from pathlib import Path

from intertie.errors import OutsideError


def write(path: Path, text: bytes) -> None:
    """Replaces the file in one step. `OutsideError` when the folder refuses."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutsideError(f"{path} cannot be written: {error}") from None
