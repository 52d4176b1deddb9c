"""Children are named by role, found under former names, and get nothing of what their component was given."""

import pulumi
import pytest

from intertie import catalog, migrations
from intertie.contract import BuildOptions, service_account
from intertie.graph import record
from intertie.migrations import Rename, former_roles
from intertie.platforms import components
from intertie.platforms.children import child
from support.plans import plan


def test_a_child_is_called_after_its_component_and_role():
    name, opts = child(BuildOptions(parent=None, name="chat-cluster"), "vpc", protect=True)
    assert name == "chat-cluster-vpc"
    assert opts.protect is True
    assert opts.aliases is None


def test_what_the_component_was_given_stays_with_the_component():
    def program() -> None:
        given = pulumi.ResourceOptions(
            retain_on_delete=True, ignore_changes=["tags"], aliases=[pulumi.Alias(name="old")]
        )
        component = pulumi.ComponentResource("test:index:Parent", "parent", None, given)
        name, opts = child(BuildOptions(parent=component, name="parent"), "child")
        pulumi.ComponentResource("test:index:Child", name, None, opts)

    graph = record(program, "inference", "here")
    made = graph.find("test:index:Child", "parent-child")
    assert made.parent == graph.find("test:index:Parent", "parent").urn
    assert not made.retain_on_delete
    assert made.ignore_changes == ()


def test_a_renamed_child_is_found_under_its_former_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrations, "RENAMES", (Rename("*-nodes", "*-group", "0.2.0"),))
    _, opts = child(BuildOptions(parent=None, name="c"), "gpu-nodes")
    assert opts.aliases is not None
    assert [alias.name for alias in opts.aliases if isinstance(alias, pulumi.Alias)] == ["c-gpu-group"]


def test_former_names_follow_every_renaming_back():
    table = (Rename("b", "a", "0.2.0"), Rename("c", "b", "0.3.0"), Rename("other", "more", "0.3.0"))
    assert former_roles("c", table) == ("b", "a")
    assert former_roles("a", table) == ()


def test_names_that_were_swapped_end():
    table = (Rename("a", "b", "0.2.0"), Rename("b", "a", "0.3.0"))
    assert former_roles("a", table) == ("b",)


def test_a_pattern_renames_only_whole_roles():
    assert Rename("*-nodes", "*-group", "0.2.0").former("gpu-nodes-x") is None
    assert Rename("vpc", "network", "0.2.0").former("vpc") == "network"


def test_service_accounts_are_named_after_pipeline_and_stage():
    assert service_account(plan(), "generate") == "chat-generate"


def test_provided_is_what_the_catalogue_does_not_leave_to_us():
    owned = {(row.component, row.vendor): row.owner for row in catalog.ownership() if row.cloud == "gcp"}
    provided = components.provided("gcp", {"nvidia"})
    for (component, vendor), owner in owned.items():
        wanted = vendor in {"*", "nvidia"} and owner != "intertie"
        assert (components.component_name(component, vendor) in provided) is wanted


def test_provided_takes_in_what_a_platform_has_installed():
    assert "autoscaler" not in components.provided("aws", ())
    assert "autoscaler" in components.provided("aws", (), installed=["autoscaler"])


def test_vendors_are_those_of_the_plans_accelerators():
    assert components.vendors(plan()) == {"nvidia"}
    assert components.vendors(plan(pools=())) == frozenset()
