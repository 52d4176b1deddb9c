"""The lab's programs: Pulumi CLI, Kubernetes control plane with etcd, KWOK and the LeaderWorkerSet controller.

Each family is a Go module in `tools/<family>/` that declares its programs as Go tools. They are built from the
module proxy into `.cache/tools/<family>-<hash of go.mod and go.sum>/`, once; nothing is downloaded from elsewhere.
A suitable program on the machine is used instead: a `pulumi` on PATH of at least the pinned version, or whatever
the environment names (`INTERTIE_PULUMI`, `INTERTIE_KUBE_APISERVER`, ...).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from intertie.errors import OutsideError

PULUMI_VERSION = "3.259.0"
KUBERNETES_VERSION = "1.35.0"


@dataclass(frozen=True, slots=True)
class Family:
    """Programs that are built together. `minutes` was measured on 2 cores with an empty build cache."""

    name: str
    programs: tuple[str, ...]
    minutes: float
    flags: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()  # what Go calls the binary → what it is called


FAMILIES = {
    family.name: family
    for family in (
        Family(
            "pulumi",
            ("pulumi",),
            3.5,
            (
                "-tags=osusergo",
                f"-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}",
            ),
        ),
        Family(
            "kubernetes",
            ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
            4,
            (
                (
                    f"-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}"
                    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35"
                ),
            ),
            (("server", "etcd"),),
        ),
        Family("kwok", ("kwok",), 1.5, ("-ldflags=-s -w",)),
        Family("registry", ("crane",), 0.5, ("-ldflags=-s -w",)),
        Family("lws", ("lws-controller",), 3, ("-ldflags=-s -w",), (("cmd", "lws-controller"),)),
    )
}

Say = Callable[[str], None]


def root() -> Path:
    """The checkout: the lab belongs to it, because it holds the declarations of the programs."""
    here = Path(__file__).resolve()
    for folder in here.parents:
        if (folder / "tools" / "pulumi" / "go.mod").is_file():
            return folder
    raise OutsideError("the lab needs a checkout of Intertie: the installed package does not hold tools/")


def find(program: str) -> Path | None:
    """Where a program is, if it is here and suitable; None when it would have to be built first."""
    if named := os.environ.get("INTERTIE_" + program.upper().replace("-", "_")):
        path = Path(named)
        if not os.access(path, os.X_OK):
            raise OutsideError(f"INTERTIE_{program.upper().replace('-', '_')} names {named}, which cannot be run")
        return path
    if program == "pulumi" and (on_path := shutil.which("pulumi")) and _version(Path(on_path)) >= _pinned():
        return Path(on_path)
    family = next(family for family in FAMILIES.values() if program in family.programs)
    built = _folder(family) / program
    return built if built.is_file() else None


def missing() -> tuple[str, ...]:
    """Families of which a program is not here."""
    return tuple(name for name, family in FAMILIES.items() if any(find(program) is None for program in family.programs))


def why_not_buildable() -> str:
    """Why missing programs cannot be built here; empty when they can."""
    if shutil.which("go") is None:
        return "Go is not installed: install Go 1.26 or later, or name the programs (INTERTIE_PULUMI, ...)"
    found = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout.strip()
    match = re.match(r"go(\d+)\.(\d+)", found)
    if match is None or (int(match[1]), int(match[2])) < (1, 26):
        return f"Go 1.26 or later is needed to build the lab's programs; found {found or 'none'}"
    return ""


def build(family: Family, say: Say) -> Path:
    """Build one family, with a word on how long it takes and why. Returns its folder; OutsideError if Go fails."""
    folder = _folder(family)
    if all((folder / program).is_file() for program in family.programs):
        return folder
    if reason := why_not_buildable():
        raise OutsideError(reason)
    say(f"building {', '.join(family.programs)} from Go modules: about {family.minutes:g} minutes on 2 cores, once")
    started = time.monotonic()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{family.name}-") as scratch:
        _compile(family, Path(scratch), say)
        for made, wanted in family.renamed:
            Path(scratch, made).rename(Path(scratch, wanted))
        folder.mkdir(exist_ok=True)
        for program in family.programs:
            Path(scratch, program).replace(folder / program)
    say(f"built {family.name} in {time.monotonic() - started:.0f} s")
    return folder


def _compile(family: Family, into: Path, say: Say) -> None:
    """`go build` of the family's tools, with a sign of life every 30 seconds and an end after 30 minutes."""
    command = ["go", "build", "-trimpath", *family.flags, "-o", f"{into}/", "tool"]
    environment = {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    started = time.monotonic()
    with (into / "build.log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=root() / "tools" / family.name, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None:
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    minutes = (time.monotonic() - started) / 60
                    say(f"building {family.name}: {minutes:.1f} of about {family.minutes:g} minutes")
                    if minutes > 30:
                        raise OutsideError(f"building {family.name} took more than 30 minutes") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            log.seek(0)
            raise OutsideError(f"go build failed for tools/{family.name}:\n{log.read()[-2000:]}")


def _folder(family: Family) -> Path:
    module = root() / "tools" / family.name
    digest = hashlib.sha256((module / "go.mod").read_bytes() + (module / "go.sum").read_bytes())
    digest.update("\n".join(family.flags).encode())
    return root() / ".cache" / "tools" / f"{family.name}-{digest.hexdigest()[:12]}"


def _pinned() -> tuple[int, ...]:
    return tuple(map(int, PULUMI_VERSION.split(".")))


def _version(pulumi: Path) -> tuple[int, ...]:
    """Version of a `pulumi` program; (0,) when it does not tell."""
    try:
        out = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=False, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", out.strip())
    return tuple(map(int, match.groups())) if match else (0,)


def main() -> None:
    """`python -m intertie.lab.programs`: build what is missing. Exit code 3 when that cannot be done."""

    def say(text: str) -> None:
        sys.stderr.write(f"tools: {text}\n")

    try:
        for name in missing():
            build(FAMILIES[name], say)
    except OutsideError as error:
        say(str(error))
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
