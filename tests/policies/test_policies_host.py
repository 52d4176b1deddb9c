"""The analyzer that the engine talks to, asked directly: what it says of itself, what it keeps, what it answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from intertie.graph import wire
from intertie_policies import registry
from intertie_policies.host import VERSION, Analyzer

KEY = "aws:kms/key:Key"
TAGS = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
GOOD = {"region": "us-east-1", "tags": TAGS, "enableKeyRotation": True}


class RefusedError(Exception):
    """The call was ended with a status."""


class Call:
    """What gRPC hands to a method."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RefusedError(f"{code.name}: {details}")


CALL: Any = Call()


def struct(props: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(props, struct_pb2.Struct())


def request(props: dict[str, Any], urn: str = "urn:key", **options: Any) -> Any:
    found = analyzer_pb2.AnalyzeRequest(type=KEY, name="key", urn=urn, properties=struct(props))
    found.options.CopyFrom(analyzer_pb2.AnalyzerResourceOptions(**options))
    return found


def configured(analyzer: Analyzer, dry_run: bool = True, **settings: Any) -> Analyzer:
    config = analyzer_pb2.ConfigureAnalyzerRequest()
    config.policyConfig["configuration"].properties.update(settings)
    analyzer.Configure(config, CALL)
    stack = analyzer_pb2.AnalyzerStackConfigureRequest(stack="live", project="inference", dry_run=dry_run)
    stack.config["aws:region"] = "us-east-1"
    analyzer.ConfigureStack(stack, CALL)
    return analyzer


@pytest.fixture
def analyzer() -> Analyzer:
    return configured(Analyzer("production"))


def rules(response: Any) -> set[str]:
    return {each.policyName for each in response.diagnostics}


def test_a_pack_tells_the_engine_every_rule_with_its_level_and_the_settings_with_their_schema() -> None:
    info = Analyzer("baseline").GetAnalyzerInfo(None, CALL)
    assert (info.name, info.version, info.supportsConfig) == ("intertie-baseline", VERSION, True)
    assert Analyzer("baseline").GetPluginInfo(None, CALL).version == VERSION
    told = {each.name: each for each in info.policies}
    assert set(told) == {"configuration", *registry.ids()}
    assert {"regions", "waivers", "cost"} <= set(told["configuration"].configSchema.properties)
    assert told["configuration"].enforcementLevel == analyzer_pb2.DISABLED
    assert told["region-allowed"].policy_type == analyzer_pb2.POLICY_TYPE_RESOURCE
    assert told["cost-cap"].policy_type == analyzer_pb2.POLICY_TYPE_STACK
    assert told["cost-cap"].enforcementLevel == analyzer_pb2.ADVISORY
    assert list(told["cost-cap"].tags) == ["cost"]
    assert told["cost-cap"].remediation_steps == registry.find("cost-cap").remediation


def test_a_good_resource_gets_no_answer_and_a_bad_one_is_named(analyzer: Analyzer) -> None:
    assert list(analyzer.Analyze(request(GOOD), CALL).diagnostics) == []
    bad = analyzer.Analyze(request({**GOOD, "region": "ap-south-1"}), CALL)
    (found,) = bad.diagnostics
    assert (found.policyName, found.enforcementLevel, found.urn) == (
        "region-allowed",
        analyzer_pb2.MANDATORY,
        "urn:key",
    )
    assert found.policyPackName == "intertie-production"
    assert "ap-south-1" in found.message


def test_the_region_of_the_stack_holds_where_a_resource_names_none(analyzer: Analyzer) -> None:
    without = {key: value for key, value in GOOD.items() if key != "region"}
    assert "region-allowed" not in rules(analyzer.Analyze(request(without), CALL))


def test_an_explicit_provider_comes_with_the_resource(analyzer: Analyzer) -> None:
    asked = request({key: value for key, value in GOOD.items() if key != "region"})
    provider = analyzer_pb2.AnalyzerProviderResource(type="pulumi:providers:aws", name="east", urn="urn:east")
    provider.properties.update({"region": "ap-south-1"})
    asked.provider.CopyFrom(provider)
    assert "region-allowed" in rules(analyzer.Analyze(asked, CALL))


def test_a_pool_lies_where_the_clusters_lie_that_were_made_before_it() -> None:
    def asked(type_: str, name: str, **props: Any) -> Any:
        return analyzer_pb2.AnalyzeRequest(type=type_, name=name, urn=f"urn:{name}", properties=struct(props))

    analyzer = configured(Analyzer("production"))
    pool = asked("azure-native:containerservice:AgentPool", "pool", resourceName=wire.UNKNOWN, vmSize="Standard_D4s_v5")
    assert "region-allowed" in rules(analyzer.Analyze(pool, CALL))
    analyzer.Analyze(asked("gcp:container/cluster:Cluster", "other", location="asia-south1"), CALL)
    for name, location, found in (
        ("one", "westeurope", False),
        ("two", "West Europe", False),
        ("far", "uksouth", True),
    ):
        analyzer.Analyze(asked("azure-native:containerservice:ManagedCluster", name, location=location), CALL)
        assert ("region-allowed" in rules(analyzer.Analyze(pool, CALL))) is found


def test_a_secret_region_is_unknown_and_so_is_one_that_only_apply_knows(analyzer: Analyzer) -> None:
    for hidden in (wire.UNKNOWN, {wire.SIGNATURE: wire.SECRET_SIGNATURE}):
        assert "region-allowed" in rules(analyzer.Analyze(request({**GOOD, "region": hidden}), CALL))


def test_a_waived_violation_is_shown_as_advice() -> None:
    soon = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    waiver = {"rule": "region-allowed", "resource": "urn:key-one", "owner": "security", "reason": "until it has moved"}
    analyzer = configured(Analyzer("production"), waivers=[{**waiver, "expires": soon}])
    bad = {**GOOD, "region": "ap-south-1"}
    levels = [
        each.enforcementLevel
        for urn in ("urn:key-one", "urn:key-two")
        for each in analyzer.Analyze(request(bad, urn), CALL).diagnostics
        if each.policyName == "region-allowed"
    ]
    assert levels == [analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY]


def test_a_level_that_was_set_by_hand_holds_and_the_packs_own_is_no_such_level() -> None:
    config = analyzer_pb2.ConfigureAnalyzerRequest()
    config.policyConfig["region-allowed"].enforcementLevel = analyzer_pb2.ADVISORY
    config.policyConfig["cost-cap"].enforcementLevel = analyzer_pb2.MANDATORY
    config.policyConfig["another-packs-rule"].enforcementLevel = analyzer_pb2.ADVISORY
    analyzer = Analyzer("production")
    analyzer.Configure(config, CALL)
    (found,) = [
        each
        for each in analyzer.Analyze(request({**GOOD, "region": "ap-south-1"}), CALL).diagnostics
        if each.policyName == "region-allowed"
    ]
    assert found.enforcementLevel == analyzer_pb2.ADVISORY


def test_a_level_of_an_environment_holds_although_the_engine_sends_the_packs_own_for_every_rule() -> None:
    config = analyzer_pb2.ConfigureAnalyzerRequest()
    config.policyConfig["region-allowed"].enforcementLevel = analyzer_pb2.MANDATORY
    config.policyConfig["configuration"].properties.update(
        {"environments": {"dev": {"stacks": ["live"], "highest": "advisory"}}}
    )
    analyzer = Analyzer("production")
    analyzer.Configure(config, CALL)
    analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="live", dry_run=True), CALL)
    found = analyzer.Analyze(request({**GOOD, "region": "ap-south-1"}), CALL).diagnostics
    assert {each.enforcementLevel for each in found} == {analyzer_pb2.ADVISORY}


