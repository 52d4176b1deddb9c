"""The folder of one lab: a Pulumi home with simulated providers, a state backend, the world, and the programs on PATH.

Everything a lab needs lies in this one folder, which only its owner can read: two labs cannot see each other, and
removing the folder removes the lab.
"""

import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from intertie.errors import OutsideError
from intertie.lab import programs

PROVIDERS = {
    "aws": ("pulumi-aws", "intertie.lab.provider"),
    "azure-native": ("pulumi-azure-native", "intertie.lab.provider"),
    "gcp": ("pulumi-gcp", "intertie.lab.provider"),
    "kubernetes": ("pulumi-kubernetes", "intertie.lab.kubernetes_provider"),
}
"""Pulumi package → the distribution of its SDK, which fixes the plugin's version, and the module that simulates it."""

TOKEN_TOOLS = ("aws", "gke-gcloud-auth-plugin", "kubelogin")
"""Programs that the clouds' kubeconfigs call for a token. The lab's stand-ins answer for its own clusters only."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the parts of a lab lie."""

    folder: Path

    @property
    def world(self) -> Path:
        return self.folder / "world.db"

    @property
    def token_file(self) -> Path:
        return self.folder / "token"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def pulumi_home(self) -> Path:
        return self.folder / "home"

    def environment(self) -> dict[str, str]:
        """What to set so that `pulumi` and `kubectl` work on this lab: its backend, plugins, PATH and kubeconfig.

        Nothing is left of the person's: a forgotten option must not reach a real backend or a real cluster.
        """
        path = os.environ.get("PATH", os.defpath).split(os.pathsep)
        return {
            "INTERTIE_LAB": str(self.folder),
            "KUBECACHEDIR": str(self.folder / "kubectl"),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "PATH": os.pathsep.join([str(self.bin), *(part for part in path if part != str(self.bin))]),
            # Without files of metadata beside the state's: a CLI that is killed leaves one of them half-written, and
            # the state cannot be read any more (`setAttrs` in gocloud.dev's fileblob; state itself is put in whole).
            "PULUMI_BACKEND_URL": f"file://{self.state}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_CI_DETECTION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_SUPPRESS_NEO_LINK": "true",
        }


def why_not_of_a_lab(environment: Mapping[str, str]) -> str:
    """Why this environment is not a lab's own: simulated parts must never take part in what is real. Empty: it is."""
    folder = environment.get("INTERTIE_LAB")
    if not folder:
        return "INTERTIE_LAB is not set"
    if not Home(Path(folder)).token_file.is_file():
        return f"INTERTIE_LAB names {folder}, which is not a lab"
    lab = Home(Path(folder)).environment()
    for name in ("PULUMI_BACKEND_URL", "PULUMI_HOME"):
        if environment.get(name) != lab[name]:
            return f"{name} is {environment.get(name) or 'not set'}, not the lab's {lab[name]}"
    return ""


def create(folder: Path) -> Home:
    """Lay out a lab. OutsideError when the Pulumi CLI is not here; an existing lab is kept as it is."""
    home = Home(folder.absolute())
    pulumi = programs.find("pulumi")
    if pulumi is None:
        reason = programs.why_not_buildable() or "run `make tools` (about 4 minutes, once)"
        raise OutsideError(f"the lab needs the Pulumi CLI; {reason}")
    for part in (home.folder, home.bin, home.state, home.pulumi_home, home.pulumi_home / "plugins"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.folder.chmod(0o700)
    _secret(home.folder / "passphrase")
    _secret(home.token_file)
    _place(pulumi, home.bin / "pulumi")
    if (kubectl := programs.find("kubectl")) is not None:
        _place(kubectl, home.bin / "kubectl")
    _launcher(home.bin / "pulumi-language-python", "intertie.lab.language_host", home)
    for tool in TOKEN_TOOLS:
        _launcher(home.bin / tool, "intertie.lab.token_tool", home, tool)
    for package, (distribution, module) in PROVIDERS.items():
        _provider(home, package, distribution, module)
    return home


def _provider(home: Home, package: str, distribution: str, module: str) -> None:
    """A plugin of exactly the version that the SDK asks for; none for an SDK that is not installed."""
    try:
        wanted = version(distribution)
    except PackageNotFoundError:
        return
    folder = home.pulumi_home / "plugins" / f"resource-{package}-v{wanted}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _launcher(folder / f"pulumi-resource-{package}", module, home, package)


def _launcher(path: Path, module: str, home: Home, *arguments: str) -> None:
    """A program that runs one of our modules with this interpreter, on this lab, no longer than who started it."""
    words = [sys.executable, "-u", "-m", "intertie.lab.launch", module, *arguments]
    path.write_text(
        f'#!/bin/sh\nINTERTIE_LAB={shlex.quote(str(home.folder))} exec {" ".join(map(shlex.quote, words))} "$@"\n'
    )
    path.chmod(0o700)


def _place(program: Path, at: Path) -> None:
    """A program of the lab on its PATH. The CLI looks for languages next to itself first, and without a warning."""
    if at.exists() and at.samefile(program):  # made again from a shell that is inside the lab
        return
    scratch = at.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    try:
        scratch.hardlink_to(program.resolve())
    except OSError:  # another file system
        shutil.copy2(program, scratch)
    scratch.replace(at)


def _secret(path: Path) -> None:
    """A random value in a file for its owner's eyes, made once per lab."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
