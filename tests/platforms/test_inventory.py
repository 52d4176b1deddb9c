"""What each platform makes, resource by resource and property by property: whatever is taken away is noticed here.

What a piece is for, the tests beside this one say; `tests/golden/inventory` says only that it is there.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from intertie.graph import Graph, Resource
from support.fullest import CLOUD, recorded
from support.golden import assert_golden

OPTIONS = ("protect", "retain_on_delete", "ignore_changes", "aliases", "delete_before_replace")


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Paths of everything that is given, lists passed through."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from paths(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for each in value:
            yield from paths(each, path)
    else:
        yield path


def facts(resource: Resource, names: Mapping[str, str]) -> Iterator[str]:
    """What is given, what comes before, and how it is kept."""
    yield from paths(resource.inputs)
    for urn in resource.depends_on:
        yield f"(after) {names[urn]}"
    for option in OPTIONS:
        value = getattr(resource, option)
        if value:
            yield f"({option}) {' '.join(map(str, value)) if isinstance(value, tuple) else ''}".rstrip()


def listing(graphs: tuple[Graph, ...]) -> str:
    """Each resource of any of the graphs, with all of its facts."""
    found: dict[str, set[str]] = defaultdict(set)
    for graph in graphs:
        names = {each.urn: each.name for each in graph}
        for each in graph:
            if each.custom:
                found[f"{each.type} {each.name}"] |= set(facts(each, names))
    return "".join(f"{what}\n" + "".join(f"    {fact}\n" for fact in sorted(found[what])) for what in sorted(found))


@pytest.mark.parametrize(
    "platform", [pytest.param(name, marks=pytest.mark.xdist_group(f"fullest-{name}")) for name in CLOUD]
)
def test_everything_that_a_platform_makes_is_on_its_list(platform: str) -> None:
    assert_golden(f"inventory/{platform}.txt", listing(recorded(platform)))
