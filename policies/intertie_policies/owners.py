"""Which cluster a pool belongs to, and what else is named: by what flows in, else by a name that both write out."""

from intertie_policies.accelerators import last
from intertie_policies.accessor import State
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack

_NAMED = {
    EKS: ("clusterName", EKS_CLUSTER, "name"),
    AKS: ("resourceName", AKS_CLUSTER, "resourceName"),
    GKE: ("cluster", GKE_CLUSTER, "name"),
}
"""By type of pool: the property that names a cluster, the type of the cluster, and the property with its own name."""
_UNKNOWN = "\0"  # stands for every name that only apply knows


def clusters_of(pool: Resource, stack: Stack) -> tuple[Resource, ...]:
    """The clusters of this stack that a pool is made in: one, or none where its cluster is of another stack."""
    prop, kind, own = _NAMED[pool.type]
    if flowing := pool.uses(prop, kind) or pool.dependencies(kind):
        return flowing
    name = pool[prop].text
    return called(name, pool, stack, kind, own) if name else ()


def called(name: str, user: Resource, stack: Stack, kind: str, own: str) -> tuple[Resource, ...]:
    """Resources of a type whose property `own` has a name, which `user` gives as it is or at the end of an address."""
    names = _by_name(stack, kind, own)
    if last(name) in names:
        return stack.each(names[last(name)], user.trace)
    for other in stack.each(names.get(_UNKNOWN, []), user.trace):
        other[own].unknown  # noqa: B018  noted: it may be this one
    return ()


def _by_name(stack: Stack, kind: str, own: str) -> dict[str, list[str]]:
    """URNs by the name that is written out. Looked for once: a list may have thousands of pools and of clusters."""
    remembered = stack.index.named
    if kind not in remembered:
        names: dict[str, list[str]] = {}
        for each in stack.of_type(kind):
            value = each[own].quietly()
            name = _UNKNOWN if value.state is State.UNKNOWN else value.text
            if name:
                names.setdefault(name, []).append(each.urn)
        remembered[kind] = names
    return remembered[kind]
