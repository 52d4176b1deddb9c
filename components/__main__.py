"""Serves Intertie's components to Pulumi programs in any language: `pulumi package add <this folder>`."""

from importlib.metadata import PackageNotFoundError, version

from pulumi.provider.experimental import component_provider_host

from intertie.clusters import AksCluster, EksCluster, GkeCluster
from intertie.pipeline import InferencePipeline
from intertie.reservations import CapacityReservation
from intertie.workloads import InferenceWorkload

COMPONENTS = [AksCluster, CapacityReservation, EksCluster, GkeCluster, InferencePipeline, InferenceWorkload]


def package_version() -> str:
    """The installed distribution's version; the source tree's when it is used without installing."""
    try:
        return version("intertie")
    except PackageNotFoundError:
        from intertie import __version__

        return __version__


if __name__ == "__main__":
    component_provider_host(COMPONENTS, "intertie", version=package_version())
