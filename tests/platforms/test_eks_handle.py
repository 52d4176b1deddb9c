"""What a workload is told of an EKS cluster."""

import pytest

from intertie.platforms.eks import cluster
from support.building import build
from support.eks import built, placed
from support.plans import plan, spec


def test_pods_are_led_onto_pools_by_intertie_labels_and_declared_taints():
    handle = built().handle
    assert handle is not None
    assert handle.pools["generate0"].selector == {"intertie.dev/pool": "generate0"}
    assert [each.key for each in handle.pools["generate0"].tolerations] == ["nvidia.com/gpu"]
    assert handle.name == "chat-here"
    ready = {resource._name for resource in handle.ready}
    assert {"here-generate0-nodes", "here-coredns", "here-generate-identity", "here-cluster-autoscaler"} <= ready


@pytest.mark.parametrize(("access", "internal"), [("public", False), ("private", True)])
def test_the_load_balancer_is_public_only_when_the_endpoint_is(access: str, internal: bool):
    endpoint = {"host": "chat.example.com", "auth": "oidc", "access": access, "allow": ["198.51.100.0/24"]}
    annotations = cluster.gateway(plan(spec=spec("aws", endpoint=endpoint))).service_annotations
    assert ("service.beta.kubernetes.io/aws-load-balancer-internal" in annotations) is internal
    assert "owner=search-platform" in annotations[
        "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags"
    ].split(",")


def test_without_an_endpoint_nothing_is_public():
    annotations = cluster.gateway(plan(spec=spec("aws", endpoint=None))).service_annotations
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-internal"] == "true"


def test_the_mirror_of_images_is_handed_on():
    handle = build(placed(registry="123456789012.dkr.ecr.us-east-1.amazonaws.com/acme")).handle
    assert handle is not None
    assert handle.registry == "123456789012.dkr.ecr.us-east-1.amazonaws.com/acme"
