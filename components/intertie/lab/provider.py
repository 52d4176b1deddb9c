"""A simulated cloud provider, as the engine starts it: `python -m intertie.lab.provider PACKAGE [flags] ENGINE`.

PACKAGE is `aws`, `azure-native` or `gcp`. The world is `world.db` in the folder that INTERTIE_LAB names, shared with
all other providers of the lab. The port is the first line on standard output; the process ends with its engine.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc

from intertie.lab.clouds.cloud import Cloud
from intertie.lab.protocol import without_sdk
from intertie.lab.serving import own_world, serving, until_told


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

    def add(server: grpc.Server) -> None:
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(maker(package), world), server)

    return serving(add, 32)


def main() -> None:
    """Serve until the engine says stop, or has gone."""
    world = own_world("provider")
    without_sdk()
    package = sys.argv[1] if len(sys.argv) > 1 else ""
    until_told(lambda: serve(package, world))


if __name__ == "__main__":
    main()
