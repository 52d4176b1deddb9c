"""What every simulated provider does as a process: serve on loopback, say its port first, end with its engine."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from pathlib import Path

import grpc

from intertie.lab.launch import end_with_parent

_LARGEST_MESSAGE = 400 << 20  # bytes, as the engine's own limit


def own_world(who: str) -> Path:
    """The world of the lab that this process is in. Exit code 3 outside a lab."""
    folder = os.environ.get("INTERTIE_LAB")
    if not folder:
        sys.stderr.write(f"{who}: works inside an Intertie lab only: see `intertie lab up`\n")
        sys.exit(3)
    return Path(folder, "world.db")


def serving(add: Callable[[grpc.Server], None], threads: int) -> tuple[grpc.Server, int]:
    """A running server on loopback with the services that `add` gives it, and its port."""
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(threads), options=options)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def until_told(start: Callable[[], tuple[grpc.Server, int]]) -> None:
    """Start serving, with the port as the first line, until the engine says stop, or has gone."""
    end_with_parent()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server, port = start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop.wait()
    server.stop(1).wait()