def test_a_wrong_configuration_ends_the_call_with_every_problem() -> None:
    with pytest.raises(RefusedError, match=r"INVALID_ARGUMENT: .*intertie-production.*(?s:.)*regons"):
        configured(Analyzer("production"), regons={})


def test_what_only_apply_can_know_is_asked_again_during_an_update() -> None:
    cluster = analyzer_pb2.AnalyzeRequest(type="gcp:container/cluster:Cluster", name="c", urn="urn:c")
    cluster.properties.update({"location": "europe-west4", "databaseEncryption": {"keyName": wire.UNKNOWN}})
    preview = rules(configured(Analyzer("production")).Analyze(cluster, CALL))
    update = rules(configured(Analyzer("production"), dry_run=False).Analyze(cluster, CALL))
    assert "key-lies-with-cluster" in update - preview


def test_a_stack_rule_sees_what_the_program_wrote_and_the_relations_that_the_engine_adds(analyzer: Analyzer) -> None:
    pool = analyzer_pb2.AnalyzeRequest(type="azure-native:containerservice:AgentPool", name="p", urn="urn:p")
    pool.properties.update({"vmSize": "Standard_D4s_v5"})
    analyzer.Analyze(pool, CALL)
    resources = [
        analyzer_pb2.AnalyzerResource(type="azure-native:containerservice:ManagedCluster", name="c", urn="urn:c"),
        analyzer_pb2.AnalyzerResource(type=pool.type, name="p", urn="urn:p", dependencies=["urn:c"]),
    ]
    whole = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), CALL)
    found = {each.policyName: each.urn for each in whole.diagnostics}
    assert found["cluster-ignores-inline-pools"] == "urn:c"
    resources[0].options.ignoreChanges.append("agentPoolProfiles")
    whole = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), CALL)
    assert "cluster-ignores-inline-pools" not in rules(whole)


