"""Small Pulumi programs on disk, and the engine on them, in a lab of a test's own."""

import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from intertie.lab.engine import Engine
from intertie.lab.home import Home

DYNAMIC = "pulumi-resource-pulumi-python"


def project(folder: Path, source: str, *, name: str = "small") -> Path:
    """A project whose program is `source`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(source))
    return folder


def engine(home: Home, folder: Path, stack: str) -> Engine:
    """The engine on a new stack of a project."""
    made = Engine(home.environment(), folder, stack)
    outcome = made.init()
    assert outcome.ok, outcome.text
    return made


def serve_dynamic(home: Home) -> None:
    """Let programs of this lab bring providers of their own (`pulumi.dynamic`), as the official distribution does."""
    language_host = home.bin / "pulumi-language-python"
    launcher = home.bin / DYNAMIC
    launcher.write_text(language_host.read_text().replace("intertie.lab.language_host", "pulumi.dynamic"))
    launcher.chmod(0o700)


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    """Look every 20 ms; an assertion when it does not happen in time."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"did not happen within {seconds} s"
        time.sleep(0.02)


def left_behind(folder: Path) -> list[str]:
    """Command lines of all other processes that name a folder in their words or environment, or stand in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            known = words + (process / "environ").read_bytes()
            if str(folder).encode() in known or (process / "cwd").readlink().is_relative_to(folder):
                found.append((int(process.name), words.replace(b"\0", b" ").decode(errors="replace")))
        except OSError:  # it has gone meanwhile, or is not ours
            continue
    return [f"{pid} {words}" for pid, words in found if words and pid != os.getpid()]
