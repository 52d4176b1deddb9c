"""Who nodes and pods are on EKS, and what they may do."""

import json

from support.building import build
from support.eks import built
from support.plans import plan


def test_nodes_may_pull_images_and_join_and_no_more():
    attached = built().graph.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    of_nodes = {each.inputs["policyArn"] for each in attached if each.name.startswith("here-nodes-")}
    assert of_nodes == {
        "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    }


def test_pods_take_on_roles_through_pod_identity_and_tag_their_sessions():
    trusts = [json.loads(role.inputs["assumeRolePolicy"]) for role in built().graph.of_type("aws:iam/role:Role")]
    statements = [statement for trust in trusts for statement in trust["Statement"]]
    of_pods = [each for each in statements if each["Principal"]["Service"] == "pods.eks.amazonaws.com"]
    assert len(of_pods) == 6  # pipeline, network, storage, autoscaler, secrets, logs
    assert all(each["Action"] == ["sts:AssumeRole", "sts:TagSession"] for each in of_pods)


def test_every_stage_reads_the_weights_under_its_own_service_account():
    made = built().graph.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    accounts = {(each.inputs["namespace"], each.inputs["serviceAccount"]) for each in made}
    assert accounts == {
        ("chat", "chat-prepare"),
        ("chat", "chat-generate"),
        ("kube-system", "cluster-autoscaler"),
        ("kube-system", "aws-for-fluent-bit"),
        ("external-secrets", "external-secrets"),
    }


def test_names_fit_even_for_the_longest_cluster():
    long = build(plan(cluster="a" * 40)).graph
    assert max(len(role.inputs["name"]) for role in long.of_type("aws:iam/role:Role")) <= 64
    assert len(long.of_type("aws:s3/bucket:Bucket")[0].inputs["bucketPrefix"]) == 37  # S3 adds 26 and ends at 63
