"""Becomes another program, which the kernel ends with the one who started it: `exec_bound.py PARENT PROGRAM ARGS...`.

A supervisor that is killed with SIGKILL can end nobody. On Linux its children ask the kernel for that beforehand;
elsewhere they are only ended by a supervisor that stops in good order.

Run by path and without site packages (`python -I -S`), for every program that the lab starts passes through it.
"""

import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def main() -> None:
    """PARENT is the process id of the starter: whoever has lost it already must not begin."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(_SIGKILL)
    os.execv(command[0], command)  # noqa: S606  the program is one of the lab's


if __name__ == "__main__":
    main()
