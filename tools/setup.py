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
# The SDKs hold thousands of modules of which a stack uses a few: Python compiles those when they are first imported.
PIP = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> int:
    """Exit code 0: ready. 3: something outside is missing, and the message says what."""
    packages, project = digest("requirements.lock"), digest("pyproject.toml")
    made_of = read(STAMP).split()
    have_packages = made_of[:1] == [packages] and os.path.exists(PYTHON)
    if have_packages and made_of[1:] == [project]:
        return 0
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return missing(
            "Python %d.%d to %d.%d" % (OLDEST + NEWEST),
            "this is Python %d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.executable),
            "install one of them, or name it: make PYTHON=python3.11",
        )
    started = time.time()
    if not have_packages:
        say("setting up .venv from requirements.lock: about 2 minutes with an empty package cache")
        if not (make_venv() and install_packages()):
            return 3
    if not run([*PIP, "--no-deps", "--no-build-isolation", "-e", ROOT], "installing intertie"):
        return 3
    with open(STAMP, "w") as stamp:  # last, so that a run that was cut short is not taken for done
        stamp.write("%s %s" % (packages, project))
    say("ready after %d seconds" % (time.time() - started))
    return 0


def digest(name: str) -> str:
    """What `.venv` is made from: the file, this folder and this Python. A change of any of them makes it anew."""
    text = "%s %s %s" % (read(os.path.join(ROOT, name)), ROOT, sys.version_info[:2])
    return hashlib.sha256(text.encode()).hexdigest()


def make_venv() -> bool:
    """A fresh environment: an old one may hold packages that the lock no longer names."""
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", VENV], "making the environment"):
        return True
    missing("Python's venv module", "`python3 -m venv` failed", "on Debian and Ubuntu: apt-get install python3-venv")
    return False


def install_packages() -> bool:
    """Every package by its hash: what the lock does not name is not installed."""
    # The lock is complete, so nothing is resolved: pip takes `x[extra]` for another requirement than the `x` it has.
    locked = [*PIP, "--require-hashes", "--no-deps", "-r", os.path.join(ROOT, "requirements.lock")]
    if run(locked, "installing the locked packages"):
        return True
    missing(
        "the Python packages",
        "pip could not install requirements.lock",
        "is a package index reachable? pip's own message is above",
    )
    return False


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
