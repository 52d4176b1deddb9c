"""A fabric that pods claim: templates, claims, and the library that comes into the pod."""

from dataclasses import replace
from typing import Any

import pytest

from intertie.contract import FabricLibrary
from support import plans
from support.rendered import case, claimed
from support.workloads import binding, container, handle, objects, pinned, pod, spanning, stage_spec, staged, variables

PARTS = ("leader", "worker")
CLASS = "nic.fabric.example.com"
SPANNING = spanning(pinned(plans.plan()))


def made(plan=SPANNING, cluster=None):
    return objects(plan, cluster or claimed(plan))


def group():
    return made()["generate-group"]


def test_interfaces_of_a_fabric_are_claimed_by_a_template_of_the_stage() -> None:
    template = made()["generate-fabric"]
    assert (template["apiVersion"], template["kind"]) == ("resource.k8s.io/v1", "ResourceClaimTemplate")
    assert template["metadata"]["namespace"] == SPANNING.namespace
    (request,) = template["spec"]["spec"]["devices"]["requests"]
    assert request["exactly"] == {"deviceClassName": CLASS, "allocationMode": "ExactCount", "count": 8}


def test_every_pod_of_a_replica_claims_the_interfaces_and_its_container_gets_them() -> None:
    template = made()["generate-fabric"]["metadata"]["name"]
    for part in PARTS:
        assert pod(group(), part)["resourceClaims"] == [{"name": "fabric", "resourceClaimTemplateName": template}]
        assert container(group(), part)["resources"]["claims"] == [{"name": "fabric"}]


def test_whoever_claims_a_fabric_may_pin_memory() -> None:
    for part in PARTS:
        assert container(group(), part)["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["IPC_LOCK"]}
    assert made()["namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"


def test_the_template_is_there_before_the_group() -> None:
    roles = list(made())
    assert roles.index("generate-fabric") < roles.index("generate-group")


def test_the_library_comes_into_every_pod_before_the_stage_starts() -> None:
    for part in PARTS:
        (first,) = pod(group(), part)["initContainers"]
        assert first["image"] == "images.example.com/fabric:1"
        assert first["command"] == ["/bin/sh", "-c", "set -e; /install.sh; cp -R /out/. /target"]
        (put,) = first["volumeMounts"]
        assert put["mountPath"] == "/target"
        assert {"name": put["name"], "emptyDir": {}} in pod(group(), part)["volumes"]
        found = {"name": put["name"], "mountPath": "/usr/local/fabric", "readOnly": True}
        assert found in container(group(), part)["volumeMounts"]


def test_the_container_that_brings_the_library_gains_no_rights() -> None:
    """Root within its own image, whose folders are root's; nothing on the node."""
    for part in PARTS:
        security = pod(group(), part)["initContainers"][0]["securityContext"]
        assert security == {
            "runAsNonRoot": False,
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert all("hostPath" not in volume for volume in pod(group(), part)["volumes"])


def test_the_library_is_taken_by_digest_where_one_is_known() -> None:
    plan = SPANNING
    described = plan.spec.model_copy(update={"digests": {"images.example.com/fabric:1": plans.DIGEST}})
    (first,) = pod(made(replace(plan, spec=described))["generate-group"])["initContainers"]
    assert first["image"] == f"images.example.com/fabric:1@{plans.DIGEST}"


def test_the_stage_starts_with_the_librarys_settings_and_as_the_first_process() -> None:
    for part in PARTS:
        shell, option, script, profile, *command = container(group(), part)["command"]
        assert (shell, option) == ("/bin/bash", "-c")
        assert script == '. "$0" && exec "$@"'
        assert profile == "/usr/local/fabric/environment.sh"
        assert command == ["vllm", "serve"]
    assert variables(group())["NCCL_NET"] == "far"


def test_a_setting_of_the_users_own_wins_over_the_librarys() -> None:
    plan = stage_spec(SPANNING, "generate", env={"NCCL_NET": "Socket"})
    assert variables(made(plan)["generate-group"])["NCCL_NET"] == "Socket"


def test_a_replica_on_one_node_claims_nothing() -> None:
    plan = pinned(plans.plan())
    near = made(plan)
    assert "generate-fabric" not in near
    fields = pod(near["generate-deployment"])
    assert "resourceClaims" not in fields
    assert "initContainers" not in fields
    assert container(near["generate-deployment"])["command"] == ["vllm", "serve"]
    assert near["namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"


LIBRARY = FabricLibrary("images.example.com/fabric:1", "/install.sh", "/out", "/usr/local/fabric", "environment.sh")


def made_on_two_pools(first: dict[str, Any], other: dict[str, Any]):
    """Objects of a plan whose replicas over several nodes may stand on two pools with these fabrics."""
    pools = (plans.accelerator_pool("aws", "on-demand", 0), plans.accelerator_pool("aws", "spot", 1))
    plan = spanning(pinned(plans.plan("aws", pools)))
    two = {"generate0": binding("generate0", **first), "generate1": binding("generate1", **other)}
    return made(plan, handle(plan, pools={**handle(plan).pools, **two}))


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ({"FABRIC": "far", "TRIES": "7"}, {"FABRIC": "far", "TRIES": "7"}),
        ({"FABRIC": "far", "TRIES": "3"}, {"FABRIC": "far"}),
        ({}, {}),
    ],
)
def test_pods_get_only_settings_of_a_fabric_that_all_their_pools_have(other: dict[str, str], kept: dict) -> None:
    found = made_on_two_pools({"fabric_env": {"FABRIC": "far", "TRIES": "7"}}, {"fabric_env": other})
    told = variables(found["generate-group"])
    assert {name: told[name] for name in ("FABRIC", "TRIES") if name in told} == kept


@pytest.mark.parametrize(
    ("other", "count", "brought"),
    [
        ({"fabric_devices": {CLASS: 4}, "fabric_library": LIBRARY}, 4, True),
        ({"fabric_devices": {CLASS: 8}, "fabric_library": replace(LIBRARY, image="other")}, 8, False),
        ({}, 0, False),
    ],
)
def test_pods_claim_only_what_all_their_pools_have(other, count, brought) -> None:
    found = made_on_two_pools({"fabric_devices": {CLASS: 8}, "fabric_library": LIBRARY}, other)
    assert ("generate-fabric" in found) == bool(count)
    if count:
        assert found["generate-fabric"]["spec"]["spec"]["devices"]["requests"][0]["exactly"]["count"] == count
        assert str(count) in found["generate-fabric"]["metadata"]["name"]
    assert ("initContainers" in pod(found["generate-group"])) == brought


def test_an_image_whose_entry_point_is_not_known_claims_the_interfaces_and_keeps_its_own_settings() -> None:
    plan = staged(SPANNING, "generate", image="registry.example.com/acme/server:1")
    plan = stage_spec(plan, "generate", runtime="custom", image="registry.example.com/acme/server:1")
    found = made(plan)["generate-group"]
    assert "command" not in container(found)
    assert pod(found)["resourceClaims"]
    assert "initContainers" not in pod(found)
    assert "NCCL_NET" not in variables(found)


def test_the_recorded_case_claims_for_leader_and_worker_alike() -> None:
    plan, cluster = case("several-nodes-claims")
    found = objects(plan, cluster)["generate-group"]
    assert pod(found, "leader")["resourceClaims"] == pod(found, "worker")["resourceClaims"]
