"""The file of a ledger: one JSON object a line, each with the hash of the one before it.

    {"number": 1, "recorded": "2026-11-22T09:00:00Z", "data": {...}, "previous": "", "hash": "..."}

Appending takes a lock, reads and verifies what is there, writes, and syncs to the disk before it returns: what was
acknowledged is never lost. One entry is written at the end of the file; several replace the file, so that there are
all of them or none. A writer that is killed may leave the beginning of a line: it was not acknowledged, is not read,
and the next writer cuts it off. Changing, removing or swapping a line breaks the chain. Cutting whole lines off the
end cannot be seen from the file alone: keep the last hash elsewhere (`expected`).
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intertie.errors import InputError, Problem
from intertie.money.files import replace_file, sync_folder
from intertie.money.ledger.entries import Cancellation, Commitment, Entry, Use, moment, parse, plain, text_of

LARGEST = 256 * 2**20
FIELDS = ("number", "recorded", "data", "previous", "hash")
_BEGINS = b'{"number":'
"""Of every line that is written here: what ends otherwise is another file, and is never cut."""
AHEAD_S = 300
"""Seconds by which clocks of writers may differ."""

Data = Commitment | Cancellation | Use


def digest(number: int, recorded: str, data: dict[str, Any], previous: str) -> str:
    """SHA-256 over the line's content and the hash of the line before it."""
    content = json.dumps([number, recorded, data, previous], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()


def read(path: Path, expected: str = "") -> tuple[Entry, ...]:
    """All entries, verified. InputError with the line of what is wrong. `expected`: the last hash, kept elsewhere."""
    entries, _ = _verified(path, _bytes(path))
    if expected and expected not in {entry.hash for entry in entries}:
        raise InputError(f"{path}: the entry {expected[:16]}… is not in it: lines were cut off or written anew")
    return entries


def unfinished(path: Path) -> int:
    """Bytes at the end that no entry is made of: of a line that a killed writer never finished, or of one that was cut.

    A write that was acknowledged ends whole, so the first loses nothing; only a hash kept elsewhere tells them apart.
    """
    body = _bytes(path)
    return len(body) - (body.rfind(b"\n") + 1)


def append(path: Path, data: Sequence[Data], now: datetime | None = None) -> tuple[Entry, ...]:
    """Adds entries and returns them when they are on the disk: all of them or none.

    InputError when one of them cannot be, or when what is there is not whole; then nothing is written.
    """
    with _locked(path):
        body = _bytes(path, missing=b"")
        there, length = _verified(path, body)
        recorded = now or datetime.now(UTC).replace(microsecond=0)
        if there and recorded < there[-1].recorded:
            recorded = there[-1].recorded  # a clock that was set back does not put entries out of order
        made, lines, previous = [], [], there[-1].hash if there else ""
        for number, each in enumerate(data, start=len(there) + 1):
            content, when = plain(each), text_of(recorded)
            previous_hash, previous = previous, digest(number, when, content, previous)
            line = {"number": number, "recorded": when, "data": content, "previous": previous_hash, "hash": previous}
            lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            made.append(Entry(number, recorded, each, previous))
        _check_meaning(path, [*there, *made])
        if len(lines) == 1:
            _write(path, length, lines[0].encode())
        elif lines:
            replace_file(path, body[:length].decode() + "".join(lines))
    return tuple(made)


def _write(path: Path, length: int, body: bytes) -> None:
    """Cuts off what a killed writer left after `length`, writes at the end, and waits for the disk."""
    fresh = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if os.fstat(descriptor).st_size != length:
            os.ftruncate(descriptor, length)
        os.lseek(descriptor, 0, os.SEEK_END)
        view = memoryview(body)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if fresh:
        sync_folder(path.parent)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time; the lock goes with its process."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _bytes(path: Path, missing: bytes | None = None) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: found {'a folder' if path.is_dir() else 'a device or pipe'}; allowed: a ledger")
        if missing is not None and not path.exists():
            return missing
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})\n  → intertie ledger add makes one") from None


def _verified(path: Path, body: bytes) -> tuple[tuple[Entry, ...], int]:
    """The entries, and how many bytes they take: what follows is the beginning of a line that was never finished."""
    whole = body[: body.rfind(b"\n") + 1]
    unfinished = body[len(whole) :].rstrip(b"\0")
    entries: list[Entry] = []
    for line_number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        entries.append(_entry(f"{path}:{line_number}", line, entries))
    if not unfinished.startswith(_BEGINS) and not _BEGINS.startswith(unfinished):
        raise _broken(f"{path}:{len(entries) + 1}", "an end that no writer of a ledger left")
    _check_meaning(path, entries)
    return tuple(entries), len(whole)


def _entry(where: str, line: bytes, before: Sequence[Entry]) -> Entry:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise _broken(where, "a line that is no JSON") from None
    if not isinstance(content, dict) or set(content) != set(FIELDS) or not isinstance(content["data"], dict):
        raise _broken(where, f"a line without {', '.join(FIELDS)}")
    previous, number = before[-1].hash if before else "", len(before) + 1
    recorded = moment(content["recorded"])
    if content["number"] != number or isinstance(content["number"], bool) or recorded is None:
        raise _broken(where, f"number {str(content['number'])[:20]}; allowed: {number}, with the time it was recorded")
    expected = digest(number, content["recorded"], content["data"], previous)
    if content["previous"] != previous or content["hash"] != expected:
        raise _broken(where, "a hash that is not this line's: it, or one before it, was changed")
    problems: list[Problem] = []
    data = parse(content["data"], problems)
    if data is None:
        told = [Problem(each.path, each.found, each.allowed, where=where) for each in problems]
        raise InputError(f"{where}: {len(told)} problem{'s' if len(told) != 1 else ''}", told)
    return Entry(number, recorded, data, expected)


def _broken(where: str, what: str) -> InputError:
    hint = "  → take the file from a backup: a ledger is never mended by hand"
    return InputError(f"{where}: {what}\n{hint}")


def _check_meaning(path: Path, entries: Iterable[Entry]) -> None:
    """What only all entries together show: identifiers that stand twice or are of nothing, and the order of time."""
    ends: dict[str, Commitment] = {}
    cancelled: set[str] = set()
    last: datetime | None = None
    for entry in entries:
        where, data = f"{path}:{entry.number}", entry.data
        if last is not None and entry.recorded < last:
            raise _refused(where, "recorded", text_of(entry.recorded), f"a time from {text_of(last)} on")
        last = entry.recorded
        if isinstance(data, Commitment):
            if data.id in ends:
                raise _refused(where, "id", data.id, "an identifier that no other commitment has")
            ends[data.id] = data
        elif isinstance(data, Cancellation):
            known = ends.get(data.id)
            if known is None or data.id in cancelled:
                raise _refused(where, "id", data.id, "a commitment that stands in the ledger and is not cancelled")
            if known.end is not None and data.at > known.end:
                raise _refused(where, "at", text_of(data.at), f"a time up to its end, {text_of(known.end)}")
            cancelled.add(data.id)
        elif (data.end - entry.recorded).total_seconds() > AHEAD_S:
            raise _refused(where, "end", text_of(data.end), "use that is over when it is recorded")


def _refused(where: str, path: str, found: str, allowed: str) -> InputError:
    return InputError(f"{where}: 1 problem", [Problem(path, found, allowed, where=where)])
