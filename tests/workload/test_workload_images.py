"""Where images of pods and charts come from: a cache, the mirror, or their homes."""

from typing import Any

import pytest

from intertie.plan.references import parts
from intertie.workload.components import table
from intertie.workload.images import ChartImage, chart_images, chart_values, image, proxy_image
from intertie.workload.manifest import Joined
from support.caches import GITHUB, HUB, with_caches
from support.pipelines import planned

HOME = "europe-west4-docker.pkg.dev/acme-inference/chat-here"


def test_a_cache_goes_before_the_mirror_and_the_mirror_before_home() -> None:
    plan = with_caches("gcp", [GITHUB])
    assert image(plan, "ghcr.io/acme/prepare:1.0", "mirror.example.com") == f"{HOME}-ghcr/acme/prepare:1.0"
    assert image(plan, "quay.io/acme/x:1", None) == "quay.io/acme/x:1"
    mirrored = image(plan, "quay.io/acme/x:1", "mirror.example.com")
    assert (
        "".join(map(str, mirrored.parts if isinstance(mirrored, Joined) else mirrored)) == "mirror.example.com/acme/x:1"
    )


def test_without_caches_charts_are_as_their_publishers_made_them() -> None:
    plan = planned("gcp")
    assert {row.name: chart_values(plan, row.name, row.values) for row in table()} == {
        row.name: row.values for row in table()
    }
    assert proxy_image(plan) == {}


@pytest.mark.parametrize("row", chart_images(), ids=lambda row: f"{row.component}-{row.value}")
def test_every_image_of_a_chart_can_come_through_a_cache(row: ChartImage) -> None:
    host = row.image if "/" not in row.image else parts(row.image)[0]
    plan = with_caches("gcp", [{**HUB, "upstream": host}])
    made: Any = chart_values(plan, row.component, {})
    for part in row.value.split("."):
        made = made[part]
    path = row.image.partition("/")[2]
    assert str(made).startswith(f"{HOME}-")
    assert str(made).endswith(f"/{path}") or not path


def test_values_that_a_chart_has_already_stay() -> None:
    plan = with_caches("gcp", [HUB])
    made = chart_values(plan, "envoy-gateway", {"deployment": {"replicas": 2}})
    assert made["deployment"]["replicas"] == 2
    assert made["deployment"]["envoyGateway"]["image"]["repository"] == f"{HOME}-docker/envoyproxy/gateway"


def test_every_chart_with_a_row_is_one_that_is_installed() -> None:
    assert {row.component for row in chart_images()} == {row.name for row in table()}


def test_proxies_that_the_gateway_starts_come_through_the_cache_too() -> None:
    made = proxy_image(with_caches("gcp", [HUB]))
    assert made == {"container": {"imageRepository": f"{HOME}-docker/envoyproxy/envoy"}}
