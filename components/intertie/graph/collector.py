"""Python's garbage collector, out of the way while a program is recorded."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collections inside the block, if there were any before.

    The clouds' SDKs keep millions of objects that live as long as the process, and every collection walks through them:
    half of the time of a recording. What a recording leaves behind is collected after it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def sweep() -> None:
    """Collects what is young: the leftovers of recordings, without walking through what was there before them."""
    gc.collect(1)
