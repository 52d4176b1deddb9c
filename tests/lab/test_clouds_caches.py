"""Caches of images on the simulated clouds: what the published models say of them, and their life with the engine."""

import json
from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.check import Checker
from intertie.lab.oracles import store
from intertie.lab.provider import maker
from support import programs
from support.caches import built, where
from support.cloud_programs import SETTINGS as CONFIG
from support.cloud_programs import having, world
from support.clouds import SETTINGS
from support.pipelines import pipeline

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
    place = {"PullThroughCacheRule": "ecrRepositoryPrefix", "RepositoryCreationTemplate": "prefix",
             "CacheRule": "registryName", "CredentialSet": "registryName", "Registry": "registryName"}  # fmt: skip
    name = token.rpartition(":")[2]
    if name in place:
        assert place[name] in store.of(token).fixed()


PROGRAM = """
import json
from pathlib import Path

import pulumi
from intertie.contract import BuildOptions
from intertie.plan import resolve
from intertie.spec import PipelineSpec
{imports}

class Holder(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("test:index:Holder", "here")

plan = resolve(PipelineSpec.model_validate(json.loads(Path("spec.json").read_text())), "here")
options = BuildOptions(parent=Holder(), name="here")
{steps}
"""
IMPORTS = {
    "aws": "from intertie.platforms.eks import identity, image_cache",
    "azure": "from intertie.platforms.aks import identity, image_cache, network",
    "gcp": "from intertie.platforms.gke import addons, image_cache",
}
STEPS = {
    "aws": """
image_cache.build(plan, options, image_cache.tokens(plan, options), identity.node_role(plan, options)[0])
""",
    "azure": """
place = network.place(plan, options)
nodes = network.nodes(place)
control = identity.control(place, nodes.subnet)
image_cache.build(place, nodes, control, image_cache.tokens(place, control.plane))
""",
    "gcp": """
apis = addons.enable_apis(plan, options)
image_cache.build(plan, options, image_cache.tokens(plan, options, apis), apis)
""",
}


@pytest.mark.engine
@pytest.mark.parametrize("cloud", CLOUDS)
def test_caches_live_from_their_first_update_to_their_end(tmp_path: Path, cloud: str) -> None:
    lab = home.create(tmp_path / "lab")
    folder = programs.project(tmp_path / cloud, PROGRAM.format(imports=IMPORTS[cloud], steps=STEPS[cloud]))
    spec = pipeline(cloud, where=where(cloud)).model_dump(mode="json", exclude_unset=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    engine = having(programs.engine(lab, folder, "dev"), **CONFIG[cloud])
    up = engine.up()
    assert up.ok, up.text
    there = {each.type for each in world(lab).resources()}
    assert set(TYPES[cloud]) <= there
    again = engine.up("--expect-no-changes")
    assert again.ok, again.text
    assert engine.refresh("--expect-no-changes").ok
    destroy = engine.destroy()
    assert destroy.ok, destroy.text
    assert not world(lab).resources()
