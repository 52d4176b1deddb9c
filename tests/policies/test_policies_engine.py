"""The packs in the real Pulumi engine: what stops a preview, what stops an update before a resource is made."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from intertie.lab import home
from intertie.lab.engine import Engine, Outcome
from intertie.lab.home import Home
from support import programs

pytestmark = pytest.mark.engine

PACKS = Path(__file__).parents[2] / "policies"

PROGRAM = """
    import pulumi
    from pulumi_aws import kms, Provider

    config = pulumi.Config()
    tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
    place = Provider("place", region=config.get("region") or "us-east-1", skip_credentials_validation=True)
    first = kms.Key("first", enable_key_rotation=True, tags=tags, opts=pulumi.ResourceOptions(provider=place))
    TAIL
"""

UNKNOWN_REGION = """
    import pulumi
    from pulumi_aws import kms

    tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
    first = kms.Key("first", enable_key_rotation=True, tags=tags, region="us-east-1")
    kms.Key("second", enable_key_rotation=True, tags=tags, region=first.arn.apply(lambda arn: arn.split(":")[3]))
"""

UNKNOWN_TAG = """
    import pulumi
    from pulumi_aws import kms

    tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
    first = kms.Key("first", enable_key_rotation=True, tags=tags, region="us-east-1")
    kms.Key("second", enable_key_rotation=True, region="us-east-1", tags={**tags, "owner": first.key_id})
"""

POOL = """
    import pulumi
    from pulumi_aws import ec2, eks

    tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
    network = ec2.Vpc("network", cidr_block="10.0.0.0/16", tags=tags)
    place = {"cidr_block": "10.0.0.0/20", "availability_zone": "us-east-1a"}
    subnet = ec2.Subnet("subnet", vpc_id=network.id, **place, tags=tags)
    template = ec2.LaunchTemplate("template", TEMPLATE, tags=tags)
    eks.NodeGroup(
        "pool", cluster_name="chat", node_role_arn="arn:aws:iam::123456789012:role/nodes", subnet_ids=[subnet.id],
        scaling_config={"min_size": 0, "max_size": 2, "desired_size": 0}, ami_type="AL2023_x86_64_NVIDIA",
        launch_template={"id": template.id, "version": template.latest_version.apply(str)}, tags=tags, MACHINES
    )
