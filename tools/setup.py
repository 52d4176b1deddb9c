"""Makes `.venv` ready: the locked packages with their hashes, and Intertie itself, editable.

Runs on whatever Python the machine has, so it uses the standard library only and old syntax. It does nothing when
`.venv` already holds what `requirements.lock` and `pyproject.toml` ask for, and starts over when a run was cut short.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
STAMP = os.path.join(VENV, "intertie-ready")
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> int:
    """Exit code 0: ready. 3: something outside is missing, and the message says what."""
    wanted = fingerprint()
    if read(STAMP) == wanted and os.path.exists(PYTHON):
        return 0
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return missing(
            "Python %d.%d to %d.%d" % (OLDEST + NEWEST),
            "this is Python %d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.executable),
            "install one of them, or name it: make PYTHON=python3.11",
        )
    started = time.time()
    say("setting up .venv from requirements.lock: about 2 minutes with an empty package cache")
    if not (make_venv() and install()):
        return 3
    with open(STAMP, "w") as stamp:  # last, so that a run that was cut short is not taken for done
        stamp.write(wanted)
    say("ready after %d seconds" % (time.time() - started))
    return 0


def fingerprint() -> str:
    """What `.venv` must be made from. A change of any of it makes a new `.venv`."""
    digest = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update(read(os.path.join(ROOT, name)).encode())
    digest.update(("%s %s" % (ROOT, sys.version_info[:2])).encode())
    return digest.hexdigest()


def make_venv() -> bool:
    """A fresh environment: an old one may hold packages that the lock no longer names."""
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", VENV], "making the environment"):
        return True
    missing("Python's venv module", "`python3 -m venv` failed", "on Debian and Ubuntu: apt-get install python3-venv")
    return False


def install() -> bool:
    """Packages by hash, then Intertie itself with the build tools that are among them: nothing unpinned is fetched."""
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    locked = [*pip, "--require-hashes", "-r", os.path.join(ROOT, "requirements.lock")]
    if not run(locked, "installing the locked packages"):
        missing(
            "the Python packages",
            "pip could not install requirements.lock",
            "is a package index reachable? pip's own message is above",
        )
        return False
    return run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], "installing intertie")


def run(command: list, what: str) -> bool:
    say(what)
    return subprocess.call(command) == 0


def read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def say(text: str) -> None:
    sys.stderr.write("setup: %s\n" % text)
    sys.stderr.flush()


def missing(what: str, found: str, remedy: str) -> int:
    say("missing: %s\n       found: %s\n       remedy: %s" % (what, found, remedy))
    return 3


if __name__ == "__main__":
    sys.exit(main())
