"""Where the images of pods and charts come from: a cache of their registry, the placement's mirror, or their homes."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import Bound
from intertie.plan import Plan
from intertie.plan.caches import through
from intertie.plan.references import parts
from intertie.workload.manifest import Joined, join


@dataclass(frozen=True, slots=True)
class ChartImage:
    """One row of `data/chart_images.csv`: which value of a component's chart names an image, or a registry alone."""

    component: str
    value: str
    image: str  # without a tag: the chart has it
    source: str
    as_of: str


@cache
def chart_images() -> tuple[ChartImage, ...]:
    """Every value by which the images of our charts are named."""
    text = files("intertie.workload").joinpath("data", "chart_images.csv").read_text(encoding="utf-8")
    return tuple(ChartImage(**row) for row in csv.DictReader(text.splitlines()))


def image(plan: Plan, reference: str, mirror: Bound | None) -> str | Joined:
    """The image as a pod names it. A cache of its registry goes before the mirror, which has it under its path."""
    cached = through(plan, reference)
    if cached is not None:
        return cached
    return reference if mirror is None else join(mirror, "/" + parts(reference)[1])


def proxy_image(plan: Plan) -> dict[str, Any]:
    """Part of an EnvoyProxy's deployment: where the proxy comes from. Its tag is the gateway's to choose."""
    cached = through(plan, "docker.io/envoyproxy/envoy")
    return {} if cached is None else {"container": {"imageRepository": cached}}


def chart_values(plan: Plan, component: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a component's chart, with its images through the caches that there are."""
    made: dict[str, Any] = dict(values)
    for row in chart_images():
        cached = _through(plan, row.image) if row.component == component else None
        if cached is not None:
            made = _with(made, row.value.split("."), cached)
    return made


def _through(plan: Plan, image: str) -> str | None:
    """Of an image, or of a registry that is named without one."""
    host_alone = "/" not in image
    cached = through(plan, f"{image}/any/image" if host_alone else image)
    return cached.removesuffix("/any/image") if cached is not None and host_alone else cached


def _with(values: Mapping[str, Any], path: list[str], value: str) -> dict[str, Any]:
    first, *rest = path
    return {**values, first: _with(values.get(first, {}), rest, value) if rest else value}
