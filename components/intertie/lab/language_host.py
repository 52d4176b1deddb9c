"""A Python language host for the lab's Pulumi CLI: runs programs, policy packs and component packages.

The official host cannot be had from the package registries, so the lab brings this one. It speaks the
protocol of `pulumi/language.proto` and keeps the official host's conduct: a program that showed its error ends
with exit code 32 and the engine adds nothing; any other code is reported once; the child ends with the host.

Started by the engine as `pulumi-language-python [flags] ENGINE_ADDRESS`; prints its port as the first line.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from intertie.lab.home import why_not_of_a_lab
from intertie.lab.programs import PULUMI_VERSION

ERROR_SHOWN = 32  # the program's exit code for "I failed, and have said why"


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """One host per engine. Programs run in child processes of the interpreter that runs the host."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        yield language_pb2.InstallDependenciesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        return language_pb2.GetProgramDependenciesResponse()

    def About(self, request: Any, context: Any) -> Any:
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version)

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run a program to its end."""
        settings = {
            "project": request.project,
            "stack": request.stack,
            "monitor": request.monitor_address,
            "engine": self._engine,
            "dry_run": request.dryRun,
            "parallel": request.parallel,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
        }
        entry = os.path.join(request.info.program_directory, request.info.entry_point)  # noqa: PTH118
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "intertie.lab.run_program", json.dumps(settings), entry, *request.args],
            cwd=request.pwd,
            env=environment,
        )
        context.add_callback(lambda: end(process))
        code = process.wait()
        if code == 0:
            return language_pb2.RunResponse()
        if code == ERROR_SHOWN:
            return language_pb2.RunResponse(bail=True)
        # A signal has no exit code: the official host, like Go, writes -1 for it.
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {max(code, -1)}")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack or a component package, and pass on what it prints."""
        process = subprocess.Popen(
            plugin_command(request),
            cwd=request.pwd,
            env={**os.environ, **dict(entry.split("=", 1) for entry in request.env)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(lambda: end(process))
        lines: queue.Queue[tuple[str, bytes | None]] = queue.Queue()
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            threading.Thread(target=_pump, args=(name, stream, lines), daemon=True).start()
        open_streams = 2
        while open_streams:
            name, data = lines.get()
            if data is None:
                open_streams -= 1
            else:
                yield _said(name, data)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def plugin_command(request: Any) -> list[str]:
    """Policy packs are served by the SDK's module; a package with `__main__.py` by itself; others by name."""
    folder = request.info.program_directory
    launch = [sys.executable, "-u", "-m", "intertie.lab.launch"]
    if request.kind == "analyzer":
        return [*launch, "pulumi.policy", *request.args, folder]
    if os.path.exists(os.path.join(folder, "__main__.py")):  # noqa: PTH110, PTH118
        return [*launch, folder, *request.args]
    return [*launch, "pulumi.run.plugin", request.name, *request.args]


def _said(name: str, data: bytes) -> Any:
    if name == "stdout":
        return language_pb2.RunPluginResponse(stdout=data)
    return language_pb2.RunPluginResponse(stderr=data)


def _pump(name: str, stream: Any, lines: "queue.Queue[tuple[str, bytes | None]]") -> None:
    while data := stream.read1(65536):
        lines.put((name, data))
    lines.put((name, None))


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a child to end, and see to it: a cancelled update must leave no program behind."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


def main() -> None:
    """Serve on loopback until the engine says stop. Exit code 3 outside a lab: this host is for nothing else."""
    if reason := why_not_of_a_lab(os.environ):
        sys.stderr.write(f"this Python language host belongs to an Intertie lab and runs nothing else: {reason}\n")
        sys.exit(3)
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    server = grpc.server(futures.ThreadPoolExecutor(16))
    host = LanguageHost(addresses[0] if addresses else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.stop(0)


if __name__ == "__main__":
    main()
