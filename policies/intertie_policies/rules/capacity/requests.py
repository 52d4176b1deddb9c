"""What pods ask for, and which taints they tolerate."""

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource

_CRON_JOB = "kubernetes:batch/v1:CronJob"
_POD = "kubernetes:core/v1:Pod"
WORKLOADS = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:ReplicaSet",
    "kubernetes:batch/v1:Job",
    _CRON_JOB,
    _POD,
    "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet",
)


def pod_of(workload: Resource) -> Value:
    """The specification of its pods (of the workers, where there is a leader)."""
    if workload.type.endswith(":LeaderWorkerSet"):
        return workload["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    if workload.type == _POD:
        return workload["spec"]
    spec = workload["spec"]["jobTemplate"]["spec"] if workload.type == _CRON_JOB else workload["spec"]
    return spec["template"]["spec"]


def requests(workload: Resource, resource: str) -> bool:
    """Whether a container asks for this extended resource."""
    for container in pod_of(workload)["containers"].items:
        for kind in ("limits", "requests"):
            if not container["resources"][kind][resource].quietly().absent:
                return True
    return False


def tolerates(pod: Value, key: str, value: str, effect: str) -> bool:
    """Whether pods tolerate a taint, by the rules of the Kubernetes scheduler."""
    return any(_covers(each, key, value, effect) for each in pod["tolerations"].items)


def _covers(toleration: Value, key: str, value: str, effect: str) -> bool:
    wanted = toleration["effect"].text
    if wanted and wanted != effect:
        return False
    operator, own = toleration["operator"].text or "Equal", toleration["key"].text
    if not own:
        return operator == "Exists"
    if own != key:
        return False
    return operator == "Exists" or (toleration["value"].text or "") == value
