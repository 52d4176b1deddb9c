"""What the teams may do, where the cloud lets them connect and leaves the rest to the cluster."""

from typing import Any

from intertie.contract import ClusterHandle, TeamBinding
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.workload.manifest import Manifest, labels, metadata

_GROUP = "rbac.authorization.k8s.io"


def bindings(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """A binding to Kubernetes' own role per member: `view` and `edit` in the namespace, `admin` of the cluster."""
    return tuple(_binding(plan, member) for member in handle.teams)


def _binding(plan: Plan, member: TeamBinding) -> Manifest:
    role = f"team-{member.team}-{digest(member.kind + member.subject, 6)}"  # one that is taken out renames no other
    subjects: list[dict[str, Any]] = [{"apiGroup": _GROUP, "kind": member.kind, "name": member.subject}]
    whole = member.role == "admin"
    name = f"{plan.namespace}-{role}" if whole else role
    about = {"name": name, "labels": labels(plan)} if whole else metadata(plan, name)
    granted = "cluster-admin" if whole else member.role
    body = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding" if whole else "RoleBinding",
        "metadata": about,
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": granted},
        "subjects": subjects,
    }
    return Manifest(role, body, needs=("namespace",))
