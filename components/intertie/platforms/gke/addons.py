"""What GKE turns on: the project's APIs, and the components that come with the cluster instead of being installed."""

import pulumi
from pulumi_gcp import container, projects

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.budgets import cloud_budget
from intertie.platforms import components
from intertie.platforms.children import child

_ALWAYS = ("cloudresourcemanager", "iam", "secretmanager", "storage")  # roles, service accounts, secrets, bucket
# Without iamcredentials the metadata server of the nodes gives pods no token of their account.
_WITH_CLUSTER = ("artifactregistry", "cloudkms", "compute", "container", "iamcredentials", "logging", "monitoring")
_WITH_BUDGET = ("billingbudgets", "monitoring")  # the second for the addresses that are told
_METRICS = ("CADVISOR", "DEPLOYMENT", "KUBELET", "POD", "SYSTEM_COMPONENTS")  # objects too: alerts ask for them
_LOGS = ("APISERVER", "CONTROLLER_MANAGER", "SCHEDULER", "SYSTEM_COMPONENTS", "WORKLOADS")


def enable_apis(plan: Plan, options: BuildOptions) -> list[pulumi.Resource]:
    """Enables the project's APIs that the placement needs. Everything else depends on them.

    They stay on when the stack goes: other stacks of the project may use them, and turning one off deletes what it
    runs.
    """
    names = (*_ALWAYS, *(_WITH_CLUSTER if "cluster" in plan.renders else ()))
    if "cluster" in plan.renders and plan.operations.egress == "none":
        names += ("dns",)
    if cloud_budget(plan) is not None:
        names += _WITH_BUDGET
    return [_api(plan, options, name) for name in sorted(set(names))]


def _api(plan: Plan, options: BuildOptions, name: str) -> projects.Service:
    resource, opts = child(options, f"api-{name}")
    return projects.Service(
        resource,
        project=plan.where.account.id if plan.where.account else None,
        service=f"{name}.googleapis.com",
        disable_on_destroy=False,
        disable_dependent_services=False,
        opts=opts,
    )


def addons_config() -> container.ClusterAddonsConfigArgs:
    """Names are answered on each node; volumes are persistent disks. Weights are streamed: nothing mounts buckets."""
    return container.ClusterAddonsConfigArgs(
        dns_cache_config=container.ClusterAddonsConfigDnsCacheConfigArgs(enabled=True),
        gce_persistent_disk_csi_driver_config=container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(
            enabled=True
        ),
    )


def monitoring_config(plan: Plan) -> container.ClusterMonitoringConfigArgs:
    """Managed Prometheus; with NVIDIA pools also DCGM, which GKE then runs on every GPU node."""
    nvidia = ("DCGM",) if "nvidia" in components.vendors(plan) else ()
    return container.ClusterMonitoringConfigArgs(
        enable_components=sorted((*_METRICS, *nvidia)),
        managed_prometheus=container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
    )


_FIRST_WITH_POOLS = 34
"""Minor version from which clusters have the definition of InferencePool (1.34.0-gke.1626000)."""


def logging_config() -> container.ClusterLoggingConfigArgs:
    """Logs of the control plane too: who may see them is the project's matter, and afterwards they cannot be had."""
    return container.ClusterLoggingConfigArgs(enable_components=list(_LOGS))


def provided(plan: Plan) -> frozenset[str]:
    """Components that the cluster has, so that a workload does not install them a second time."""
    found = components.provided("gcp", components.vendors(plan))
    older = int(plan.kubernetes.partition(".")[2]) < _FIRST_WITH_POOLS
    return found - {"inference-pool"} if older else found
