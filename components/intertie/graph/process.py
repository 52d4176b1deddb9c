"""What a program does to its process ends with it: environment, folder, streams, children that it forks."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Puts the process back as it was when the block ends. A child that the block forked ends there, silently."""
    owner, environment, folder = os.getpid(), dict(os.environ), _folder()
    limit, streams = sys.getrecursionlimit(), (sys.stdin, sys.stderr)
    try:
        with _talk_on_stderr():
            yield
    finally:
        if os.getpid() != owner:  # what comes next is the parent's to do, once
            os._exit(1 if sys.exc_info()[0] else 0)
        os.environ.clear()
        os.environ.update(environment)
        sys.stdin, sys.stderr = streams
        sys.setrecursionlimit(limit)
        if folder and _folder() != folder:
            os.chdir(folder)


def _folder() -> str:
    """The working directory; "" when it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109  (compared and given back, never built on)
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def _talk_on_stderr() -> Iterator[None]:
    """Data goes to standard output; what a program, and any process that it starts, writes there is talk."""
    is_open = sys.__stdout__ is not None and sys.__stderr__ is not None
    with contextlib.redirect_stdout(sys.stderr), _descriptor() if is_open else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _descriptor() -> Iterator[None]:
    """The same for whoever writes past `sys.stdout`: children inherit the descriptor."""
    _flush()
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        _flush()
        os.dup2(out, 1)
        os.close(out)


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError):  # the program may have closed it
            if stream is not None:
                stream.flush()