"""
APPROVED = {"capacity": {"accelerators": ["h100"]}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home.create(tmp_path_factory.mktemp("lab") / "lab")


@pytest.fixture
def engine(lab: Home, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    def engine(source: str, **config: str) -> Engine:
        name = re.sub("[^a-z0-9]+", "-", request.node.name)[:40] + uuid.uuid4().hex[:8]
        made = programs.engine(lab, programs.project(tmp_path, source, name=name), "live")
        for key, value in {"aws:region": "us-east-1", **config}.items():
            assert made.run("config", "set", key, value).ok
        return made

    return engine


def pack(name: str = "production", config: Path | None = None) -> list[str]:
    words = [f"--policy-pack={PACKS / name}"]
    return [*words, f"--policy-pack-config={config}"] if config else words


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    """(rule, level, message) of every violation that the engine logged."""
    events = [event["policyEvent"] for event in outcome.events if "policyEvent" in event]
    return [(each["policyName"], each["enforcementLevel"], each["message"]) for each in events]


def keys(engine: Engine) -> list[str]:
    return sorted(each["urn"].split("::")[-1] for each in engine.resources() if each["type"] == "aws:kms/key:Key")


def test_a_good_program_passes_and_is_deployed(engine: Any) -> None:
    found = engine(PROGRAM.replace("TAIL", ""))
    preview = found.preview(*pack())
    assert preview.ok, preview.text
    assert told(preview) == []
    up = found.up(*pack())
    assert up.ok, up.text
    assert keys(found) == ["first"]


def test_a_violation_fails_the_preview_before_anything_is_made(engine: Any) -> None:
    found = engine(PROGRAM.replace("TAIL", ""), region="ap-south-1")
    preview = found.preview(*pack())
    assert not preview.ok
    assert "region-allowed" in preview.text
    assert "ap-south-1" in preview.text
    assert keys(found) == []


def test_a_resource_rule_stops_an_update_before_that_resource_is_made(engine: Any) -> None:
    tail = 'kms.Key("second", tags=tags, region="ap-south-1", opts=pulumi.ResourceOptions(depends_on=[first]))'
    found = engine(PROGRAM.replace("TAIL", tail))
    up = found.up(*pack())
    assert not up.ok
    assert "second" in up.text
    assert keys(found) == ["first"]


@pytest.mark.parametrize(("source", "rule"), [(UNKNOWN_REGION, "region-allowed"), (UNKNOWN_TAG, "required-tags")])
def test_what_is_unknown_fails_the_preview_as_mandatory(source: str, rule: str, engine: Any) -> None:
    preview = engine(source).preview(*pack())
    assert not preview.ok
    found = {(name, level) for name, level, message in told(preview) if "is not known before apply" in message}
    assert (rule, "mandatory") in found, preview.text


def test_a_stack_rule_fails_the_preview(engine: Any, tmp_path: Path) -> None:
    waiver = {"rule": "region-allowed", "resource": "old-*", "owner": "security", "reason": "until it has moved"}
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"configuration": {"waivers": [{**waiver, "expires": "2020-01-01"}]}}))
    preview = engine(PROGRAM.replace("TAIL", "")).preview(*pack(config=config))
    assert not preview.ok
    assert "it expired on 2020-01-01" in preview.text


def test_a_waiver_without_end_waives_nothing_and_fails_the_preview_itself(engine: Any, tmp_path: Path) -> None:
    waiver = {"rule": "region-allowed", "resource": "*::first", "owner": "security", "reason": "until it has moved"}
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"configuration": {"waivers": [{**waiver, "expires": "2999-01-01"}]}}))
    preview = engine(PROGRAM.replace("TAIL", ""), region="ap-south-1").preview(*pack(config=config))
    assert not preview.ok
    assert "over-broad: it ends on 2999-01-01" in preview.text
    assert ("region-allowed", "mandatory") in {(rule, level) for rule, level, _ in told(preview)}


def test_a_remediation_is_made_and_shown(engine: Any, tmp_path: Path) -> None:
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"configuration": {"remediate": ["required-tags"]}}))
    found = engine(
        PROGRAM.replace('"cost_center": "ml-4711", "environment": "production"', '"cost_center": "ml-4711"').replace(
            "TAIL", ""
        )
    )
    up = found.up(*pack(config=config))
    assert up.ok, up.text
    (key,) = [each for each in found.resources() if each["type"] == "aws:kms/key:Key"]
    assert key["inputs"]["tags"]["environment"] == "production"
    assert "required-tags" in up.text


WAIVER = {
    "rule": "no-such-rule",
    "resource": "a-bucket",
    "owner": "me",
    "reason": "it is moved",
    "expires": "2030-01-01",
}
WRONG = [({"configuration": {"regons": {}}}, "regons"), ({"configuration": {"waivers": [WAIVER]}}, "no-such-rule")]


@pytest.mark.parametrize(("config", "text"), WRONG)
def test_a_wrong_configuration_stops_the_run_with_a_message(
    config: Any, text: str, engine: Any, tmp_path: Path
) -> None:
    file = tmp_path / "policies.json"
    file.write_text(json.dumps(config))
    preview = engine(PROGRAM.replace("TAIL", "")).preview(*pack(config=file))
    assert not preview.ok
    assert text in preview.text
    assert "Traceback" not in preview.text


def test_levels_of_an_environment_hold_in_the_engine(engine: Any, tmp_path: Path) -> None:
    config = tmp_path / "policies.json"
    environments = {"development": {"stacks": ["live"], "highest": "advisory"}}
    config.write_text(json.dumps({"configuration": {"environments": environments}}))
    preview = engine(PROGRAM.replace("TAIL", ""), region="ap-south-1").preview(*pack(config=config))
    assert preview.ok, preview.text
    assert ("region-allowed", "advisory") in {(rule, level) for rule, level, _ in told(preview)}


def pooled(template: str, machines: str = "") -> str:
    return POOL.replace("TEMPLATE", template).replace("MACHINES", machines)


@pytest.fixture
def approving(tmp_path: Path) -> list[str]:
    """Words that ask the engine for one rule about pools only, so that what stops a run is this rule."""
    config = tmp_path / "policies.json"
    levels = {"all": "disabled", "accelerator-approved": "mandatory"}
    config.write_text(json.dumps({"configuration": APPROVED, **levels}))
    return pack(config=config)


def types(engine: Engine) -> list[str]:
    return sorted(each["type"] for each in engine.resources() if each["type"].startswith("aws:"))


def test_a_pool_whose_machine_only_its_template_says_fails_the_preview(engine: Any, approving: list[str]) -> None:
    found = engine(pooled('instance_type="p5en.48xlarge"'))
    preview = found.preview(*approving)
    assert not preview.ok
    assert ("accelerator-approved", "mandatory") in {(rule, level) for rule, level, _ in told(preview)}
    assert "p5en.48xlarge has h200; approved: h100" in preview.text
    assert types(found) == []


def test_a_pool_whose_template_says_an_approved_machine_passes_and_is_asked_of_the_cloud(
    engine: Any, approving: list[str]
) -> None:
    found = engine(pooled('instance_type="p5.48xlarge"'))
    preview, up = found.preview(*approving), found.up(*approving)
    assert preview.ok, preview.text
    assert told(preview) == told(up) == []
    assert "No cluster found for name: chat" in up.text  # what the cloud says, and not the pack


def test_a_pool_that_names_its_machine_fails_an_update_before_it_is_made(engine: Any, approving: list[str]) -> None:
    found = engine(pooled('image_id="ami-0123456789abcdef0"', 'instance_types=["p5en.48xlarge"]'))
    up = found.up(*approving)
    assert not up.ok
    assert "p5en.48xlarge has h200; approved: h100" in up.text
    assert "aws:ec2/launchTemplate:LaunchTemplate" in types(found)
    assert "aws:eks/nodeGroup:NodeGroup" not in types(found)


def test_a_template_that_is_not_of_the_stack_is_unknown_and_fails_the_preview(
    engine: Any, approving: list[str]
) -> None:
    source = pooled('image_id="ami-0123456789abcdef0"')
    foreign = re.sub(r"launch_template=\{.*?\}", 'launch_template={"name": "gpu", "version": "3"}', source)
    preview = engine(foreign).preview(*approving)
    assert not preview.ok
    assert "launchTemplate.instanceType is not known before apply" in preview.text
