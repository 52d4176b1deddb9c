"""Runs one Pulumi program for the language host: `python -m intertie.lab.run_program SETTINGS ENTRY`.

Exit codes, as the official runner's: 0 done; 32 failed and the user has been told why; what the program itself
passed to `sys.exit` otherwise.
"""

import asyncio
import json
import runpy
import sys
import traceback
from pathlib import Path

import pulumi
from pulumi import runtime

ERROR_SHOWN = 32


def main() -> None:
    """Connect to the engine, then run the program as `__main__`."""
    settings, entry = json.loads(sys.argv[1]), Path(sys.argv[2])
    runtime.configure(runtime.Settings(**settings))
    folder = entry if entry.is_dir() else entry.parent
    sys.path.insert(0, str(folder))
    sys.argv = [str(entry)]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    failed = True
    try:
        loop.run_until_complete(runtime.run_in_stack(lambda: _run(entry)))
        failed = False
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except Exception:  # noqa: BLE001  whatever the user's program raises is shown to the user
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_user_trace()}")
    finally:
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(ERROR_SHOWN if failed else 0)


def _run(entry: Path) -> None:
    runpy.run_path(str(entry), run_name="__main__")


def _user_trace() -> str:
    """The traceback from the program's own first frame on: how it came to be started helps nobody."""
    kind, error, trace = sys.exc_info()
    frames = traceback.extract_tb(trace)
    own = next((i for i, frame in enumerate(frames) if not _is_ours(frame.filename)), len(frames))
    return "".join([*traceback.format_list(frames[own:]), *traceback.format_exception_only(kind, error)])


def _is_ours(filename: str) -> bool:
    """Whether a frame belongs to what started the program: this runner, the SDK's loop, or frozen standard modules."""
    return filename.startswith("<") or filename == __file__ or "/pulumi/runtime/" in filename or "/asyncio/" in filename


if __name__ == "__main__":
    main()
