"""Registers rendered objects with Pulumi, under a provider for exactly this cluster. Nothing else here knows Pulumi."""

import importlib
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from intertie.contract import ClusterHandle
from intertie.migrations import former_roles
from intertie.plan import Plan
from intertie.workload.components import charts
from intertie.workload.manifest import Chart, Joined, Manifest
from intertie.workload.render import render

_OURS = {"pulumi.com/patchForce": "true"}
"""What an object says is ours, whoever wrote it last. An update that was killed may have made an object that its state
does not know; the next one comes as another field manager, and lists that the API server has filled with defaults would
be in conflict with themselves. Source: pulumi-kubernetes, how-to guide of server-side apply."""
_GROUPS = {"": "core", "rbac.authorization.k8s.io": "rbac", "networking.k8s.io": "networking",
           "apiextensions.k8s.io": "apiextensions", "resource.k8s.io": "resource"}  # fmt: skip
"""API groups whose package in the SDK has another name than the group."""


class _Applied:
    """One workload on one cluster: its provider, and the resources registered so far, by role."""

    def __init__(self, handle: ClusterHandle, parent: pulumi.Resource, name: str) -> None:
        self.handle = handle
        self.parent = parent
        self.name = name
        self.resources: dict[str, pulumi.Resource] = {}
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            # the identity of the cluster, so that a renewed kubeconfig does not replace every object
            cluster_identifier=handle.name,
            kubeconfig=handle.kubeconfig,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=parent),
        )

    def options(self, role: str, needs: tuple[str, ...], wait: int | None = None) -> pulumi.ResourceOptions:
        """Of the child that plays `role`; `wait` is the longest time in seconds until it is ready."""
        aliases = [pulumi.Alias(name=f"{self.name}-{former}") for former in former_roles(role)]
        waited = pulumi.CustomTimeouts(create=f"{wait}s", update=f"{wait}s") if wait is not None else None
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=[*self.handle.ready, *(self.resources[need] for need in needs)],
            aliases=aliases or None,
            custom_timeouts=waited,
        )

    def chart(self, chart: Chart) -> None:
        self.resources[chart.role] = kubernetes.helm.v3.Release(
            f"{self.name}-{chart.role}",
            name=chart.role,
            chart=chart.chart,
            version=chart.version,
            namespace=chart.namespace,
            create_namespace=True,
            values=dict(chart.values),
            repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=chart.repo) if chart.repo else None,
            opts=self.options(chart.role, chart.needs),
        )

    def manifest(self, manifest: Manifest, wait: int | None) -> None:
        options = self.options(manifest.role, manifest.needs, wait)
        logical = f"{self.name}-{manifest.role}"
        known = resource_class(manifest.api_version, manifest.kind)
        body = {key: resolved(value) for key, value in manifest.body.items()}
        body["metadata"]["annotations"] = {**body["metadata"].get("annotations", {}), **_OURS}
        if known is None:
            self.resources[manifest.role] = kubernetes.apiextensions.CustomResource(
                logical, manifest.api_version, manifest.kind, body["spec"], body["metadata"], options
            )
            return
        fields = {snake(key): value for key, value in body.items() if key not in ("apiVersion", "kind")}
        self.resources[manifest.role] = known(logical, **fields, opts=options)


def apply(plan: Plan, handle: ClusterHandle, parent: pulumi.Resource, name: str, prices: str = "") -> None:
    """Registers charts and objects of the pipeline as children of `parent`, called `<name>-<role>`.

    Everything waits for `handle.ready`. A stage's workload may take as long as its weights take to load, and half an
    hour more for a machine to be found. `prices`: as for `render`.
    """
    applied = _Applied(handle, parent, name)
    for chart in charts(plan, handle):
        applied.chart(chart)
    patience = {stage.name: stage.load_seconds + 1800 for stage in plan.stages}
    for manifest in render(plan, handle, prices):
        loads = manifest.kind in ("Deployment", "LeaderWorkerSet")
        applied.manifest(manifest, patience.get(manifest.name) if loads else None)


def resource_class(api_version: str, kind: str) -> Any | None:
    """The SDK's class for a kind of object; None for custom resources."""
    group, _, version = api_version.rpartition("/")
    package = _GROUPS.get(group, group)
    if "." in package:
        return None
    module = importlib.import_module(f"pulumi_kubernetes.{package}.{version}")
    return getattr(module, kind)


def resolved(value: Any) -> Any:
    """Rendered data as Pulumi takes it: texts that wait for their parts become outputs.

    Extensions of a schema have names with dashes; the SDK has underscores. Source: pulumi-kubernetes provider,
    mapReplUnderscoreToDash.
    """
    if isinstance(value, Joined):
        return pulumi.Output.concat(*value.parts)
    if isinstance(value, Mapping):
        return {_property(key): resolved(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item) for item in value]
    return value


def _property(name: str) -> str:
    return name.replace("-", "_") if name.startswith("x-kubernetes-") else name


def snake(name: str) -> str:
    """Top-level fields are keyword arguments: `automountServiceAccountToken` → `automount_service_account_token`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
