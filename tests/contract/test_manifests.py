"""Every Kubernetes object that a sample registers is valid for the Kubernetes version that the catalogue pins."""

import warnings
from typing import Any

import pytest

from intertie import catalog
from intertie.graph import UNKNOWN
from support.stacks import STACKS, each_stack, graph_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import kubernetes_validate


def built_in(type_: str) -> bool:
    """Whether Kubernetes itself defines the kind: custom resources and Helm releases have no schema of its own."""
    group = type_.split(":")[1].split("/", maxsplit=1)[0]
    return (
        type_.startswith("kubernetes:") and ("." not in group or group.endswith(".k8s.io")) and "gateway" not in group
    )


def filled(value: Any) -> Any:
    """The object with what is unknown or secret in a preview filled in as text, which is what it stands for."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return "filled" if value in (UNKNOWN, "[secret]") else value


@each_stack
def test_every_built_in_object_is_valid_for_the_pinned_version(stack: str) -> None:
    objects = [r for r in graph_of(stack).resources if built_in(r.type)]
    for resource in objects:
        kubernetes_validate.validate(filled(resource.inputs), catalog.KUBERNETES, strict=True)


def test_the_samples_hold_enough_objects_for_the_check_to_mean_something() -> None:
    kinds = {r.inputs["kind"] for stack in STACKS for r in graph_of(stack).resources if built_in(r.type)}
    assert {"Deployment", "Service", "NetworkPolicy", "DaemonSet", "HorizontalPodAutoscaler"} <= kinds


def test_a_wrong_object_is_refused() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"porty": 1}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, catalog.KUBERNETES, strict=True)
