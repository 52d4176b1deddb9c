"""What the teams may do in a cluster whose cloud leaves that to the cluster."""

from dataclasses import replace

from intertie.contract import TeamBinding
from intertie.workload.teams import bindings
from support.plans import plan
from support.workloads import handle

MEMBERS = (
    TeamBinding("readers", "view", "Group", "readers@example.com"),
    TeamBinding("readers", "view", "User", "reader@example.com"),
    TeamBinding("platform", "admin", "Group", "platform@example.com"),
)


def bodies() -> list:
    made = plan("gcp")
    return [manifest.body for manifest in bindings(made, replace(handle(made), teams=MEMBERS))]


def test_view_and_edit_hold_in_the_namespace_and_admin_in_the_cluster() -> None:
    found = [(body["kind"], body["metadata"].get("namespace"), body["roleRef"]["name"]) for body in bodies()]
    assert found == [
        ("RoleBinding", "chat", "view"),
        ("RoleBinding", "chat", "view"),
        ("ClusterRoleBinding", None, "cluster-admin"),
    ]


def test_each_member_has_a_binding_of_its_own() -> None:
    assert [body["subjects"][0]["name"] for body in bodies()] == [member.subject for member in MEMBERS]
    assert len({body["metadata"]["name"] for body in bodies()}) == len(MEMBERS)


def test_a_cluster_whose_cloud_holds_the_rights_gets_no_binding() -> None:
    made = plan("gcp")
    assert bindings(made, handle(made)) == ()
