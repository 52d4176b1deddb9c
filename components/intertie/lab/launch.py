"""Runs one of the lab's programs, and ends it with whoever started it: `python -m intertie.lab.launch WHAT ARGS...`.

An engine that is killed takes leave of nobody. So what it starts (language host, programs, packs, providers) looks
for itself whether its parent is still there. WHAT is a module's name or a folder with a `__main__.py`.
"""

import os
import runpy
import sys
import threading
import time
from pathlib import Path

LOOKS_EVERY = 0.2  # seconds
ORPHANED = 9  # exit code, as if the one who started us had taken us along


def end_with_parent() -> None:
    """From now on this process ends within a moment when its parent has gone, whatever it is doing."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS_EVERY)
        os._exit(ORPHANED)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def main() -> None:
    """Run a module or a folder as `python -m MODULE` and `python FOLDER` do."""
    end_with_parent()
    what = sys.argv[1]
    del sys.argv[:1]
    if Path(what).is_dir():
        sys.path[0] = what
        runpy.run_path(what, run_name="__main__")
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
