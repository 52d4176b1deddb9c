"""Labels of nodes, as Kubernetes takes them."""

import re
from collections.abc import Iterator

from intertie_policies.pools import POOLS, Pool, pools_of
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule

_PROPERTY = {"aws": "labels", "azure": "nodeLabels", "gcp": "labels"}
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


@rule(
    "node-labels-legal",
    "capacity",
    types=POOLS,
    baseline=Level.MANDATORY,
    description="Labels of nodes have keys and values that Kubernetes takes.",
    rationale="The SDKs take any text; the cloud refuses the pool, or its nodes start and never join.",
    remediation="Keys and values: at most 63 letters, digits, dots, hyphens and underscores; keys with a DNS prefix.",
    references=["Kubernetes documentation, labels and selectors", "Amazon EKS API, CreateNodegroup"],
    apply_time_only=[
        "labels.*", "nodeLabels.*", "nodeConfig.labels.*", "agentPoolProfiles[*].nodeLabels.*",
        "nodePools[*].nodeConfig.labels.*",
    ],
)  # fmt: skip
def node_labels_legal(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        yield from _of(pool)


def _of(pool: Pool) -> Iterator[Violation]:
    for key, value in pool.node[_PROPERTY[pool.cloud]].entries.items():
        prefix, slash, name = key.rpartition("/")
        if not _NAME.fullmatch(name) or (slash and not _PREFIX.fullmatch(prefix)):
            yield fail(pool.resource, f"{key[:80]!r} is no key of a label", *value.path)
        text = value.text
        if text and not _NAME.fullmatch(text):
            yield fail(pool.resource, f"{text[:80]!r} is no value of a label", *value.path)
