"""What the check finds, and how it says it."""

from copy import deepcopy
from typing import Any

import pytest

from intertie.graph import SECRET, UNKNOWN, check
from intertie.graph.wire import FILE_ARCHIVE, FILE_ASSET, REFERENCE
from support.realistic import AWS_PROVIDER, BY_TYPE, DEPLOYMENT, EKS_CLUSTER, LEADER_WORKER_SET, resource


def found(token: str, inputs: dict[str, Any], **changes: Any) -> list[str]:
    return [str(finding) for finding in check([resource(token, inputs, **changes)])]


@pytest.mark.parametrize("token", BY_TYPE)
def test_realistic_inputs_with_unknowns_and_secrets_are_clean(token: str) -> None:
    assert found(token, BY_TYPE[token]) == []


@pytest.mark.parametrize("token", BY_TYPE)
@pytest.mark.parametrize("stand_in", [UNKNOWN, SECRET])
def test_an_unknown_or_secret_anywhere_is_clean(token: str, stand_in: str) -> None:
    for key in BY_TYPE[token]:
        assert found(token, {**BY_TYPE[token], key: stand_in}) == []


def test_a_misspelt_key_in_a_dict_is_found_with_what_was_meant() -> None:
    inputs = {**EKS_CLUSTER, "vpcConfig": {"subnetIdz": ["subnet-1"]}}
    assert found("aws:eks/cluster:Cluster", inputs) == [
        (
            "error: aws:eks/cluster:Cluster 'it' vpcConfig.subnetIdz: "
            "ClusterVpcConfig has no property 'subnetIdz'; did you mean 'subnetIds'?"
        ),
        "error: aws:eks/cluster:Cluster 'it' vpcConfig.subnetIds: ClusterVpcConfig requires 'subnetIds'",
    ]


def test_a_python_spelling_on_the_wire_is_told_its_wire_name() -> None:
    inputs = {**EKS_CLUSTER, "access_config": {}}
    assert found("aws:eks/cluster:Cluster", inputs) == [
        (
            "error: aws:eks/cluster:Cluster 'it' access_config: "
            "Cluster has no property 'access_config'; did you mean 'accessConfig'?"
        )
    ]


def test_a_missing_required_property_is_found_at_any_depth() -> None:
    inputs = deepcopy(EKS_CLUSTER)
    del inputs["roleArn"], inputs["encryptionConfig"]["provider"]
    assert [(finding.path, finding.kind) for finding in check([resource("aws:eks/cluster:Cluster", inputs)])] == [
        ("encryptionConfig.provider", "missing-property"),
        ("roleArn", "missing-property"),
    ]


def test_a_required_property_that_is_none_is_missing() -> None:
    assert found("aws:eks/cluster:Cluster", {**EKS_CLUSTER, "roleArn": None}) == [
        "error: aws:eks/cluster:Cluster 'it' roleArn: Cluster requires 'roleArn'"
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("subnet-1", "'subnet-1' where list of string is expected"),
        ({"a": 1}, "an object where list of string is expected"),
        ([["subnet-1"]], "a list where string is expected"),
        ([True], "True where string is expected"),
        ([7], "7 where string is expected"),
    ],
)
def test_a_value_of_another_kind_is_named_with_what_is_expected(value: Any, message: str) -> None:
    inputs = {**EKS_CLUSTER, "vpcConfig": {"subnetIds": value}}
    assert [text.partition(": aws")[2].partition(": ")[2] for text in found("aws:eks/cluster:Cluster", inputs)] == [
        message
    ]


def test_whole_numbers_may_travel_as_doubles_but_fractions_may_not_stand_for_them() -> None:
    def scaled(size: Any) -> list[str]:
        return found(
            "aws:eks/nodeGroup:NodeGroup",
            {
                **BY_TYPE["aws:eks/nodeGroup:NodeGroup"],
                "scalingConfig": {"minSize": size, "maxSize": 4, "desiredSize": 0},
            },
        )

    assert scaled(3.0) == []
    assert scaled(2.5) == [
        "error: aws:eks/nodeGroup:NodeGroup 'it' scalingConfig.minSize: 2.5 where whole number is expected"
    ]


def test_a_value_outside_a_relaxed_enum_is_a_warning_with_what_was_meant() -> None:
    inputs = deepcopy(BY_TYPE["azure-native:containerservice:ManagedCluster"])
    inputs["agentPoolProfiles"][0]["osType"] = "Linus"
    (finding,) = check([resource("azure-native:containerservice:ManagedCluster", inputs)])
    assert (finding.severity, finding.kind, finding.path) == ("warning", "not-allowed", "agentPoolProfiles[0].osType")
    assert finding.message == "'Linus' is not one of 'Linux', 'Windows'; did you mean 'Linux'?"


def test_a_value_outside_a_closed_enum_is_an_error() -> None:
    inputs = deepcopy(BY_TYPE["azure-native:containerservice:ManagedCluster"])
    inputs["identity"] = {"type": "UserAsigned"}
    (finding,) = check([resource("azure-native:containerservice:ManagedCluster", inputs)])
    assert (finding.severity, finding.kind, finding.path) == ("error", "not-allowed", "identity.type")
    assert "did you mean 'UserAssigned'?" in finding.message


