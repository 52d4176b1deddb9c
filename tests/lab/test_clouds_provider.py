"""The provider as a process: how it starts, what it loads, and that it ends with its engine."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from intertie.lab import values
from support.clouds import SETTINGS

COMMAND = [sys.executable, "-u", "-m", "intertie.lab.provider"]


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def start(started: list["subprocess.Popen[str]"], folder: Path, *words: str) -> tuple["subprocess.Popen[str]", int]:
    """A provider process and its port."""
    process = subprocess.Popen(
        [*COMMAND, *words], env={**os.environ, "INTERTIE_LAB": str(folder)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    started.append(process)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@pytest.mark.parametrize("package", sorted(SETTINGS))
def test_a_provider_prints_its_port_and_answers_in_a_world_that_all_share(
    tmp_path: Path, processes: list["subprocess.Popen[str]"], package: str
) -> None:
    _, port = start(processes, tmp_path, package, "--logtostderr", "127.0.0.1:1")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        assert not stub.Handshake(provider_pb2.ProviderHandshakeRequest(), timeout=10).accept_secrets
        version = stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version
        assert int(version.partition(".")[0]) >= 999  # never older than what a program asks for
        answer = stub.Configure(provider_pb2.ConfigureRequest(args=values.encode(SETTINGS[package])), timeout=10)
        assert answer.supportsPreview
        stub.Cancel(empty_pb2.Empty(), timeout=10)


def test_a_refusal_reaches_the_engine_with_its_status(tmp_path: Path, processes: list["subprocess.Popen[str]"]) -> None:
    _, port = start(processes, tmp_path, "aws", "127.0.0.1:1")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            stub.Configure(provider_pb2.ConfigureRequest(), timeout=10)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Missing region information" in str(error.value.details())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_provider_ends_when_it_is_told(
    tmp_path: Path, processes: list["subprocess.Popen[str]"], number: signal.Signals
) -> None:
    process, _ = start(processes, tmp_path, "aws", "127.0.0.1:1")
    process.send_signal(number)
    assert process.wait(10) == 0


def test_a_provider_ends_with_an_engine_that_was_killed(tmp_path: Path) -> None:
    engine = textwrap.dedent(
        """
        import subprocess, sys
        child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        print(child.pid, flush=True)
        child.wait()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", engine, *COMMAND, "aws", "127.0.0.1:1"],
        env={**os.environ, "INTERTIE_LAB": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    provider = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=10)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{provider}").exists() and time.monotonic() < deadline:
        if "Z" in Path(f"/proc/{provider}/stat").read_text().rpartition(")")[2].split()[0]:
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{provider}").exists(), "the provider outlived its engine"


def test_a_provider_loads_no_sdk_and_nothing_of_other_clouds() -> None:
    code = textwrap.dedent(
        """
        import sys
        from intertie.lab.protocol import without_sdk
        without_sdk()
        import intertie.lab.servicer
        from intertie.lab.provider import maker
        maker("aws")
        heavy = {"pulumi_aws", "pulumi_gcp", "botocore", "cfnlint", "azure", "google.cloud", "pulumi.automation"}
        print(sorted(name for name in sys.modules if name in heavy or name.startswith("intertie.lab.clouds.")))
        """
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "pulumi_aws" not in out
    assert "botocore" not in out
    assert "pulumi.automation" not in out
    assert "intertie.lab.clouds.aws" in out
    assert "intertie.lab.clouds.gcp" not in out


def test_a_provider_starts_in_well_under_a_second(tmp_path: Path, processes: list["subprocess.Popen[str]"]) -> None:
    best = min(_time_to_port(processes, tmp_path) for _ in range(4))
    assert best < 0.7, best  # 0.3 s on two idle cores


def _time_to_port(processes: list["subprocess.Popen[str]"], folder: Path) -> float:
    started = time.monotonic()
    process, _ = start(processes, folder, "gcp", "127.0.0.1:1")
    taken = time.monotonic() - started
    process.terminate()
    process.wait(10)
    return taken


@pytest.mark.parametrize(
    ("words", "said"), [([], "no simulated cloud is called ''"), (["oci"], "no simulated cloud is called 'oci'")]
)
def test_whoever_starts_it_wrongly_is_told_how_it_is_meant(tmp_path: Path, words: list[str], said: str) -> None:
    environment = {**os.environ, "INTERTIE_LAB": str(tmp_path)}
    done = subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
