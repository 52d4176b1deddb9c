"""Small programs through the real engine, from first update to destroy; and what a user sees of faults."""

from pathlib import Path

import pytest

from intertie.lab import home, scenario
from intertie.lab.home import Home
from support import programs
from support.cloud_programs import PROGRAMS, having, inject, small, world

pytestmark = pytest.mark.engine

COUNT = {"aws": 10, "azure": 6, "gcp": 6}


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    return home.create(tmp_path / "lab")


CHANGE = {
    # what only updates, what replaces, and the type that is replaced
    "aws": (("size", "large"), ("machine", "m7i.2xlarge"), "aws:eks/nodeGroup:NodeGroup"),
    "azure": (("size", "large"), ("pool", "gpu2"), "azure-native:containerservice:AgentPool"),
    "gcp": (("size", "large"), ("spot", "true"), "gcp:container/nodePool:NodePool"),
}


@pytest.mark.parametrize("cloud", sorted(PROGRAMS))
def test_a_stack_lives_from_its_first_update_to_its_end(lab: Home, cloud: str) -> None:
    engine = small(lab, cloud)
    preview = engine.preview()
    assert preview.ok, preview.text
    assert preview.changed == {"create": COUNT[cloud] + 1}
    up = engine.up()
    assert up.ok, up.text
    assert len(world(lab).resources()) == COUNT[cloud]
    assert engine.outputs()["issuer"].startswith("https://")
    assert [pool.desired for pool in world(lab).pools()][-1] == 1
    again = engine.up("--expect-no-changes")
    assert again.ok, again.text
    refresh = engine.refresh("--expect-no-changes")
    assert refresh.ok, refresh.text

    update, replace, type_ = CHANGE[cloud]
    changed = having(engine, *update).up()
    assert changed.ok, changed.text
    assert changed.changed == {"update": 1}
    assert world(lab).pools()[-1].labels["size"] == "large"
    replaced = having(engine, *replace).up()
    assert replaced.ok, replaced.text
    assert {step.type for step in replaced.steps if "replace" in step.op} == {type_}

    destroy = engine.destroy()
    assert destroy.ok, destroy.text
    left = world(lab)
    assert not left.resources()
    assert not left.pools()
    assert not left.clusters()
    assert left.query("select count(*) from identifiers") == left.query("select count(*) from uses") == [(0,)]


def test_a_wrong_value_is_shown_in_the_preview_with_what_is_allowed(lab: Home) -> None:
    engine = small(lab, "aws")
    source = (engine.project / "__main__.py").read_text()
    (engine.project / "__main__.py").write_text(
        source.replace("min_size=1,", "min_size=1,").replace(
            "instance_types=[machine]", "instance_types=[machine], ami_type='AL2023_NVIDIA'"
        )
    )
    preview = engine.preview()
    assert not preview.ok
    assert "did you mean 'AL2023_x86_64_NVIDIA'? (AWS::EKS::Nodegroup (cfn-lint" in preview.text
    assert not world(lab).resources()


def test_a_refused_creation_is_shown_and_the_next_update_goes_on_from_there(lab: Home) -> None:
    engine = small(lab, "aws")
    inject(
        lab,
        {"where": {"cloud": "aws", "type": "aws:eks/cluster:Cluster"}, "what": {"effect": "refuse", "error": "aws-6"}},
    )
    up = engine.up()
    assert not up.ok
    assert "UnsupportedAvailabilityZone: Cannot create cluster 'k8s-eksCluster-7d9724a' because us-east-1e" in up.text
    again = engine.up()
    assert again.ok, again.text
    assert again.changed["create"] == 2  # the cluster and its group; all else was there


def test_capacity_that_cannot_be_had_is_shown_and_healed_by_the_next_update(lab: Home) -> None:
    engine = having(small(lab, "aws"), "machine", "p5.48xlarge")
    none = [
        {"cloud": "aws", "region": "us-east-1", "zone": f"us-east-1{zone}", "machine": "p5.48xlarge", "nodes": 0}
        for zone in "ab"
    ]
    scenario.apply(world(lab), scenario.parse({"limits": none}))
    up = engine.up()
    assert not up.ok
    assert "We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested" in up.text
    state = {each["urn"].rpartition("::")[2]: each for each in engine.resources()}
    assert "initErrors" in state["group"]  # it is there, and the engine knows that it is not well
    scenario.apply(world(lab), scenario.parse({"limits": [{**each, "nodes": 1} for each in none]}))
    again = engine.up()
    assert again.ok, again.text
    assert again.changed == {"update": 1}
    assert world(lab).pools()[-1].desired == 1


