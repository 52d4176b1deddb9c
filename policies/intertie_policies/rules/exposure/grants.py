"""Rights without bounds."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from intertie_policies.accessor import State, Value, is_list
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule

_POLICIES = (
    "aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)  # fmt: skip
_ON_RESOURCES = ("aws:s3/bucketPolicy:BucketPolicy", "aws:sqs/queuePolicy:QueuePolicy")
_ROLE = "aws:iam/role:Role"
_ATTACHED = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment",
)  # fmt: skip
_ASSIGNED = "azure-native:authorization:RoleAssignment"
_GRANTED = (
    "gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding", "gcp:folder/iAMMember:IAMMember",
    "gcp:folder/iAMBinding:IAMBinding", "gcp:organizations/iAMBinding:IAMBinding",
    "gcp:organizations/iAMMember:IAMMember", "gcp:storage/bucketIAMMember:BucketIAMMember",
    "gcp:storage/bucketIAMBinding:BucketIAMBinding", "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:serviceaccount/iAMBinding:IAMBinding", "gcp:artifactregistry/repositoryIamBinding:RepositoryIamBinding",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
)  # fmt: skip
_ROLES = ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "kubernetes:rbac.authorization.k8s.io/v1:Role")
_BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
)  # fmt: skip

_ALL_POWERFUL_ARNS = ("/AdministratorAccess", "/PowerUserAccess", "/IAMFullAccess")
_AZURE_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}
_CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
_BASIC_ROLES = frozenset({"roles/owner", "roles/editor"})
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_CROWDS = frozenset({"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"})


@rule(
    "grants-bounded",
    "exposure",
    types=[*_POLICIES, *_ON_RESOURCES, _ROLE, *_ATTACHED, _ASSIGNED, *_GRANTED, *_ROLES, *_BINDINGS],
    description="No grant is without bounds: neither everything, nor on everything, nor to everybody.",
    rationale="Whoever takes over one pod with such a grant has the account.",
    remediation="Name the actions, the resources and the principals that are needed.",
    references=["AWS IAM best practices, least privilege", "Azure RBAC best practices",
                "Google Cloud, basic roles are not for production", "Kubernetes documentation, RBAC good practices"],
    apply_time_only=["policy", "assumeRolePolicy", "inlinePolicies[*].policy", "policyArn", "managedPolicyArns[*]",
                     "roleDefinitionId", "scope",
                     "member", "members[*]", "subjects[*].name"],
)  # fmt: skip
def grants_bounded(resource: Resource, _context: Context) -> Iterator[Violation]:
    for message, path in _unbounded(resource):
        yield fail(resource, message, *path.path)


def _unbounded(resource: Resource) -> Iterator[tuple[str, Value]]:
    type_ = resource.type
    if type_ in _POLICIES:
        yield from ((why, resource["policy"]) for why in _statements(resource["policy"], identity=True))
    elif type_ in _ON_RESOURCES:
        yield from ((why, resource["policy"]) for why in _statements(resource["policy"], identity=False))
    elif type_ == _ROLE:
        trust = resource["assumeRolePolicy"]
        yield from ((why, trust) for why in _statements(trust, identity=False))
        yield from _arns(resource["managedPolicyArns"].items)
        for inline in resource["inlinePolicies"].items:
            yield from ((why, inline["policy"]) for why in _statements(inline["policy"], identity=True))
    elif type_ in _ATTACHED:
        yield from _arns((resource["policyArn"],))
    elif type_ == _ASSIGNED:
        yield from _azure(resource)
    elif type_ in _GRANTED:
        yield from _google(resource)
    elif type_ in _ROLES:
        yield from _kubernetes_role(resource)
    else:
        yield from _kubernetes_binding(resource)


def _statements(value: Value, *, identity: bool) -> Iterator[str]:
    """What is without bounds in a policy document. `identity`: it belongs to somebody; else it lies on a resource."""
    document = _document(value)
    if document is None and value.quietly().text:
        yield "it is no JSON object: nobody can tell what it allows"
    for statement in _listed((document or {}).get("Statement")):
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        if identity:
            yield from _too_much(statement)
        elif _anybody(statement.get("Principal")) and not statement.get("Condition"):
            yield "everybody is allowed: the principal is *"


def _too_much(statement: Mapping[str, Any]) -> Iterator[str]:
    actions, resources = _listed(statement.get("Action")), _listed(statement.get("Resource"))
    everywhere = any(_star(each) for each in resources)
    if "NotAction" in statement and everywhere:
        yield "NotAction allows everything else on every resource"
    for action in map(str, actions):
        service, _, name = action.partition(":")
        if _star(service) and (_star(name) or not name):
            yield f"the action {action} is everything"
        elif everywhere and (_star(name) or action.lower() == "iam:passrole"):
            yield f"{action} on every resource"


def _star(text: Any) -> bool:
    """Whether a pattern of IAM stands for everything: `*`, and several of them too."""
    return isinstance(text, str) and bool(text) and not text.strip("*")


def _anybody(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return "*" in _listed(principal.get("AWS"))
    return principal == "*"


def _document(value: Value) -> Mapping[str, Any] | None:
    """A policy document, whether it is JSON text or an object; None where it is unknown."""
    if value.quietly().state is State.KNOWN and isinstance(value.raw, Mapping):
        return _plain(value)
    text = value.text
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _plain(value: Value) -> Any:
    """What lies under a value, as plain data; each unknown in it is noted."""
    if isinstance(value.raw, Mapping):
        return {key: _plain(each) for key, each in value.entries.items()}
    return [_plain(each) for each in value.items] if is_list(value.raw) else value.text


def _listed(raw: Any) -> list[Any]:
    return list(raw) if is_list(raw) else [] if raw is None else [raw]


def _arns(values: tuple[Value, ...]) -> Iterator[tuple[str, Value]]:
    for value in values:
        text = value.text
        if text and text.endswith(_ALL_POWERFUL_ARNS):
            yield f"{text.rpartition('/')[2]} is nearly everything", value


def _azure(assignment: Resource) -> Iterator[tuple[str, Value]]:
    role = assignment["roleDefinitionId"]
    guid = (role.text or "").rpartition("/")[2].lower()
    if guid in _AZURE_ROLES:
        yield f"{_AZURE_ROLES[guid]} may give itself and others every right", role
    elif guid == _CONTRIBUTOR:
        scope = assignment["scope"]
        text = scope.text
        if text and "/resourcegroups/" not in text.lower():
            yield f"Contributor on all of {text}", scope


def _google(grant: Resource) -> Iterator[tuple[str, Value]]:
    role = grant["role"]
    text = role.text
    if text in _BASIC_ROLES:
        yield f"{text} is a basic role: nearly everything", role
    member = grant["member"]
    for each in (member, *grant["members"].items):
        if each.text in _EVERYBODY:
            yield f"the member is {each.text}: everybody", each


def _kubernetes_role(role: Resource) -> Iterator[tuple[str, Value]]:
    for each in role["rules"].items:
        if all("*" in each[key].texts for key in ("verbs", "resources", "apiGroups")):
            yield "every verb on every resource of every group", each


def _kubernetes_binding(binding: Resource) -> Iterator[tuple[str, Value]]:
    everything = binding["roleRef"]["name"].text == "cluster-admin"
    for subject in binding["subjects"].items:
        name = subject["name"].text
        crowd = name in _CROWDS or (name or "").startswith("system:serviceaccounts:")
        if everything and (subject["kind"].text == "ServiceAccount" or crowd):
            yield f"{name} becomes cluster-admin", subject
        elif name in ("system:anonymous", "system:unauthenticated"):
            yield f"{name} is everybody who can reach the API", subject
