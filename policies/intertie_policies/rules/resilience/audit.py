"""Who did what."""

from collections.abc import Iterator

from intertie_policies.accessor import State
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule

_DIAGNOSTICS = ("azure-native:monitor:DiagnosticSetting", "azure-native:insights:DiagnosticSetting")
_AUDIT = frozenset({"kube-audit", "kube-audit-admin"})
_AUDIT_GROUPS = frozenset({"audit", "alllogs"})


@stack_rule(
    "audit-logs-kept",
    "resilience",
    types=[EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER],
    description="Clusters log who asked their API for what.",
    rationale="After an incident, nobody can say what was read or changed, and by whom.",
    remediation=(
        "EKS: enabledClusterLogTypes with audit. AKS: a DiagnosticSetting with kube-audit-admin. "
        "GKE: leave loggingConfig on, with SYSTEM_COMPONENTS."
    ),
    references=["Amazon EKS user guide, control plane logs", "AKS documentation, resource logs",
                "GKE documentation, audit logs"],
)  # fmt: skip
def audit_logs_kept(stack: Stack, _context: Context) -> Iterator[Violation]:
    for cluster in stack.of_type(EKS_CLUSTER):
        kinds = cluster["enabledClusterLogTypes"]
        if "audit" not in kinds.texts and not kinds.unknown:
            yield fail(cluster, "the API's audit log is off", *kinds.path)
    for cluster in stack.of_type(AKS_CLUSTER):
        if not any(_keeps_audit(each) for each in stack.of_type(*_DIAGNOSTICS)):
            yield fail(cluster, "no DiagnosticSetting keeps kube-audit or kube-audit-admin")
    for cluster in stack.of_type(GKE_CLUSTER):
        if cluster["loggingService"].text == "none":
            yield fail(cluster, "logging is off", "loggingService")
        kinds = cluster["loggingConfig"]["enableComponents"]
        if kinds.quietly().state is not State.ABSENT and "SYSTEM_COMPONENTS" not in kinds.texts and not kinds.unknown:
            yield fail(cluster, "logging leaves out the system's components", *kinds.path)


def _keeps_audit(setting: Resource) -> bool:
    for log in setting["logs"].items:
        chosen = log["category"].text in _AUDIT or (log["categoryGroup"].text or "").lower() in _AUDIT_GROUPS
        if chosen and log["enabled"].flag is not False:
            return True
    return False
