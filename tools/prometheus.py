"""Prometheus' own programs for the tests of rules and exporter: `python tools/prometheus.py` says where they are.

Looked for in this order: INTERTIE_PROMETHEUS and INTERTIE_PROMTOOL, PATH, `.cache/tools/prometheus-<version>/`.
Where they are in none of these they are taken out of Debian's package `prometheus`, which apt checks against the
archive's signatures, and put into that folder: nothing is installed, no service is started, and no rights are needed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "tools"
PROGRAMS = ("prometheus", "promtool")
_SECONDS = 300


class MissingError(Exception):
    """The programs cannot be had here; the text says why and what to do."""


def found() -> dict[str, Path] | None:
    """Program → path, when both are there. Raises `MissingError` for a variable that names no program."""
    there = {name: path for name in PROGRAMS if (path := _named(name) or _on_path(name) or _cached(name)) is not None}
    return there if len(there) == len(PROGRAMS) else None


def fetched() -> dict[str, Path]:
    """The same, out of Debian's package where they are not there yet. Raises `MissingError` when that fails."""
    there = found()
    if there is not None:
        return there
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise MissingError(f"{tool} is not on PATH: this is no Debian.\n{_remedy()}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as part:
        package = _downloaded(Path(part))
        version = _run(["dpkg-deb", "--field", str(package), "Version"], Path(part)).strip()
        _run(["dpkg-deb", "--extract", str(package), "whole"], Path(part))
        home = CACHE / f"prometheus-{version}"
        shutil.rmtree(home, ignore_errors=True)
        (Path(part) / "whole").replace(home)
    there = found()
    if there is None:
        raise MissingError(f"Debian's package prometheus {version} does not hold {', '.join(PROGRAMS)}.\n{_remedy()}")
    return there


def _named(name: str) -> Path | None:
    variable = f"INTERTIE_{name.upper()}"
    text = os.environ.get(variable)
    if not text:
        return None
    if not os.access(text, os.X_OK):
        raise MissingError(f"{variable} is {text!r}, which is no program.\n{_remedy()}")
    return Path(text)


def _on_path(name: str) -> Path | None:
    path = shutil.which(name)
    return Path(path) if path else None


def _cached(name: str) -> Path | None:
    return max(CACHE.glob(f"prometheus-*/usr/bin/{name}"), default=None, key=lambda path: path.stat().st_mtime)


def _downloaded(folder: Path) -> Path:
    """With the machine's own package lists, else with lists of our own: those of the machine may be missing or old."""
    try:
        _run(["apt-get", "--quiet", "download", "prometheus"], folder)
    except MissingError:
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        own = [
            f"-oDir::State={folder}/state",
            f"-oDir::Cache={folder}/cache",
            "-oDir::State::status=/var/lib/dpkg/status",
        ]
        own += ["-oDebug::NoLocking=true", "-oAPT::Sandbox::User="]
        _run(["apt-get", "--quiet", *own, "update"], folder)
        _run(["apt-get", "--quiet", *own, "download", "prometheus"], folder)
    return next(folder.glob("prometheus_*.deb"))


def _run(words: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{' '.join(words[:2])}: {error}\n{_remedy()}") from None
    if done.returncode:
        raise MissingError(f"{' '.join(words[:2])}: {done.stderr.strip()[-600:]}\n{_remedy()}")
    return done.stdout


def _remedy() -> str:
    return "Install Prometheus, or name its programs in INTERTIE_PROMETHEUS and INTERTIE_PROMTOOL."


def main() -> int:
    try:
        for name, path in fetched().items():
            print(f"{name}: {path}")
    except MissingError as error:
        print(f"prometheus: missing: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
