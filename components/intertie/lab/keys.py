"""Keys in the world's `meta` by which clouds, charts and tests tell the lab's supervisor what a cluster is to have."""

from intertie.lab.world import World


def down(cloud: str) -> str:
    """Whether a cloud is down altogether, its API servers too: `1`."""
    return f"down:{cloud}"


def is_down(world: World, cloud: str) -> bool:
    """Whether it is set."""
    return world.meta(down(cloud)) == "1"


def controllers(cluster: str) -> str:
    """The controllers that a cluster was given (JSON list): `lws`, `amd`."""
    return f"controllers:{cluster}"


def brings(cluster: str) -> str:
    """What the cloud itself brings into a cluster (JSON list, components of `crds`): `keda` where it is an add-on."""
    return f"brings:{cluster}"
