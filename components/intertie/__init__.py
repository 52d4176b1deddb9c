"""Intertie: describe a GPU inference pipeline once, deploy it to Kubernetes on AWS, Azure or Google Cloud.

    from intertie import InferencePipeline, read_file

    InferencePipeline("chat", {"spec": read_file(Path("specs/chat.yaml")), "placement": "aws-use1"})

Names are loaded when they are first used: reading a description does not import Pulumi, and using one
cloud does not import another's SDK.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from intertie.bootstraps import PlacementBootstrap
    from intertie.boundary import read_file, read_prices
    from intertie.clusters import AksCluster, EksCluster, GkeCluster
    from intertie.pipeline import InferencePipeline
    from intertie.reservations import CapacityReservation, reserve
    from intertie.spec import PipelineSpec
    from intertie.workloads import InferenceWorkload

__version__ = "0.1.0"

_HOME = {
    "AksCluster": "intertie.clusters",
    "CapacityReservation": "intertie.reservations",
    "EksCluster": "intertie.clusters",
    "GkeCluster": "intertie.clusters",
    "InferencePipeline": "intertie.pipeline",
    "InferenceWorkload": "intertie.workloads",
    "PipelineSpec": "intertie.spec",
    "PlacementBootstrap": "intertie.bootstraps",
    "read_file": "intertie.boundary",
    "read_prices": "intertie.boundary",
    "reserve": "intertie.reservations",
}

__all__ = [
    "AksCluster", "CapacityReservation", "EksCluster", "GkeCluster", "InferencePipeline", "InferenceWorkload",
    "PipelineSpec", "PlacementBootstrap", "read_file", "read_prices", "reserve",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
