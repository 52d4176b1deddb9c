"""The two streams of a command, made so that what reads them cannot change how the command ends."""

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Forgiving(io.FileIO):
    """A stream whose reader may go (`| head`): what is written then goes nowhere, and the command comes to its end."""

    def write(self, data: "ReadableBuffer", /) -> int | None:
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def prepare() -> None:
    """UTF-8 on both streams whatever the locale is, so that the same input gives the same bytes.

    A stream that is closed, or that somebody else has put in the place of the process's own, stays as it is.
    """
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        sys.stdout = _stream(sys.stdout.fileno())
    if sys.stderr is sys.__stderr__ and sys.stderr is not None:
        sys.stderr = _stream(sys.stderr.fileno())


def _stream(descriptor: int) -> io.TextIOWrapper:
    raw = _Forgiving(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=raw.isatty() or descriptor == 2,
    )
