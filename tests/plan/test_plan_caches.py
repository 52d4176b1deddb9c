"""Images through caches: where they lie on each cloud, what the clouds ask for, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie import catalog
from intertie.plan import Plan
from intertie.plan.caches import caches, made, through
from intertie.plan.references import parts
from support.caches import ACCOUNT, GITHUB, HUB, where, with_caches
from support.pipelines import pipeline, planned, problems

CLOUDS = ("aws", "azure", "gcp")
HOME = {
    "aws": "123456789012.dkr.ecr.us-east-1.amazonaws.com/chat-here/",
    "azure": r"chat[0-9a-f]{13}\.azurecr\.io/",
    "gcp": "europe-west4-docker.pkg.dev/acme-inference/chat-here-",
}
ECR_PREFIX = r"([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)"
"""Source: Amazon ECR API model, PullThroughCacheRuleRepositoryPrefix."""


def adopted(**registry: object) -> dict:
    pool = {"name": "gpu", "accelerator": "h100", "per_node": 8}
    return {"adopt": {"pools": [pool, {"name": "cpu"}]}, "registry": registry}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_image_lies_in_the_clouds_own_registry_under_the_path_that_it_has_at_home(cloud: str) -> None:
    plan = with_caches(cloud)
    digest = "sha256:" + "1" * 64
    pinned = through(plan, f"ghcr.io/acme/prepare@{digest}") or ""
    assert re.fullmatch(f"{HOME[cloud]}ghcr/acme/prepare@{digest}", pinned)
    tagged = through(plan, f"vllm/vllm-openai:v1@{digest}") or ""
    assert re.fullmatch(f"{HOME[cloud]}docker/vllm/vllm-openai:v1@{digest}", tagged)
    assert through(plan, "registry.example.com/a/b:1") is None


@pytest.mark.parametrize("name", ["redis:7", "docker.io/redis:7", "index.docker.io/library/redis:7"])
def test_docker_hubs_own_images_are_below_library(name: str) -> None:
    assert (through(with_caches("gcp"), name) or "").endswith("/chat-here-docker/library/redis:7")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_registry_that_a_cloud_caches_has_its_place_there(cloud: str) -> None:
    rows = catalog.cached_registries(cloud)
    listed = [
        {"upstream": row.host, "credentials": f"token-{row.name}", "username": "acme"}
        if row.credentials == "required"
        else row.host
        for row in rows
    ]
    found = made(with_caches(cloud, listed))
    assert [cache.host for cache in found] == [row.host for row in rows]
    assert [cache.upstream for cache in found] == [row.address for row in rows]
    assert len({cache.address for cache in found}) == len(rows) >= 6


@given(st.text("abcdefgh-", min_size=1, max_size=28))
def test_prefixes_of_ecr_are_short_enough_whatever_the_names(placement: str) -> None:
    name = f"p{placement.strip('-')}"
    spec = pipeline("aws", where=where("aws"))
    renamed = spec.model_copy(update={"placements": {name: spec.placements["here"]}})
    from intertie.plan import resolve

    places = [cache.place for cache in caches(resolve(renamed, name))]
    assert all(2 <= len(each) <= 30 and re.fullmatch(ECR_PREFIX, each) for each in places)
    assert len(set(places)) == len(places)


def test_tokens_are_where_each_cloud_looks_for_them() -> None:
    keys = {cloud: [c.credentials.key for c in made(with_caches(cloud)) if c.credentials] for cloud in CLOUDS}
    assert keys["aws"] == ["ecr-pullthroughcache/chat-here-docker-hub", "ecr-pullthroughcache/chat-here-github"]
    assert keys["azure"] == keys["gcp"] == ["chat-here-docker-hub", "chat-here-github"]


def test_the_choice_says_with_whose_token_an_upstream_is_asked() -> None:
    told = {choice.path: choice for choice in with_caches("aws").choices}
    assert told["placements.here.registry.cache[0]"].chosen == "docker.io"
    assert "'docker-hub'" in told["placements.here.registry.cache[0]"].why
    assert "without credentials" in told["placements.here.registry.cache[2]"].why
    assert "Amazon ECR" in told["placements.here.registry.cache[2]"].source


TWICE = [{**HUB, "credentials": "twice"}, {**GITHUB, "credentials": "twice"}]
CLOSED = {"network": {"egress": "none"}}
REFUSED = [
    ("aws", where("aws", ["nvcr.io"]), "registry.cache[0].upstream", "that aws caches: docker.io", "`registry.host`"),
    ("azure", where("azure", ["registry.gitlab.com"]), "registry.cache[0].upstream", "that azure caches", "replicate"),
    ("aws", where("aws", ["ghcr.io"]), "registry.cache[0].credentials", "aws asks ghcr.io with a token", "`username`"),
    ("azure", where("azure", ["docker.io"]), "registry.cache[0].credentials", "azure asks docker.io", "`username`"),
    ("aws", where("aws", [{**HUB, "upstream": "quay.io"}]), "registry.cache[0].credentials", "none: aws asks", "take"),
    ("aws", {"registry": {"cache": ["quay.io"]}}, "account", "the account's `id`", "addresses"),
    ("gcp", {"registry": {"cache": ["quay.io"]}}, "account", "the project's `id`", "addresses"),
    ("aws", where("aws", ["quay.io"], **CLOSED), "registry.cache[0].upstream", "`registry.host`", "needs a way out"),
    ("aws", adopted(cache=["quay.io"]), "registry.cache[0].at", "a cache that is there", "is its owner's to say"),
    ("aws", where("aws", TWICE), "registry.cache[1].credentials", "a secret of its own", "rename one"),
]


@pytest.mark.parametrize(("cloud", "here", "path", "allowed", "hint"), REFUSED)
def test_a_cache_that_cannot_be_is_refused_with_the_remedy(
    cloud: str, here: dict, path: str, allowed: str, hint: str
) -> None:
    found = [each for each in problems(pipeline(cloud, where=here)) if each.path == f"placements.here.{path}"]
    assert [each for each in found if allowed in each.allowed and hint in each.hint], found


def test_a_cache_that_is_there_is_named_and_nothing_is_made() -> None:
    here = adopted(cache=[{"upstream": "ghcr.io", "at": "cache.example.com/ghcr"}])
    plan: Plan = planned("aws", where=here)
    assert through(plan, "ghcr.io/acme/prepare:1.0") == "cache.example.com/ghcr/acme/prepare:1.0"
    assert made(plan) == ()


def test_azure_needs_no_account_to_know_where_images_lie() -> None:
    assert problems(pipeline("azure", where={"registry": {"cache": ["quay.io"]}})) == ()


@pytest.mark.parametrize(
    ("reference", "home"),
    [
        ("vllm/vllm-openai:v1", ("docker.io", "vllm/vllm-openai:v1")),
        ("registry-1.docker.io/a/b", ("docker.io", "a/b")),
        ("localhost:5000/a/b:1", ("localhost:5000", "a/b:1")),
        ("localhost/a", ("localhost", "a")),
        ("redis", ("docker.io", "redis")),
    ],
)
def test_an_image_without_a_host_is_docker_hubs(reference: str, home: tuple[str, str]) -> None:
    assert parts(reference) == home


def test_accounts_are_told_apart_in_addresses() -> None:
    assert len({through(with_caches(cloud), "ghcr.io/a/b:1") for cloud in ACCOUNT}) == 3
