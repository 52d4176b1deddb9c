"""What Pulumi is told: typed resources under the cluster's own provider, in order, as the SDK declares them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from intertie.contract import ClusterHandle, StorageBinding
from intertie.graph import Graph, Resource, check, record
from intertie.graph.wire import SECRET
from intertie.plan.types import Plan
from intertie.workload import charts, render
from intertie.workload.apply import apply, resource_class, snake
from support import plans
from support.workloads import handle, pinned, spanning

PROVIDER = "pulumi:providers:kubernetes"


class Holder(pulumi.ComponentResource):
    """Stands for the component that a workload is part of, with one resource that the cluster is ready after."""

    def __init__(self, plan: Plan, cluster: Callable[[], ClusterHandle]) -> None:
        super().__init__("test:index:Holder", "chat")
        pools = kubernetes.core.v1.Namespace("pools", opts=pulumi.ResourceOptions(parent=self))
        apply(plan, replace(cluster(), ready=(pools,)), parent=self, name="chat")


@dataclass(frozen=True)
class Applied:
    graph: Graph

    def role(self, role: str) -> Resource:
        return next(each for each in self.graph if each.name == f"chat-{role}")

    def children(self) -> list[Resource]:
        return [each for each in self.graph if each.type.startswith("kubernetes:") and each.name != "pools"]


def applied(plan: Plan, **changes: Callable[[], Any]) -> Applied:
    """The plan on a cluster whose handle has these fields; outputs are made within the program."""

    def cluster() -> ClusterHandle:
        return handle(plan, **{name: make() for name, make in changes.items()})

    return Applied(record(lambda: Holder(plan, cluster), "inference", "here"))


@pytest.fixture(scope="module")
def large() -> Applied:
    return applied(spanning(pinned(plans.plan())))


def test_what_is_registered_is_as_the_sdk_declares_it(large: Applied) -> None:
    assert check(large.graph) == ()
    assert check(applied(pinned(plans.plan(), "vllm", "trainium2", "neuron")).graph) == ()


def test_objects_have_types_that_policies_can_tell_apart(large: Applied) -> None:
    types = {each.name: each.type for each in large.children()}
    assert types["chat-namespace"] == "kubernetes:core/v1:Namespace"
    assert types["chat-prepare-deployment"] == "kubernetes:apps/v1:Deployment"
    assert types["chat-deny-all"] == "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    assert types["chat-prepare-autoscaler"] == "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
    assert types["chat-generate-group"] == "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet"
    assert types["chat-generate-autoscaler"] == "kubernetes:keda.sh/v1alpha1:ScaledObject"
    assert types["chat-gateway"] == "kubernetes:gateway.networking.k8s.io/v1:Gateway"
    assert types["chat-keda"] == "kubernetes:helm.sh/v3:Release"


def test_every_rendered_object_and_chart_is_registered_by_its_role(large: Applied) -> None:
    plan = spanning(pinned(plans.plan()))
    roles = {made.role for made in render(plan, handle(plan))} | {chart.role for chart in charts(plan, handle(plan))}
    assert {each.name.removeprefix("chat-") for each in large.children()} == roles


def test_the_provider_is_that_of_this_cluster_and_nothing_else_is_used(large: Applied) -> None:
    provider = next(each for each in large.graph if each.type == PROVIDER)
    assert provider.inputs["clusterIdentifier"] == "chat-here"
    assert str(provider.inputs["enableServerSideApply"]).lower() == "true"
    for each in large.children():
        assert provider.urn in str(each.provider), each.name


def test_the_kubeconfig_stays_a_secret() -> None:
    plan = pinned(plans.plan())
    graph = applied(plan, kubeconfig=lambda: pulumi.Output.secret("apiVersion: v1")).graph
    provider = next(each for each in graph if each.type == PROVIDER)
    assert provider.inputs["kubeconfig"] == SECRET


def test_everything_waits_for_the_cluster(large: Applied) -> None:
    pools = next(each for each in large.graph if each.name == "pools")
    for each in large.children():
        assert pools.urn in each.depends_on, each.name


def test_objects_wait_for_what_they_need(large: Applied) -> None:
    plan = spanning(pinned(plans.plan()))
    for made in render(plan, handle(plan)):
        for need in made.needs:
            assert large.role(need).urn in large.role(made.role).depends_on


def test_charts_wait_for_the_charts_that_they_need() -> None:
    plan = pinned(plans.plan("azure"), "vllm", "mi300x", "amd")
    made = applied(plan, registry=lambda: "mirror.example.com/acme")
    assert made.role("cert-manager").urn in made.role("amd-gpu-operator").depends_on
    assert made.role("amd-gpu-operator").urn in made.role("amd-driver").depends_on
    assert made.role("amd-driver").type == "kubernetes:amd.com/v1alpha1:DeviceConfig"


def test_charts_are_pinned_and_come_from_their_repositories(large: Applied) -> None:
    keda = large.role("keda").inputs
    assert (keda["chart"], keda["version"]) == ("keda", "2.20.2")
    assert keda["repositoryOpts"] == {"repo": "https://kedacore.github.io/charts"}
    gateway = large.role("envoy-gateway").inputs
    assert gateway["chart"] == "oci://docker.io/envoyproxy/gateway-helm"
    assert "repositoryOpts" not in gateway


def test_objects_reach_pulumi_as_they_were_rendered_and_as_ours_whoever_wrote_them_last(large: Applied) -> None:
    plan = spanning(pinned(plans.plan()))
    for made in render(plan, handle(plan)):
        told = large.role(made.role).inputs
        about = made.body["metadata"]
        ours = {**about.get("annotations", {}), "pulumi.com/patchForce": "true"}
        for key, value in {**made.body, "metadata": {**about, "annotations": ours}}.items():
            assert plain(told[key]) == plain(value), f"{made.role}.{key}"


def plain(value: Any) -> Any:
    """Numbers as Pulumi's wire has them: doubles."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_texts_that_wait_for_their_parts_are_joined_when_these_are_known() -> None:
    plan = pinned(plans.plan())
    made = applied(
        plan,
        registry=lambda: pulumi.Output.from_input("mirror.example.com/acme"),
        storage=lambda: StorageBinding(pulumi.Output.from_input("s3://chat-weights")),
    )
    told = made.role("generate-deployment").inputs["spec"]["template"]["spec"]["containers"][0]
    assert told["image"] == "mirror.example.com/acme/vllm/vllm-openai:v0.29.0"
    assert told["args"][0] == "s3://chat-weights/meta-llama/Llama-3.3-70B-Instruct/6f6073b"


def test_the_sdk_knows_every_plain_object_and_no_custom_one() -> None:
    plan = spanning(pinned(plans.plan(), "vllm", "trainium2", "neuron"))
    kinds = {(made.api_version, made.kind) for made in render(plan, handle(plan))}
    custom = {kind for version, kind in kinds if resource_class(version, kind) is None}
    assert custom == {
        "LeaderWorkerSet", "ScaledObject", "GatewayClass", "Gateway", "HTTPRoute", "EnvoyProxy", "SecurityPolicy",
        "ClientTrafficPolicy", "BackendTrafficPolicy",
    }  # fmt: skip


def test_fields_are_keyword_arguments_in_python() -> None:
    assert [snake(name) for name in ("spec", "automountServiceAccountToken", "roleRef")] == [
        "spec",
        "automount_service_account_token",
        "role_ref",
    ]
