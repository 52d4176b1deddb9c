"""`intertie replicate` with the real crane and a real OCI registry on this machine: bytes, digests, lock."""

import io
import json
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.errors import OutsideError
from intertie.lab import programs
from intertie.replication import Kind, Task, make, record
from intertie.replication.run import lock

pytestmark = [pytest.mark.kubernetes, pytest.mark.xdist_group("registry")]


def program() -> str:
    found = programs.find("crane")
    assert found is not None
    return str(found)


def crane(command: tuple[str, ...], given: str | None = None) -> str:
    """Runs crane as the command line does; other tools are not here."""
    assert command[0] == "crane"
    done = subprocess.run(
        [program(), *command[1:]], input=given, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise OutsideError(done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [program(), "registry", "serve", "--address", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 30
        host, _, port = address.partition(":")
        while time.monotonic() < end:
            with socket.socket() as asked:
                if asked.connect_ex((host, int(port))) == 0:
                    break
            time.sleep(0.05)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        finally:
            process.kill()


def push(registry: str, name: str, text: str, folder: Path) -> str:
    """An image with one file in it; its digest."""
    layer = folder / "layer.tar"
    with tarfile.open(layer, "w") as archive:
        member = tarfile.TarInfo("what")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
    crane(("crane", "append", "--new_layer", str(layer), "--new_tag", f"{registry}/{name}"))
    return crane(("crane", "digest", f"{registry}/{name}")).strip()


def image(source: str, target: str) -> Task:
    return Task("here", "other", Kind.IMAGE, source.partition("@")[0], source, target, "a test")


def test_an_image_arrives_with_the_digest_that_it_left_with(registry: str, tmp_path: Path) -> None:
    digest = push(registry, "acme/prepare:1.0", "first", tmp_path)
    task = image(f"{registry}/acme/prepare:1.0", f"{registry}/mirror/acme/prepare:1.0")
    (found,) = make([task], crane, tmp_path, {}, lambda _: None)
    assert (found.outcome, found.digest) == ("made", digest)
    assert crane(("crane", "digest", f"{registry}/mirror/acme/prepare:1.0")).strip() == digest
    assert json.loads(lock([found], {}))["images"] == {f"{registry}/acme/prepare:1.0": digest}


def test_an_image_by_digest_is_the_one_that_arrives_though_its_tag_has_moved(registry: str, tmp_path: Path) -> None:
    before = push(registry, "acme/moved:1", "first", tmp_path)
    after = push(registry, "acme/moved:1", "second", tmp_path)
    assert before != after
    pinned = image(f"{registry}/acme/moved@{before}", f"{registry}/mirror/acme/moved:1")
    (found,) = make([pinned], crane, tmp_path, {}, lambda _: None)
    assert (found.outcome, found.digest) == ("made", before)


def test_an_image_that_is_not_there_is_a_failure_with_the_registrys_word(registry: str, tmp_path: Path) -> None:
    (found,) = make([image(f"{registry}/acme/none:1", "")], crane, tmp_path, {}, lambda _: None)
    assert found.outcome == "failed"
    assert "UNKNOWN" in found.said or "404" in found.said
    assert record([found])["copies"][0]["digest"] == ""
