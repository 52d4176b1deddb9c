"""Caches of images on the simulated clouds: what the published models say of them, and their life with the engine."""

import pytest

from intertie.lab.check import Checker
from intertie.lab.oracles import store
from intertie.lab.provider import maker
from support.caches import built
from support.clouds import SETTINGS

PACKAGE = {"aws": "aws", "azure": "azure-native", "gcp": "gcp"}
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"caches-{cloud}")) for cloud in PACKAGE]
TYPES = {
    "aws": ("aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
            "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"),
    "azure": ("azure-native:containerregistry:CacheRule", "azure-native:containerregistry:CredentialSet",
              "azure-native:containerregistry:Registry"),
    "gcp": ("gcp:artifactregistry/repository:Repository",),
}  # fmt: skip
"""What caches are made of."""


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_cache_is_made_of_is_as_the_clouds_publish_it(cloud: str) -> None:
    checked: set[str] = set()
    for each in built(cloud).graph:
        if each.package == PACKAGE[cloud]:
            checker = Checker(maker(each.package)(SETTINGS[each.package]))
            _, failures = checker.check(each.type, each.name, dict(each.inputs), {}, b"seed")
            assert not failures, f"{each.type} {each.name}: {failures}"
            checked.add(each.type)
    assert set(TYPES[cloud]) <= checked


@pytest.mark.parametrize(
    ("token", "path", "wrong", "says"),
    [
        (TYPES["aws"][0], "credentialArn", "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1b2c3", "ecr"),
        (TYPES["aws"][0], "ecrRepositoryPrefix", "chat-here-with-a-name-that-is-long/docker", "30"),
        (TYPES["aws"][1], "appliedFors", ["PULL"], "PULL_THROUGH_CACHE"),
        (TYPES["azure"][2], "publicNetworkAccess", "On", "Enabled"),
        (TYPES["gcp"][0], "mode", "REMOTE", "REMOTE_REPOSITORY"),
    ],
)
def test_what_a_cloud_would_refuse_is_refused(token: str, path: str, wrong: object, says: str) -> None:
    cloud = next(each for each, types in TYPES.items() if token in types)
    (each, *_) = built(cloud).graph.of_type(token)
    checker = Checker(maker(each.package)(SETTINGS[each.package]))
    _, failures = checker.check(token, each.name, {**each.inputs, path: wrong}, {}, b"seed")
    assert [failure for failure in failures if says in str(failure)], failures


@pytest.mark.parametrize("token", [token for types in TYPES.values() for token in types])
def test_where_a_cache_is_cannot_be_changed(token: str) -> None:
    where = {"PullThroughCacheRule": "ecrRepositoryPrefix", "RepositoryCreationTemplate": "prefix",
             "CacheRule": "registryName", "CredentialSet": "registryName", "Registry": "registryName"}  # fmt: skip
    name = token.rpartition(":")[2]
    if name in where:
        assert where[name] in store.of(token).fixed()
