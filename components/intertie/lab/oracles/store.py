"""Rules of types, kept in a cache beside the lab's programs: made once per version of the packages they come from."""

import fcntl
import hashlib
import json
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from intertie.lab import programs
from intertie.lab.errors import LabError
from intertie.lab.oracles import mapping
from intertie.lab.oracles.rules import Type, file_name, from_json

_LONGEST_S = 180.0


@cache
def of(token: str) -> Type:
    """The rules of a type. The first question for a package makes those of all its mapped types."""
    package = token.partition(":")[0]
    folder = _folder(package)
    path = folder / file_name(token)
    if not path.exists():
        _make(folder, package, token)
    data = json.loads(path.read_text(encoding="utf-8"))
    return Type(
        data["token"], from_json(data["inputs"]), tuple(data["outputs"]), tuple(data["sources"]),
        tuple(data["unmatched"]), data["known"],
    )  # fmt: skip


def _folder(package: str) -> Path:
    """Keyed by versions and by the text of what makes the rules: neither may change unnoticed."""
    digest = hashlib.sha256()
    models = [model for token in mapping.of_package(package) for model in mapping.models()[token]]
    for each in [f"pulumi-{package}", *sorted({mapping.distribution(model) for model in models})]:
        digest.update(f"{each} {_version(each)};".encode())
    here = files("intertie.lab.oracles")
    for part in sorted([*here.iterdir(), *here.joinpath("data").iterdir()], key=lambda each: each.name):
        if part.name.endswith((".py", ".csv")):
            digest.update(part.read_bytes())
    folder = programs.root() / ".cache" / "oracles" / f"{package}-{digest.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        raise LabError(f"the lab checks against {distribution}, which is not installed: run `make setup`") from None


def _make(folder: Path, package: str, token: str) -> None:
    """One process makes them, however many ask at the same time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = [each for each in {*mapping.of_package(package), token} if not (folder / file_name(each)).exists()]
        if not wanted:
            return
        command = [sys.executable, "-m", "intertie.lab.oracles.extract", str(folder), *sorted(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    if done.returncode:
        raise LabError(f"the published models of {package} could not be read:\n{done.stderr[-2000:]}")
