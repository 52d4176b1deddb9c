"""Images of public registries through Amazon ECR, which keeps what it has fetched once.

ECR makes a repository for each image when a node first asks for it, by a template: encrypted, tagged like everything
else, and emptied of what is old. Those repositories are ECR's and in no state. Tokens of upstreams are never known
here: `intertie replicate` writes them.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi_aws import ecr, iam, secretsmanager

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.caches import KEPT_DAYS, ImageCache, account, made
from intertie.platforms.children import child
from intertie.platforms.eks.identity import partition, service_role, statements_policy
from intertie.platforms.eks.secret_store import empty_secret
from intertie.platforms.tags import tags

PULL = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
"""What a node needs beside the right to pull. Source: Amazon ECR user guide, IAM permissions of pull through cache."""
_MAKE = ("ecr:CreateRepository", "ecr:TagResource")
"""What ECR does with our role. Source: Amazon ECR user guide, IAM role of repository creation templates."""

Tokens = Mapping[str, secretsmanager.Secret]


def tokens(plan: Plan, options: BuildOptions) -> Tokens:
    """Empty secrets for the upstreams' tokens, by upstream. They are there before the caches that ask for them."""
    return {
        cache.host: empty_secret(
            plan, options, f"secret-{given.secret}", given.key, f"token of {given.username} for {cache.host}"
        )
        for cache in made(plan)
        if (given := cache.credentials) is not None
    }  # fmt: skip


def build(plan: Plan, options: BuildOptions, secrets: Tokens, nodes: iam.Role) -> list[pulumi.Resource]:
    """The caches, and the nodes' right to fill them: before the first node starts."""
    found = made(plan)
    if not found:
        return []
    maker, _ = service_role(plan, options, "image-cache", "ecr.amazonaws.com", ())
    rights = statements_policy(options, "image-cache", maker, [_below(plan, found, _MAKE)])
    pulls = statements_policy(options, "nodes-image-cache", nodes, [_below(plan, found, PULL)])
    rules = [_rule(plan, options, cache, secrets, _template(plan, options, cache, maker, rights)) for cache in found]
    return [pulls, *rules]


def _below(plan: Plan, found: Iterable[ImageCache], actions: Iterable[str]) -> dict[str, Any]:
    """Those actions on the repositories of these caches."""
    start = f"arn:{partition(plan.region)}:ecr:{plan.region}:{account(plan)}:repository"
    return {"Effect": "Allow", "Action": list(actions), "Resource": [f"{start}/{cache.place}/*" for cache in found]}


def _template(
    plan: Plan, options: BuildOptions, cache: ImageCache, maker: iam.Role, right: pulumi.Resource
) -> ecr.RepositoryCreationTemplate:
    """How ECR makes the repositories. Tags are only given by a role of ours."""
    name, opts = child(options, f"cache-{cache.name}-repositories", depends_on=[right])
    encryption = ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(encryption_type="AES256")
    return ecr.RepositoryCreationTemplate(
        name,
        region=plan.region,
        prefix=cache.place,
        applied_fors=["PULL_THROUGH_CACHE"],
        description=f"Images of {cache.host} for pipeline {plan.spec.name}",
        custom_role_arn=maker.arn,
        encryption_configurations=[encryption],
        image_tag_mutability="MUTABLE",  # a tag that moves upstream moves here
        lifecycle_policy=_lifecycle(),
        resource_tags=tags(plan, "aws"),
        opts=opts,
    )


def _rule(
    plan: Plan, options: BuildOptions, cache: ImageCache, secrets: Tokens, template: ecr.RepositoryCreationTemplate
) -> ecr.PullThroughCacheRule:
    """After its template, which counts for repositories that do not exist yet."""
    token = secrets.get(cache.host)
    name, opts = child(options, f"cache-{cache.name}", depends_on=[template])
    return ecr.PullThroughCacheRule(
        name,
        region=plan.region,
        ecr_repository_prefix=cache.place,
        upstream_registry_url=cache.upstream,
        credential_arn=token.arn if token is not None else None,
        opts=opts,
    )


def _lifecycle() -> str:
    selection = {
        "tagStatus": "any",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": KEPT_DAYS,
    }
    description = f"Fetched more than {KEPT_DAYS} days ago: what is still used is fetched again"
    rule = {"rulePriority": 1, "description": description, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]})