def test_a_stack_rule_reads_the_inputs_that_were_seen_and_not_the_outputs_that_come_at_the_end(
    analyzer: Analyzer,
) -> None:
    type_ = "aws:autoscaling/group:Group"
    written = analyzer_pb2.AnalyzeRequest(type=type_, name="g", urn="urn:g")
    written.properties.update({"tags": [{"key": key, "value": "x", "propagateAtLaunch": True} for key in TAGS]})
    analyzer.Analyze(written, CALL)
    ended = analyzer_pb2.AnalyzerResource(type=type_, name="g", urn="urn:g", properties=struct({"tags": []}))
    seen = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[ended]), CALL)
    unseen = configured(Analyzer("production")).AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[ended]), CALL)
    assert "node-tags" in rules(unseen) - rules(seen)


def test_a_violation_of_the_stack_as_a_whole_has_no_resource(analyzer: Analyzer) -> None:
    pool = analyzer_pb2.AnalyzerResource(type="aws:eks/nodeGroup:NodeGroup", name="p", urn="urn:p")
    pool.properties.update({"instanceTypes": ["p5.48xlarge"], "scalingConfig": {"maxSize": 1}})
    whole = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[pool]), CALL)
    assert {each.urn for each in whole.diagnostics if each.policyName == "budget-present"} == {""}


def test_a_remediation_is_sent_back_with_the_changed_properties_and_only_when_it_is_asked_for(
    analyzer: Analyzer,
) -> None:
    asked = request({**GOOD, "tags": {"owner": "search-platform", "cost_center": "ml-4711", "id": wire.UNKNOWN}})
    assert list(analyzer.Remediate(asked, CALL).remediations) == []
    (made,) = configured(Analyzer("production"), remediate=["required-tags"]).Remediate(asked, CALL).remediations
    assert made.policyName == "required-tags"
    tags = json_format.MessageToDict(made.properties)["tags"]
    assert (tags["environment"], tags["owner"], tags["id"]) == ("production", "search-platform", wire.UNKNOWN)