def test_a_lost_answer_leaves_an_orphan_that_the_next_update_stumbles_over(lab: Home) -> None:
    engine = small(lab, "aws")
    lost = {"effect": "lost", "code": "RequestTimeout", "message": "Request has expired"}
    inject(lab, {"where": {"cloud": "aws", "type": "aws:iam/role:Role", "call": 2}, "what": lost})
    up = engine.up()
    assert not up.ok
    assert "Request has expired" in up.text
    again = engine.up()
    assert not again.ok
    assert "EntityAlreadyExists: Role with name" in again.text
    assert [each.type for each in world(lab).resources() if not each.urn] == ["aws:iam/role:Role"]


def test_throttling_costs_virtual_time_and_no_one_sees_it(lab: Home) -> None:
    engine = small(lab, "gcp")
    inject(
        lab,
        {
            "where": {"cloud": "gcp", "type": "gcp:container/cluster:Cluster"},
            "when": {"times": 3},
            "what": {"effect": "throttle"},
        },
    )
    up = engine.up()
    assert up.ok, up.text
    assert [event[4] for event in world(lab).events()].count("throttle") == 3
    assert up.seconds < 60


def test_a_cloud_that_is_down_shows_so_whatever_is_asked_of_it_and_another_cloud_goes_on(lab: Home) -> None:
    engine, other = small(lab, "aws"), small(lab, "gcp")
    assert engine.up().ok
    inject(lab, {"down": "aws"})
    for command in (engine.preview, engine.up, engine.refresh, engine.destroy):
        outcome = command()
        assert not outcome.ok
        assert "ServiceUnavailable: The service is unavailable" in outcome.text
    assert other.up().ok
    scenario.clear(world(lab))
    assert engine.destroy().ok
    assert {each.cloud for each in world(lab).resources()} == {"gcp"}


def test_a_protected_cluster_stops_a_destroy_until_an_update_has_said_otherwise(lab: Home) -> None:
    engine = having(small(lab, "gcp"), "protected", "true")
    assert engine.up().ok
    destroy = engine.destroy()
    assert not destroy.ok
    assert "Cannot destroy cluster because deletion_protection is set to true" in destroy.text
    assert having(engine, "protected", "false").up().ok
    assert engine.destroy().ok
    assert not world(lab).resources()


def test_what_was_changed_behind_pulumis_back_is_found_by_a_refresh_and_put_right_by_an_update(lab: Home) -> None:
    engine = small(lab, "azure")
    assert engine.up().ok
    there = world(lab)
    row = next(each for each in there.resources() if each.type.endswith(":AgentPool"))
    there.query(
        "update resources set inputs = json_set(inputs, '$.nodeLabels.size', 'huge'),"
        " outputs = json_set(outputs, '$.nodeLabels.size', 'huge') where id = ?", row.id,
    )  # fmt: skip
    assert engine.refresh().changes.get("update") == 1
    assert engine.up().changed == {"update": 1}
    assert world(lab).get(row.type, row.id).inputs["nodeLabels"]["size"] == "small"  # pyright: ignore[reportOptionalMemberAccess]


def test_a_resource_is_imported_by_its_id(lab: Home) -> None:
    engine = small(lab, "aws")
    assert engine.up().ok
    vpc = next(each for each in world(lab).resources() if each.type == "aws:ec2/vpc:Vpc")
    folder = programs.project(lab.folder.parent / "other", "import pulumi\n", name="other")
    other = programs.engine(lab, folder, "adopt")
    having(other, "aws:region", "us-east-1")
    outcome = other.run("import", "aws:ec2/vpc:Vpc", "adopted", vpc.outputs["__id"], "--yes", "--protect=false")
    assert any(each["type"] == "aws:ec2/vpc:Vpc" for each in other.resources()), outcome.text
