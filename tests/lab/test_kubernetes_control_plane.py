"""A simulated cluster's real control plane: who comes in, what it listens on, and that nothing of it is left behind."""

import os
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intertie.lab import processes
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.programs import KUBERNETES_VERSION
from intertie.lab.world import Cluster
from support.lab_clusters import Supervised, memory_mib, supervised, wait_for
from support.lab_security import LOOPBACK, listening_addresses

pytestmark = pytest.mark.kubernetes

PARTS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}
NOTE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note", "namespace": "default"}}
NOTE_PATH = "/api/v1/namespaces/default/configmaps/note"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    with supervised(tmp_path_factory.mktemp("plane") / "lab") as found:
        found.cluster("c", "aws")
        yield found


def names(pids: set[int]) -> dict[str, int]:
    """Processes by the name of their program."""
    found = {pid: Path(f"/proc/{pid}/comm") for pid in pids}
    return {path.read_text().strip(): pid for pid, path in found.items() if path.exists()}


def folder(lab: Supervised) -> Path:
    (found,) = (lab.home.folder / "clusters").iterdir()
    return found


def starting(lab: Supervised) -> set[int]:
    """Asks for a cluster; the processes of it when the API server is one of them."""
    lab.world.put_cluster(Cluster("c", "aws", "here", "c", "wanted"))
    wait_for(lambda: "kube-apiserver" in names(lab.children()), 60)
    return lab.children()


def all_gone(pids: set[int], seconds: float) -> None:
    wait_for(lambda: not any(processes.alive(pid) for pid in pids), seconds, lambda: names(pids))


def test_the_control_plane_is_the_real_one_of_the_declared_version(lab: Supervised) -> None:
    assert lab.api("c").get("/version")["gitVersion"] == f"v{KUBERNETES_VERSION}"
    wait_for(lambda: is_complete(lab), 10)  # a part that has just begun still has its starter's name


@pytest.mark.parametrize("token", ["", "somebody-elses"])
def test_nobody_comes_in_without_the_labs_token(lab: Supervised, token: str) -> None:
    cluster = lab.world.cluster("c")
    assert cluster is not None
    with pytest.raises(ApiError) as refused:
        Api(Access(cluster.endpoint, cluster.ca, token)).get("/api/v1/namespaces")
    assert refused.value.code == 401


def test_nobody_reads_the_data_past_the_api_server(lab: Supervised) -> None:
    context = ssl.create_default_context(cafile=folder(lab) / "ca.crt")
    command = Path(f"/proc/{names(lab.children())['etcd']}/cmdline").read_text().split("\0")
    port = next(each for each in command if each.startswith("--listen-client-urls=")).rpartition(":")[2]
    with (  # noqa: PT012  the refusal comes with the handshake or with the first answer
        pytest.raises(OSError, match=r"certificate required|reset|EOF"),
        socket.create_connection(("127.0.0.1", int(port)), 5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as stranger,
    ):
        stranger.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not stranger.recv(1024)
        raise ConnectionResetError("reset")


def test_everything_listens_on_loopback_only(lab: Supervised) -> None:
    heard = listening_addresses(lab.children())
    assert len(heard) >= 3
    assert set(heard) <= LOOPBACK


def test_keys_and_tokens_are_for_their_owners_eyes(lab: Supervised) -> None:
    assert folder(lab).stat().st_mode & 0o777 == 0o700
    for name in ("tokens.csv", "kubeconfig", "server.key", "sa.key"):
        assert (folder(lab) / name).stat().st_mode & 0o777 == 0o600, name


def test_a_control_plane_is_small(lab: Supervised, record_property: Callable[[str, object], None]) -> None:
    used = {name: memory_mib(pid) for name, pid in names(lab.children()).items()}
    record_property("memory_mib", used)
    assert sum(used.values()) < 1200, used


def test_when_a_cloud_is_down_its_api_servers_are_and_come_back_with_what_they_had(lab: Supervised) -> None:
    api = lab.api("c")
    api.apply(NOTE, "test", force=True)
    before = lab.world.cluster("c")
    lab.world.set_meta("down:aws", "1")
    wait_for(lambda: not names(lab.children()), 15, lambda: names(lab.children()))
    with pytest.raises(ApiError) as refused:
        api.get("/version")
    assert refused.value.code == 0
    lab.world.set_meta("down:aws", "")
    wait_for(lambda: is_complete(lab) and comes_back(api), 60)
    after = lab.world.cluster("c")
    assert before is not None
    assert after is not None
    assert (after.endpoint, after.ca) == (before.endpoint, before.ca)


def is_complete(lab: Supervised) -> bool:
    """Whether all parts run: then its start is over."""
    return {name[:15] for name in PARTS} <= set(names(lab.children()))


def comes_back(api: Api) -> bool:
    try:
        return api.find(NOTE_PATH) is not None
    except ApiError:
        return False


def test_a_part_that_dies_is_started_again(lab: Supervised) -> None:
    api = lab.api("c")
    api.apply(NOTE, "test", force=True)
    first = names(lab.children())["kube-apiserver"]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: names(lab.children()).get("kube-apiserver", first) != first and is_complete(lab), 60)
    assert comes_back(api)
    assert any("ailing" in event for event in lab.world.events())


def test_a_cluster_that_nobody_wants_any_more_leaves_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with supervised(tmp_path / "lab") as lab:
        begun = time.monotonic()
        lab.cluster("c", "aws")
        record_property("start_seconds", time.monotonic() - begun)
        pids, place = lab.children(), folder(lab)
        lab.remove("c")
        all_gone(pids, 5)
        assert not place.exists()
        assert lab.world.query("select key from meta where key like '%:c'") == []


def test_a_supervisor_that_is_told_to_end_takes_a_cluster_with_it_that_just_starts(tmp_path: Path) -> None:
    with supervised(tmp_path / "lab") as lab:
        pids = starting(lab)
        begun = time.monotonic()
        lab.process.send_signal(signal.SIGTERM)
        assert lab.process.wait(6) == 0
        assert time.monotonic() - begun < 5
        all_gone(pids, 1)
        cluster = lab.world.cluster("c")
        assert cluster is not None
        assert (cluster.state, cluster.endpoint) == ("wanted", "")


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with supervised(tmp_path / "lab") as lab:
        lab.cluster("c", "aws")
        pids = lab.children()
        assert len(pids) >= len(PARTS)
        lab.process.kill()
        lab.process.wait(5)
        all_gone(pids, 5)


def test_a_supervisor_whose_folder_is_gone_ends(tmp_path: Path) -> None:
    with supervised(tmp_path / "lab") as lab:
        pids = starting(lab)
        shutil.rmtree(lab.home.folder)
        assert lab.process.wait(10) == 0
        all_gone(pids, 1)
