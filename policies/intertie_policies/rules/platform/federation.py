"""Workloads that act as a cloud identity: that both sides name each other."""

import re
from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule
from intertie_policies.workloads import WORKLOADS, name_of, namespace_of, workloads_of

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
CHARTS = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v3:Chart", "kubernetes:helm.sh/v4:Chart")
_AZURE = "azure-native:managedidentity:FederatedIdentityCredential"
_AWS = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_GOOGLE = "gcp:serviceaccount/iAMMember:IAMMember"
_CLIENT, _USE = "azure.workload.identity/client-id", "azure.workload.identity/use"
_AZURE_SUBJECT = re.compile(r"system:serviceaccount:([^:]+):([^:]+)")
_GOOGLE_MEMBER = re.compile(r"serviceAccount:[^\[]+\.svc\.id\.goog\[([^/\]]+)/([^/\]]+)\]")
_AKS_ISSUER = ".oic.prod-aks.azure.com/"
Account = tuple[str | None, str]
"""Namespace and name of a service account."""


@stack_rule(
    "federated-account-exists",
    "platform",
    types=(_AZURE, _AWS, _GOOGLE),
    baseline=Level.MANDATORY,
    description="An identity that is lent to a Kubernetes service account names one that exists.",
    rationale="A typo in namespace or name is accepted by the cloud, and the pods get no token, ever.",
    remediation="Name the namespace and the service account as the pods have them.",
    references=["Microsoft Entra Workload ID, federated identity credential", "Amazon EKS user guide, Pod Identity",
                "GKE documentation, Workload Identity Federation"],
    apply_time_only=["member", "issuer"],
)  # fmt: skip
def federated_account_exists(stack: Stack, _context: Context) -> Iterator[Violation]:
    known, charts = _accounts(stack), _namespaces_of_charts(stack)
    for identity in stack.of_type(_AZURE, _AWS, _GOOGLE):
        wanted, value = _lent_to(identity)
        if wanted is not None and wanted not in known and (near := _meant(wanted, known, charts)):
            yield fail(identity, f"no service account {wanted[1]} in {wanted[0]}; there is {near}", *value.path)
        issuer = identity["issuer"].text or ""
        if _AKS_ISSUER in issuer and not issuer.endswith("/"):
            yield fail(identity, "it is never equal to the issuer of AKS, which ends in a slash", "issuer")
        if wanted is None and identity.type == _AZURE and (value.text or "").startswith("system:serviceaccount"):
            yield fail(identity, f"{value.text!r}; allowed: system:serviceaccount:NAMESPACE:NAME", *value.path)


def _lent_to(identity: Resource) -> tuple[Account | None, Value]:
    """Whom an identity is lent to; None: nobody of Kubernetes, or nobody knows."""
    if identity.type == _AWS:
        namespace, name = identity["namespace"], identity["serviceAccount"]
        return ((namespace.text, name.text) if namespace.text and name.text else None), name
    value, pattern = (
        (identity["subject"], _AZURE_SUBJECT) if identity.type == _AZURE else (identity["member"], _GOOGLE_MEMBER)
    )
    found = pattern.fullmatch(value.text or "")
    return ((found.group(1), found.group(2)) if found else None), value


def _accounts(stack: Stack) -> dict[Account, Resource]:
    """Service accounts that the stack makes or that its workloads act as. Those of charts are not seen."""
    found: dict[Account, Resource] = {}
    for account in stack.of_type(ACCOUNT):
        found.setdefault((namespace_of(account), name_of(account)), account)
    for resource in stack.of_type(*WORKLOADS):
        for workload in workloads_of(resource):
            name = workload.pod["serviceAccountName"].quietly().text
            if name:
                found.setdefault((namespace_of(resource), name), resource)
    return found


def _namespaces_of_charts(stack: Stack) -> frozenset[str | None]:
    """Where charts make accounts of their own; None: in a namespace that is not known."""
    return frozenset(chart["namespace"].quietly().text for chart in stack.of_type(*CHARTS))


def _meant(wanted: Account, known: dict[Account, Resource], charts: frozenset[str | None]) -> str:
    """Service accounts that a typo may have meant: of the same name, or in the same namespace where no chart makes
    any."""
    near = [account for account in known if account[1] == wanted[1]]
    if not near and charts.isdisjoint({wanted[0], None}):
        near = [account for account in known if account[0] == wanted[0]]
    return ", ".join(sorted(f"{name} in {namespace}" for namespace, name in near))


@stack_rule(
    "federated-pods-labelled",
    "platform",
    types=(ACCOUNT,),
    baseline=Level.MANDATORY,
    description="Pods of a service account with an Entra client id have the label that makes the webhook serve them.",
    rationale="Without the label no token is put into the pod: it starts, and every request to Azure is refused.",
    remediation=f"Set the label {_USE}: 'true' on the pod template.",
    references=["AKS documentation, Workload ID, pod labels"],
)
def federated_pods_labelled(stack: Stack, _context: Context) -> Iterator[Violation]:
    federated = {
        (namespace_of(account), name_of(account))
        for account in stack.of_type(ACCOUNT)
        if not account["metadata"]["annotations"][_CLIENT].quietly().absent
    }
    for resource in stack.of_type(*WORKLOADS) if federated else ():
        for workload in workloads_of(resource):
            name = workload.pod["serviceAccountName"].text
            use = workload.labels[_USE]
            if (namespace_of(resource), name) in federated and use.text != "true" and not use.unknown:
                yield fail(resource, f"its pods act as {name}, without the label {_USE}", *use.path)