def test_an_output_given_as_an_input_is_told_apart_from_a_typo() -> None:
    (text,) = found("aws:eks/cluster:Cluster", {**EKS_CLUSTER, "endpoint": "https://example.com"})
    assert text.endswith("'endpoint' is an output of this type, not an input")


def test_an_unknown_type_is_found_with_what_was_meant() -> None:
    assert found("aws:eks/cluster:Clutser", {}) == [
        (
            "error: aws:eks/cluster:Clutser 'it': "
            "the SDK of aws has no type 'aws:eks/cluster:Clutser'; did you mean 'aws:eks/cluster:Cluster'?"
        )
    ]


def test_an_unknown_package_is_found_with_what_was_meant() -> None:
    assert found("awz:eks/cluster:Cluster", {}) == [
        "error: awz:eks/cluster:Cluster 'it': no installed SDK provides the package 'awz'; did you mean 'aws'?"
    ]


def test_a_type_of_kubernetes_own_groups_must_exist() -> None:
    (text,) = found("kubernetes:networking.k8s.io/v1:Ingres", {})
    assert text.endswith("did you mean 'kubernetes:networking.k8s.io/v1:Ingress'?")
    (text,) = found("kubernetes:apps/v1:Deploymnt", {})
    assert text.endswith("did you mean 'kubernetes:apps/v1:Deployment'?")


def test_custom_resources_are_checked_as_far_as_kubernetes_declares_them() -> None:
    token = "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet"
    assert found(token, {**LEADER_WORKER_SET, "anything": {"goes": "here"}}) == []
    inputs = {"kind": "LeaderWorkerSet", "metadata": {"nmae": "generate"}}
    assert [text.partition("'it' ")[2] for text in found(token, inputs)] == [
        "apiVersion: apiVersion is required",
        "metadata.nmae: ObjectMeta has no property 'nmae'; did you mean 'name'?",
    ]


def test_configuration_of_providers_is_looked_into() -> None:
    inputs = {**AWS_PROVIDER, "assumeRoles": '[{"roleAnr": "x"}]', "skipRegionValidation": "maybe"}
    assert sorted(text.partition("'it' ")[2] for text in found("pulumi:providers:aws", inputs)) == [
        "assumeRoles[0].roleAnr: ProviderAssumeRole has no property 'roleAnr'; did you mean 'roleArn'?",
        "skipRegionValidation: 'maybe' where true or false is expected",
    ]


def test_numbers_and_names_are_both_right_where_kubernetes_takes_either() -> None:
    for port in (8000, "http"):
        inputs = deepcopy(DEPLOYMENT)
        inputs["spec"]["template"]["spec"]["containers"][0]["startupProbe"]["httpGet"]["port"] = port
        assert found("kubernetes:apps/v1:Deployment", inputs) == []


def test_assets_and_archives_belong_only_where_they_are_declared() -> None:
    bucket_object = {"bucket": "b", "source": {FILE_ASSET: "model.json"}}
    assert found("aws:s3/bucketObjectv2:BucketObjectv2", bucket_object) == []
    (text,) = found("aws:s3/bucketObjectv2:BucketObjectv2", {"bucket": {FILE_ARCHIVE: "x.zip"}})
    assert text.endswith("bucket: fileArchive where string is expected")


def test_a_reference_to_a_resource_may_stand_for_its_id() -> None:
    assert found("aws:eks/cluster:Cluster", {**EKS_CLUSTER, "roleArn": {REFERENCE: "urn"}}) == []
    (text,) = found("aws:eks/cluster:Cluster", {**EKS_CLUSTER, "vpcConfig": {REFERENCE: "urn"}})
    assert text.endswith("vpcConfig: resource where ClusterVpcConfig is expected")


def test_components_reads_and_the_engines_own_types_are_not_looked_at() -> None:
    assert found("acme:index:Network", {"anything": 1}, custom=False) == []
    assert found("aws:ec2/vpc:Vpc", {"anything": 1}, external=True) == []
    assert found("pulumi:pulumi:StackReference", {"anything": 1}) == []
    assert found("pulumi-python:dynamic/acme:Thing", {"anything": 1}) == []


def test_findings_stand_in_the_order_of_the_resources() -> None:
    bad = [resource("aws:ec2/vpc:Vpc", {"cidr": "x"}), resource("aws:eks/cluster:Clutser", {})]
    assert [finding.type for finding in check(bad)] == ["aws:ec2/vpc:Vpc", "aws:eks/cluster:Clutser"]


def test_a_finding_as_json_has_all_that_a_reader_needs() -> None:
    (finding,) = check([resource("aws:ec2/vpc:Vpc", {"cidrBlok": "10.0.0.0/16"})])
    assert finding.to_json() == {
        "urn": "urn:pulumi:dev::inference::aws:ec2/vpc:Vpc::it",
        "type": "aws:ec2/vpc:Vpc",
        "name": "it",
        "path": "cidrBlok",
        "kind": "unknown-property",
        "message": "Vpc has no property 'cidrBlok'; did you mean 'cidrBlock'?",
        "severity": "error",
    }
