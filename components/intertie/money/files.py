"""Files that people give, read whole or refused; and files that are there whole or not at all: what is written is
synced and then put in the place of the old file.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from intertie.errors import InputError

LARGEST = 64 * 2**20


def read_text(path: Path, what: str, *, largest: int = LARGEST, smaller: str = "") -> str:
    """UTF-8 text, with or without a byte order mark. `what` it shall be, and how to make a `smaller` one, for messages.

    InputError for what cannot be read, is no file (a device may never end), is not UTF-8, or is larger than `largest`.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: found {'a folder' if path.is_dir() else 'a device or pipe'}; allowed: {what}")
        if path.stat().st_size > largest:
            raise InputError(f"{path}: larger than {largest:,} bytes" + (f"\n  → {smaller}" if smaller else ""))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not UTF-8 text\n  → save it as {what} in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})\n  → check the path") from None


def read_json(path: Path, what: str, hint: str) -> Any:
    """The data of a JSON file. InputError, which ends with the `hint`, when there is none."""
    text = read_text(path, what)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}\n  → {hint}") from None


def replace_file(path: Path, text: str) -> None:
    """Puts `text` in the place of a file, atomically: whoever reads, or is killed, sees the old or the new one."""
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(name).chmod(path.stat().st_mode & 0o777)
        else:
            Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Makes names in a folder last through a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
