"""A simulated cloud provider, as the engine starts it: `python -m intertie.lab.provider PACKAGE [flags] ENGINE`.

PACKAGE is `aws`, `azure-native` or `gcp`. The world is `world.db` in the folder that INTERTIE_LAB names, shared with
all other providers of the lab. The port is the first line on standard output; the process ends with its engine.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from intertie.lab.clouds.cloud import Cloud
from intertie.lab.launch import end_with_parent
from intertie.lab.protocol import without_sdk

_LARGEST_MESSAGE = 400 << 20  # bytes, as the engine's own limit


def maker(package: str) -> Callable[[Mapping[str, Any]], Cloud]:
    """What builds the cloud of a package. Only this cloud's code is loaded."""
    if package == "aws":
        from intertie.lab.clouds.aws.cloud import Aws

        return Aws
    if package == "azure-native":
        from intertie.lab.clouds.azure.cloud import Azure

        return Azure
    if package == "gcp":
        from intertie.lab.clouds.gcp.cloud import Gcp

        return Gcp
    raise SystemExit(f"provider: no simulated cloud is called {package!r}; there are aws, azure-native and gcp")


def serve(package: str, world: Path) -> tuple[grpc.Server, int]:
    """A running server on loopback, and its port."""
    from pulumi.runtime.proto import provider_pb2_grpc

    from intertie.lab.servicer import Servicer

    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(32), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(maker(package), world), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve until the engine says stop, or has gone."""
    folder = os.environ.get("INTERTIE_LAB")
    if not folder or len(sys.argv) < 2:
        sys.stderr.write("provider: works inside an Intertie lab only: see `intertie lab up`\n")
        sys.exit(3)
    end_with_parent()
    without_sdk()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server, port = serve(sys.argv[1], Path(folder, "world.db"))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
