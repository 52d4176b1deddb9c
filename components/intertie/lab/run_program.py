"""Runs one Pulumi program for the language host: `python -m intertie.lab.run_program SETTINGS ENTRY [ARGS...]`.

Exit codes, as the official runner's: 0 done; 32 failed and the user has been told why; what the program itself
passed to `sys.exit` otherwise.
"""

import asyncio
import json
import logging
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi import runtime

from intertie.lab.launch import end_with_parent

ERROR_SHOWN = 32
_ENGINE_HAS_SPOKEN = "resource monitor shut down"
"""A remote component failed: the engine has shown why and no longer listens. Whether a traceback of this still gets
through to it is chance; where the engine says the same as `UNAVAILABLE`, the SDK makes no traceback of it either."""
_STARTERS = ("/pulumi/runtime/", "/pulumi/output.py", "/asyncio/")


def main() -> None:
    """Connect to the engine, then run the program as `__main__`."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the engine ends us with it: then nobody wants to know where we stood
    settings, entry = json.loads(sys.argv[1]), Path(sys.argv[2])
    runtime.configure(runtime.Settings(**settings))
    folder = entry if entry.is_dir() else entry.parent
    sys.path[0] = str(folder)
    sys.argv = [str(entry), *sys.argv[3:]]
    # A failure leaves outputs that nobody awaits any more; the SDK has said what matters by then.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.exit(_run(entry, int(settings["parallel"])))


def _run(entry: Path, parallel: int) -> int:
    """The exit code. What the program raises is shown to the user once; sys.exit ends it with the code it names."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Every registration waits in a thread until its resource is there: too few threads would be a limit of ours.
    loop.set_default_executor(ThreadPoolExecutor(max(parallel, 1)))
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _as_main(entry)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return ERROR_SHOWN
    except Exception as error:  # noqa: BLE001  whatever the user's program raises is shown to the user
        if str(error) == _ENGINE_HAS_SPOKEN:
            return ERROR_SHOWN
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_user_trace()}")
        return ERROR_SHOWN
    finally:
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _as_main(entry: Path) -> None:
    runpy.run_path(str(entry), run_name="__main__")


def _user_trace() -> str:
    """The traceback from the program's own first frame on: how it came to be started helps nobody."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    own = next((i for i, frame in enumerate(frames) if not _is_ours(frame.filename)), len(frames))
    return traceback.format_exc(limit=own - len(frames))


def _is_ours(filename: str) -> bool:
    """Whether a frame belongs to what started the program: this runner, the SDK's loop, or frozen standard modules."""
    return filename.startswith("<") or filename == __file__ or any(part in filename for part in _STARTERS)


if __name__ == "__main__":
    main()
