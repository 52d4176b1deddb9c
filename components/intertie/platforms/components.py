"""What a cluster brings along, so that no two parties install the same thing and none is missing."""

from collections.abc import Iterable

from intertie import catalog
from intertie.plan import Plan


def component_name(component: str, vendor: str = "*") -> str:
    """How a component is called in `ClusterHandle.provided` and `adopt.provides`: `keda`, `nvidia-device-plugin`."""
    return component if vendor == "*" else f"{vendor}-{component}"


def vendors(plan: Plan) -> frozenset[str]:
    """Vendors of the plan's accelerators."""
    return frozenset(pool.vendor for pool in plan.accelerator_pools() if pool.vendor)


def provided(cloud: str, vendors: Iterable[str], installed: Iterable[str] = ()) -> frozenset[str]:
    """Names of the components that the cluster has, by the catalogue's table of who owns what.

    Whatever the cloud brings or a managed add-on provides counts (every owner but `intertie`), for the given vendors
    and for what is of no vendor. `installed` adds what the platform itself has installed.
    """
    wanted = {"*", *vendors}
    rows = (row for row in catalog.ownership() if row.cloud == cloud and row.vendor in wanted)
    owned = {component_name(row.component, row.vendor) for row in rows if row.owner != "intertie"}
    return frozenset(owned | set(installed))
