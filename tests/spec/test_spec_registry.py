"""What is written of a placement's registry: a host in short, or caches with the names of their tokens."""

import pytest

from intertie.spec import read_data
from support.caches import GITHUB, HUB
from support.descriptions import problems_of, small


def described(registry: object) -> dict:
    data = small()
    data["placements"]["here"]["registry"] = registry
    return data


def test_a_registry_in_short_is_the_host_that_mirrors() -> None:
    short = read_data(described("ghcr.io/acme")).placements["here"]
    assert short.registry == read_data(described({"host": "ghcr.io/acme"})).placements["here"].registry
    assert (short.mirror, short.registry and short.registry.cache) == ("ghcr.io/acme", ())


def test_an_upstream_in_short_is_a_cache_without_credentials() -> None:
    registry = read_data(described({"cache": ["quay.io", HUB]})).placements["here"].registry
    assert registry is not None
    assert [each.model_dump(exclude_none=True) for each in registry.cache] == [{"upstream": "quay.io"}, HUB]
    assert registry.host is None


@pytest.mark.parametrize(
    ("registry", "path", "allowed"),
    [
        ({}, "placements.here.registry", "`host`, `cache`, or both"),
        ({"cache": ["quay.io", "quay.io"]}, "placements.here.registry", "every `upstream` once"),
        ({"cache": [{"upstream": "ghcr.io", "credentials": "github"}]}, "placements.here.registry.cache[0]",
         "`credentials` and `username` together"),
        ({"cache": [{**GITHUB, "at": "cache.example.com/ghcr"}]}, "placements.here.registry.cache[0]",
         "`at` without `credentials`"),
        ({"cache": ["Docker Hub"]}, "placements.here.registry.cache[0].upstream", "the host of a public registry"),
        ({"cache": [{"upstream": "ghcr.io", "token": "x"}]}, "placements.here.registry.cache[0].token", "upstream"),
        ("Ghcr.io/acme", "placements.here.registry.host", "a registry and path"),
    ],
)  # fmt: skip
def test_what_a_registry_cannot_be_is_said_with_its_place(registry: object, path: str, allowed: str) -> None:
    (problem,) = problems_of(described(registry))
    assert problem.path == path
    assert allowed in problem.allowed
