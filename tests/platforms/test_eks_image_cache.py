"""Images through Amazon ECR: rules, the repositories that they make, tokens, and what nodes may."""

import json
from typing import Any

import pytest

from intertie.graph import check
from intertie.platforms.eks import bootstrap_role
from support.building import Built
from support.caches import built, references, with_caches
from support.eks import NODE_GROUP, RELEASE

RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
SECRET = "aws:secretsmanager/secret:Secret"
POLICY = "aws:iam/rolePolicy:RolePolicy"
HOME = "123456789012.dkr.ecr.us-east-1.amazonaws.com/chat-here"
"""Where the caches are."""


def aws() -> Built:
    return built("aws")


def statement(role: str) -> dict[str, Any]:
    (found,) = json.loads(aws().inputs(POLICY, role)["policy"])["Statement"]
    return found


def test_the_graph_is_spelt_right() -> None:
    assert [str(finding) for finding in check(aws().graph)] == []


@pytest.mark.parametrize(
    ("name", "upstream", "secret"),
    [
        ("docker", "registry-1.docker.io", "secret-docker-hub"),
        ("ghcr", "ghcr.io", "secret-github"),
        ("quay", "quay.io", ""),
    ],
)
def test_ecr_fetches_from_each_upstream_with_its_token(name: str, upstream: str, secret: str) -> None:
    rule = aws().one(RULE, f"cache-{name}")
    assert rule.inputs["upstreamRegistryUrl"] == upstream
    assert rule.inputs["ecrRepositoryPrefix"] == f"chat-here/{name}"
    assert references(rule, "credentialArn") == ({f"here-{secret}"} if secret else set())


def test_tokens_have_the_names_that_ecr_asks_for_and_no_values() -> None:
    names = {each.inputs["name"] for each in aws().graph.of_type(SECRET)}
    assert {"ecr-pullthroughcache/chat-here-docker-hub", "ecr-pullthroughcache/chat-here-github"} <= names
    assert not aws().graph.of_type("aws:secretsmanager/secretVersion:SecretVersion")


def test_what_ecr_makes_is_encrypted_tagged_and_emptied_of_what_is_old() -> None:
    template = aws().one(TEMPLATE, "cache-ghcr-repositories")
    assert template.inputs["prefix"] == "chat-here/ghcr"
    assert template.inputs["appliedFors"] == ["PULL_THROUGH_CACHE"]
    assert template.inputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
    assert template.inputs["imageTagMutability"] == "MUTABLE"
    assert template.inputs["resourceTags"]["cost_center"] == "ml-4711"
    (rule,) = json.loads(template.inputs["lifecyclePolicy"])["rules"]
    assert rule["action"] == {"type": "expire"}
    assert (rule["selection"]["countType"], rule["selection"]["countNumber"]) == ("sinceImagePushed", 90)
    assert references(template, "customRoleArn") == {"here-image-cache-role"}


def test_a_template_counts_before_its_rule_makes_a_repository() -> None:
    assert "here-cache-ghcr-repositories" in aws().before(aws().one(RULE, "cache-ghcr"))


def test_ecr_may_make_and_tag_repositories_of_these_caches_alone() -> None:
    role = json.loads(aws().inputs("aws:iam/role:Role", "image-cache-role")["assumeRolePolicy"])
    assert role["Statement"][0]["Principal"] == {"Service": "ecr.amazonaws.com"}
    made = statement("image-cache-policy")
    assert made["Action"] == ["ecr:CreateRepository", "ecr:TagResource"]
    assert "arn:aws:ecr:us-east-1:123456789012:repository/chat-here/ghcr/*" in made["Resource"]
    assert all(each.startswith("arn:aws:ecr:us-east-1:123456789012:repository/chat-here/") for each in made["Resource"])


def test_nodes_may_fill_the_caches_before_the_first_one_starts() -> None:
    pulls = statement("nodes-image-cache-policy")
    assert pulls["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert len(pulls["Resource"]) == 5
    assert all(each.endswith("/*") and "/chat-here/" in each for each in pulls["Resource"])
    for group in aws().graph.of_type(NODE_GROUP):
        assert {"here-nodes-image-cache-policy", "here-cache-docker"} <= aws().before(group)


def test_a_cold_placement_has_places_for_the_tokens_and_no_cache_yet() -> None:
    cold = built("aws", "cold").graph
    assert len([each for each in cold.of_type(SECRET) if "pullthroughcache" in each.inputs["name"]]) == 2
    assert not cold.of_type(RULE)


@pytest.mark.parametrize(
    ("chart", "image"),
    [
        ("cluster-autoscaler", "k8s/autoscaling/cluster-autoscaler"),
        ("aws-for-fluent-bit", "ecr/aws-observability/aws-for-fluent-bit"),
    ],
)
def test_charts_of_the_platform_take_their_images_through_the_caches(chart: str, image: str) -> None:
    assert aws().inputs(RELEASE, chart)["values"]["image"]["repository"] == f"{HOME}/{image}"


def test_the_deployer_may_make_caches_of_this_placement_and_pass_ecr_its_role() -> None:
    plan = with_caches("aws")
    said = bootstrap_role.statements(plan, "123456789012")
    whole = [each for each in said if "ecr:CreatePullThroughCacheRule" in each["Action"] and each["Resource"] == "*"]
    assert [each["Condition"] for each in whole] == [{"StringEquals": {"aws:RequestedRegion": "us-east-1"}}]
    secrets = next(each for each in said if "secretsmanager:CreateSecret" in each["Action"])
    start = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
    assert secrets["Resource"] == [f"{start}chat-here-*", f"{start}ecr-pullthroughcache/chat-here-*"]
    (passing,) = [each for each in said if each["Action"] == "iam:PassRole"]
    assert "ecr.amazonaws.com" in passing["Condition"]["StringEquals"]["iam:PassedToService"]
