"""What nobody else may see of a lab: where it listens, who may read its files, and where its secrets stand in clear."""

import re
from collections.abc import Iterable
from pathlib import Path

from intertie.lab.home import Home

LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1, and 127.0.0.1 as an address of version 6."""
_HOLDERS = ("token", "passphrase", "tokens.csv", "kubeconfig", "scheduler.yaml", "lws.kubeconfig")
"""Files whose purpose is to hold a secret, for their owner's eyes."""
_DATA = ("etcd",)  # the data of API servers: secrets are what they are for, and the folder is closed
_KEY = re.compile(r"-----BEGIN (?:\w+ )*PRIVATE KEY-----\s+(\S{40,})")


def listening_addresses(pids: Iterable[int]) -> list[str]:
    """Addresses at which processes listen, as /proc writes them."""
    sockets: set[str] = set()
    for pid in pids:
        try:
            sockets |= {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
        except OSError:  # it has ended meanwhile
            continue
    return [
        fields[1].partition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in (line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets
    ]


def processes_of(folder: Path) -> set[int]:
    """Processes that have a lab's folder in their words or their environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in known:
            found.add(int(process.name))
    return found


def readable_by_others(folder: Path) -> list[str]:
    """Files and folders of a lab that somebody else could read or write. What lies in a closed folder is closed."""
    if folder.stat().st_mode & 0o077:
        return [str(folder)]
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name in _HOLDERS or path.suffix in (".key", ".db")
        if not path.is_symlink() and path.stat().st_mode & 0o077
    ]


def secrets_of(home: Home) -> dict[str, str]:
    """The secrets of a lab by what they are: its token, its passphrase, and the keys of its clusters."""
    found = {name: (home.folder / name).read_text().strip() for name in ("token", "passphrase")}
    for path in (home.folder / "clusters").rglob("*.key"):
        match = _KEY.search(path.read_text())
        if match is not None:
            found[f"{path.parent.name}/{path.name}"] = match[1]
    return found


def in_clear(home: Home, *more: Path, texts: Iterable[str] = ()) -> list[str]:
    """Where secrets of a lab stand in clear: `what in where`. Looks into its logs, events and checkpoints, into folders
    besides, and at what was shown."""
    secrets = secrets_of(home)
    assert all(len(secret) >= 20 for secret in secrets.values()), "too short to be told from chance"
    found = [f"{what} in what was shown" for what, secret in secrets.items() for text in texts if secret in text]
    for folder in (home.folder, *more):
        for path in folder.rglob("*"):
            parts = path.relative_to(folder).parts
            if not path.is_file() or path.name in _HOLDERS or path.suffix == ".key" or set(parts) & {*_DATA, "bin"}:
                continue
            data = path.read_bytes()
            found += [f"{what} in {'/'.join(parts)}" for what, secret in secrets.items() if secret.encode() in data]
    return found
