"""What containers write is kept on every cloud, by one collector, as long as the plan says and no longer."""

from functools import cache
from typing import Any

import pytest

from intertie.graph import check
from intertie.plan import Operations
from intertie.platforms.aks.monitoring_logs import STREAMS
from support import plans
from support.building import Built, build
from support.eks import RELEASE, sources

AZ = "azure-native:"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
AGENT = "aws-for-fluent-bit"


@cache
def placed(cloud: str, **wishes: Any) -> Built:
    return build(plans.plan(cloud, operations=Operations(**wishes)))


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_cluster_that_keeps_its_containers_logs_is_spelt_right(cloud: str) -> None:
    assert check(placed(cloud).graph) == ()


def test_on_aws_the_agent_stands_on_every_node_and_writes_into_a_group_that_ends() -> None:
    made = placed("aws", log_days=100)
    group = made.inputs(GROUP, "container-logs")
    assert (group["name"], group["retentionInDays"]) == ("/aws/eks/chat-here/containers", 120)
    release = made.one(RELEASE, AGENT)
    values = release.inputs["values"]
    assert values["tolerations"] == [{"operator": "Exists"}]
    assert values["cloudWatchLogs"]["region"] == "us-east-1"
    assert values["cloudWatchLogs"]["autoCreateGroup"] is False
    assert values["cloudWatchLogs"]["logGroupTemplate"] == ""
    assert made.one(GROUP, "container-logs").urn in release.depends_on


def test_on_aws_the_agent_may_write_into_that_group_and_make_none() -> None:
    made = placed("aws")
    policy = made.one("aws:iam/rolePolicy:RolePolicy", "container-logs-policy")
    assert [each.name for each in sources(made.graph, policy, "policy")] == ["here-container-logs"]
    bound = made.inputs("aws:eks/podIdentityAssociation:PodIdentityAssociation", "container-logs-identity")
    release = made.one(RELEASE, AGENT)
    assert (bound["namespace"], bound["serviceAccount"]) == ("kube-system", AGENT)
    assert release.inputs["values"]["serviceAccount"] == {"name": bound["serviceAccount"]}
    assert release.inputs["namespace"] == bound["namespace"]
    assert "here-container-logs-policy" in made.before(release)


def test_on_aws_the_agents_image_comes_from_the_mirror_where_nothing_goes_out() -> None:
    here = {"cloud": "aws", "region": "us-east-1", "registry": "mirror.example.com/acme"}
    spec = plans.spec("aws", placements={"here": here})
    made = build(plans.plan("aws", spec=spec, operations=Operations(egress="none")))
    values = made.one(RELEASE, AGENT).inputs["values"]
    assert values["image"] == {"repository": "mirror.example.com/acme/aws-observability/aws-for-fluent-bit"}
    assert "image" not in placed("aws").one(RELEASE, AGENT).inputs["values"]


def test_on_azure_the_agent_is_on_signs_in_without_a_key_and_sends_to_the_clusters_workspace() -> None:
    made = placed("azure", log_days=120)
    cluster = made.one(f"{AZ}containerservice:ManagedCluster", "cluster")
    assert cluster.inputs["addonProfiles"]["omsagent"]["enabled"] is True
    assert cluster.inputs["addonProfiles"]["omsagent"]["config"]["useAADAuth"] == "true"
    workspace = made.one(f"{AZ}operationalinsights:Workspace", "control-plane-logs")
    assert workspace.inputs["retentionInDays"] == 120
    assert cluster.property_dependencies["addonProfiles"] == (workspace.urn,)


def test_on_azure_logs_and_events_are_collected_and_no_metrics() -> None:
    made = placed("azure")
    rule = made.one(f"{AZ}monitor:DataCollectionRule", "container-logs-rule")
    (source,) = rule.inputs["dataSources"]["extensions"]
    (flow,) = rule.inputs["dataFlows"]
    assert source["extensionName"] == "ContainerInsights"
    assert source["streams"] == flow["streams"] == list(STREAMS) == ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents"]
    settings = source["extensionSettings"]["dataCollectionSettings"]
    assert (settings["enableContainerLogV2"], settings["namespaceFilteringMode"]) == (True, "Exclude")
    (target,) = rule.inputs["destinations"]["logAnalytics"]
    assert flow["destinations"] == [target["name"]]


def test_on_azure_the_rule_is_the_clusters_and_waits_for_it() -> None:
    made = placed("azure")
    told = made.one(f"{AZ}monitor:DataCollectionRuleAssociation", "container-logs-association")
    assert told.property_dependencies["resourceUri"] == (
        made.one(f"{AZ}containerservice:ManagedCluster", "cluster").urn,
    )
    assert {"here-container-logs-rule", "here-cluster"} <= made.before(told)
    other = made.inputs(f"{AZ}monitor:DataCollectionRuleAssociation", "metrics-association")
    assert other["associationName"] != told.inputs["associationName"]


def test_on_google_containers_logs_go_where_the_clusters_own_do() -> None:
    made = placed("gcp", log_days=120)
    assert "WORKLOADS" in made.inputs("gcp:container/cluster:Cluster", "cluster")["loggingConfig"]["enableComponents"]
    sink = made.inputs("gcp:logging/projectSink:ProjectSink", "control-plane-sink")
    assert '"k8s_container"' in sink["filter"]
    assert (
        made.inputs("gcp:logging/projectBucketConfig:ProjectBucketConfig", "control-plane-logs")["retentionDays"] == 120
    )
