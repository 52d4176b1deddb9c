"""What rendering gives: Kubernetes objects and charts as plain data, and values that are put together later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intertie.contract import Bound
from intertie.plan import LABEL, Plan

MANAGER = "intertie"


@dataclass(frozen=True, slots=True)
class Joined:
    """Text whose parts are known only at run time: `apply` joins them. Rendering never looks inside."""

    parts: tuple[Bound, ...]


def join(*parts: Bound) -> str | Joined:
    """The parts as one text; a `Joined` when one of them is not plain text yet."""
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    return Joined(parts)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object as its API server takes it.

    `role` is its part in the workload and the end of its logical name (`generate-service`). `needs` are the roles
    of manifests and charts that must be there first, beside the cluster itself.
    """

    role: str
    body: Mapping[str, Any]
    needs: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def api_version(self) -> str:
        return str(self.body["apiVersion"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Chart:
    """A Helm chart that brings a component and its custom resource definitions."""

    role: str
    chart: str  # name in `repo`, or an oci:// reference
    repo: str  # "" for oci://
    version: str
    namespace: str
    values: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()  # roles of charts that must be there first


def labels(plan: Plan, stage: str | None = None) -> dict[str, str]:
    """Labels of every object: Kubernetes' recommended ones, Intertie's own, and the tags that money is split by."""
    own = {
        **dict(plan.tags),
        "app.kubernetes.io/managed-by": MANAGER,
        "app.kubernetes.io/part-of": plan.spec.name,
        f"{LABEL}/pipeline": plan.spec.name,
        f"{LABEL}/placement": plan.placement,
    }
    if stage is not None:
        own |= {"app.kubernetes.io/name": stage, f"{LABEL}/stage": stage}
    return dict(sorted(own.items()))


def selector(plan: Plan, stage: str) -> dict[str, str]:
    """What finds a stage's pods. Part of objects that cannot change it: never add to it."""
    return {f"{LABEL}/pipeline": plan.spec.name, f"{LABEL}/stage": stage}


def metadata(plan: Plan, name: str, stage: str | None = None, **more: Any) -> dict[str, Any]:
    """Metadata of an object in the pipeline's namespace."""
    return {"name": name, "namespace": plan.namespace, "labels": labels(plan, stage), **more}


def milli(cores: float) -> str:
    """CPU as a Kubernetes quantity: 2 → "2", 2.5 → "2500m"."""
    thousandths = round(cores * 1000)
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"
