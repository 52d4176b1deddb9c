"""References to images: where they are named to come from."""

HUB = "docker.io"
_ALSO_HUB = ("index.docker.io", "registry-1.docker.io")


def parts(reference: str) -> tuple[str, str]:
    """(host, path with tag and digest). An image that is named without a host is Docker Hub's."""
    first, _, rest = reference.partition("/")
    if not rest or not ("." in first or ":" in first or first == "localhost"):
        return HUB, reference
    return (HUB if first in _ALSO_HUB else first), rest


def mirrored(reference: str, registry: str) -> str:
    """Where a registry that mirrors images has this one: under its path without the host."""
    return f"{registry}/{parts(reference)[1]}"
