"""What the nodes of GKE may do."""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.owners import called
from intertie_policies.pools import GKE, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule, unknown
from intertie_policies.rules.exposure.node_accounts import nodes_with_account

_ACCOUNT = "gcp:serviceaccount/account:Account"
_REPOSITORY = "gcp:artifactregistry/repository:Repository"
_OWN_ROLES = (
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
)
_GRANTS = {
    "gcp:projects/iAMMember:IAMMember": "member",
    "gcp:projects/iAMBinding:IAMBinding": "members",
    "gcp:folder/iAMMember:IAMMember": "member",
    "gcp:folder/iAMBinding:IAMBinding": "members",
    "gcp:organizations/iAMMember:IAMMember": "member",
    "gcp:organizations/iAMBinding:IAMBinding": "members",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": "member",
    "gcp:artifactregistry/repositoryIamBinding:RepositoryIamBinding": "members",
}
"""By type of grant: the property that says who is granted the role."""
_POLICY = "gcp:projects/iAMPolicy:IAMPolicy"
_PERMISSIONS = {
    "logs": "logging.logEntries.create",
    "metrics": "monitoring.timeSeries.create",
    "images": "artifactregistry.repositories.downloadArtifacts",
}
_ROLES = {
    "roles/container.defaultNodeServiceAccount": {"logs", "metrics"},
    "roles/container.nodeServiceAccount": {"logs", "metrics"},
    "roles/logging.logWriter": {"logs"},
    "roles/logging.admin": {"logs"},
    "roles/monitoring.metricWriter": {"metrics"},
    "roles/monitoring.editor": {"metrics"},
    "roles/monitoring.admin": {"metrics"},
    "roles/artifactregistry.reader": {"images"},
    "roles/artifactregistry.writer": {"images"},
    "roles/artifactregistry.repoAdmin": {"images"},
    "roles/artifactregistry.admin": {"images"},
    "roles/editor": set(_PERMISSIONS),
    "roles/owner": set(_PERMISSIONS),
}
"""What roles give of it. Source: Google Cloud IAM, predefined roles; GKE documentation, node service accounts."""


@stack_rule(
    "node-account-has-rights",
    "platform",
    types=(GKE, GKE_CLUSTER),
    description="An account of the stack as which GKE's nodes act may write logs and metrics, and pull its images.",
    rationale="Without the rights nodes come up and degrade: no logs, no metrics, no autoscaling by them, no images.",
    remediation="Grant it roles/container.defaultNodeServiceAccount, and roles/artifactregistry.reader for the images.",
    references=["GKE documentation, configure node service accounts", "GKE documentation, Artifact Registry access"],
)
def node_account_has_rights(stack: Stack, _context: Context) -> Iterator[Violation]:
    used = {account.urn: (account, pool) for pool in stack.of_type(GKE, GKE_CLUSTER) for account in _own(pool, stack)}
    if not used:
        return
    granted = _granted(stack)
    needed = [what for what in _PERMISSIONS if what != "images" or _keeps_images(stack)]
    for account, pool in used.values():
        grants = [*granted.get(account.urn, ()), *granted.get(account["accountId"].quietly().text or "", ())]
        has = {what for grant in grants for what in _given(grant)}
        lacking = [what for what in needed if what not in has]
        hidden = [*(grant for grant in grants if _foreign_role(grant)), *stack.of_type(_POLICY)]
        if lacking and hidden:
            told = f"nobody sees whether {hidden[0].name} gives {account.name} the right to {' and '.join(lacking)}"
            yield unknown(pool, hidden[0]["policyData" if hidden[0].type == _POLICY else "role"], told)
        elif lacking:
            yield fail(pool, f"its account {account.name} has no right to {' and '.join(lacking)}")


def _own(pool: Resource, stack: Stack) -> Iterator[Resource]:
    """Accounts of this stack as which its nodes act. One from elsewhere has its rights from elsewhere."""
    for node in nodes_with_account(pool):
        email, prop = node["serviceAccount"].quietly(), str(node.path[0])
        if email.text:
            yield from called(email.text.partition("@")[0], pool, stack, _ACCOUNT, "accountId")
        elif email.state is not State.ABSENT:
            flowing = pool.uses(prop, _ACCOUNT)
            yield from flowing if prop in pool.node.property_dependencies or len(flowing) == 1 else ()


def _granted(stack: Stack) -> dict[str, list[Resource]]:
    """Grants by the account that flows into them, else by the id of the account that is written out."""
    found: dict[str, list[Resource]] = {}
    for grant in stack.of_type(*_GRANTS):
        prop = _GRANTS[grant.type]
        keys = [account.urn for account in grant.uses(prop, _ACCOUNT)]
        keys += [name for text in _members(grant[prop]) if (name := _account_id(text))]
        for key in dict.fromkeys(keys):
            found.setdefault(key, []).append(grant)
    return found


def _members(value: Value) -> tuple[str, ...]:
    quiet = value.quietly()
    return (quiet.text,) if quiet.text else quiet.texts


def _account_id(member: str) -> str:
    """`nodes` of `serviceAccount:nodes@acme.iam.gserviceaccount.com`; "" for other members."""
    kind, _, email = member.partition(":")
    return email.partition("@")[0] if kind == "serviceAccount" else ""


def _given(grant: Resource) -> set[str]:
    for role in grant.uses("role", *_OWN_ROLES):
        has = role["permissions"].texts
        return {what for what, permission in _PERMISSIONS.items() if permission in has}
    return _ROLES.get(grant["role"].text or "", set())


def _foreign_role(grant: Resource) -> bool:
    """Whether the role is an organisation's own, and not made in this stack."""
    name = grant["role"].quietly().text
    return name is not None and not name.startswith("roles/") and not grant.uses("role", *_OWN_ROLES)


def _keeps_images(stack: Stack) -> bool:
    """Whether the stack has a registry of images, for nodes to pull from."""
    return any((registry["format"].text or "").upper() == "DOCKER" for registry in stack.of_type(_REPOSITORY))
