"""Charts that the platform itself installs, in the namespace of the system's own pods."""

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import eks
from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.caches import through
from intertie.plan.references import mirrored
from intertie.platforms.children import child
from intertie.platforms.eks.cluster import kubeconfig

NAMESPACE = "kube-system"
EKS_CHARTS = "https://aws.github.io/eks-charts"


def provider(plan: Plan, options: BuildOptions, cluster: eks.Cluster) -> kubernetes.Provider:
    """Never the developer's own context; and a changed kubeconfig alone replaces nothing."""
    name, opts = child(options, "kubernetes")
    return kubernetes.Provider(name, kubeconfig=kubeconfig(plan, cluster), cluster_identifier=plan.cluster, opts=opts)


def sourced(plan: Plan, image: str) -> dict[str, str]:
    """Where an image of a chart comes from, if not from its home: the cache of its registry; or, where nothing goes
    out, the placement's mirror, under the path that it has at its source."""
    if (cached := through(plan, image)) is not None:
        return {"repository": cached}
    mirror = plan.where.mirror
    return {"repository": mirrored(image, mirror)} if plan.operations.egress == "none" and mirror is not None else {}


def release(
    options: BuildOptions,
    provider: kubernetes.Provider,
    chart: str,
    *,
    repository: str,
    version: str,
    values: Mapping[str, Any],
    after: Iterable[pulumi.Resource],
) -> Release:
    """One chart under its own name, in the version that is given."""
    name, opts = child(options, chart, provider=provider, depends_on=list(after))
    return Release(
        name,
        name=chart,
        chart=chart,
        version=version,
        namespace=NAMESPACE,
        repository_opts=RepositoryOptsArgs(repo=repository),
        values=dict(values),
        opts=opts,
    )
