"""Tags, node labels and taints, checked against and written in each cloud's grammar. The only place that knows it.

Descriptions allow only what every cloud takes, so these checks speak up when a later change of that grammar, or a
plan made by hand, would fail when it is applied.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intertie.errors import PlanError, Problem
from intertie.plan import Plan
from intertie.plan.types import Taint

OWN_TAGS = 10
"""Room that is left for the tags that platforms and clouds add (Name, cluster discovery, node pool)."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What one cloud takes as tag: patterns for key and value, and how many one resource may carry."""

    what: str
    key: re.Pattern[str]
    value: re.Pattern[str]
    allowed: str
    most: int
    reserved: tuple[str, ...]  # prefixes of keys that the cloud keeps for itself, lower case
    folds_case: bool  # keys that differ only in case are the same
    source: str


GRAMMARS: Mapping[str, Grammar] = {
    "aws": Grammar(
        what="tag",
        key=re.compile(r"[A-Za-z0-9 +\-=._:/@]{1,128}"),
        value=re.compile(r"[A-Za-z0-9 +\-=._:/@]{0,256}"),
        allowed="letters, digits, space and + - = . _ : / @; key 1–128, value at most 256 characters",
        most=50,
        reserved=("aws:",),
        folds_case=False,
        source="AWS tagging reference",
    ),
    "azure": Grammar(
        what="tag",
        key=re.compile(r"[^<>%&\\?/\x00-\x1f]{1,128}"),  # 512, but 128 on storage accounts, and tags go on all
        value=re.compile(r"[^\x00-\x1f]{0,256}"),
        allowed="no < > % & \\ ? / in names; name 1–128 (storage accounts), value at most 256 characters",
        most=50,
        reserved=("microsoft", "azure", "windows"),
        folds_case=True,
        source="Azure Resource Manager tag limits",
    ),
    "gcp": Grammar(
        what="label",
        key=re.compile(r"[a-z][a-z0-9_-]{0,62}"),
        value=re.compile(r"[a-z0-9_-]{0,63}"),
        allowed="lower case letters, digits, _ and -; key starts with a letter; each at most 63 characters",
        most=64,
        reserved=("goog",),
        folds_case=False,
        source="Google Cloud label requirements",
    ),
}

_NODE_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_NODE_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_RESERVED_LABELS = {
    "aws": ("eks.amazonaws.com/", "kubernetes.io/", "k8s.io/"),
    "azure": ("kubernetes.azure.com/", "kubernetes.io/", "k8s.io/"),
    "gcp": ("cloud.google.com/", "kubernetes.io/", "k8s.io/"),
}
_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}


def tags(plan: Plan, cloud: str) -> dict[str, str]:
    """The plan's tags for every taggable resource of `cloud`. Raises PlanError with every illegal one."""
    problems = tag_problems(plan.tags, cloud)
    if problems:
        raise PlanError(plan.placement, problems)
    return dict(plan.tags)


def tag_problems(pairs: Iterable[tuple[str, str]], cloud: str, path: str = "tags") -> list[Problem]:
    """What is wrong with `pairs` as tags of `cloud`: characters, lengths, reserved prefixes, doubles, number."""
    grammar = GRAMMARS[cloud]
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in pairs:
        here = f"{path}.{key}"
        folded = key.lower() if grammar.folds_case else key
        if not grammar.key.fullmatch(key):
            problems.append(_problem(here, f"{grammar.what} key {key!r}", grammar))
        elif not grammar.value.fullmatch(value):
            problems.append(_problem(here, f"{grammar.what} value {value!r}", grammar))
        elif key.lower().startswith(grammar.reserved):
            problems.append(_problem(here, f"{grammar.what} key {key!r}, whose prefix the cloud reserves", grammar))
        elif folded in seen:
            problems.append(_problem(here, f"{key!r} beside {seen[folded]!r}, which are the same key", grammar))
        seen.setdefault(folded, key)
    room = grammar.most - OWN_TAGS
    if len(seen) > room:
        allowed = f"at most {room} ({grammar.most} less {OWN_TAGS} that platforms and the cloud add)"
        problems.append(Problem(path, f"{len(seen)} {grammar.what}s", allowed, "take some out", grammar.source))
    return problems


def node_labels(labels: Iterable[tuple[str, str]], cloud: str, path: str = "labels") -> dict[str, str]:
    """Node labels as `cloud` takes them on a node pool. Raises PlanError with every illegal one."""
    pairs = dict(labels)
    longest = 63 if cloud == "aws" else 317  # EKS counts the prefix into its 63; others take Kubernetes' 253 + 1 + 63
    allowed = f"Kubernetes label syntax, key at most {longest} characters, no prefix of {_RESERVED_LABELS[cloud]}"
    problems = [
        Problem(f"{path}.{key}", f"{key}={value}", allowed, "use a prefix of your own", _node_source(cloud))
        for key, value in pairs.items()
        if not _node_pair_fits(key, value, longest) or _is_reserved(key, cloud)
    ]
    size = sum(len(key) + len(value) for key, value in pairs.items())
    if cloud == "gcp" and size > 1024:
        found = f"{size} characters of labels"
        problems.append(Problem(path, found, "at most 1024 per pool", "take some out", _node_source(cloud)))
    _raise(problems)
    return pairs


def taint_upper(taint: Taint) -> tuple[str, str, str]:
    """Key, value and effect as EKS and GKE write them: `("nvidia.com/gpu", "present", "NO_SCHEDULE")`."""
    _check_taint(taint)
    return taint.key, taint.value, _EFFECTS[taint.effect]


def taint_text(taint: Taint) -> str:
    """The taint as AKS and kubectl write it: `nvidia.com/gpu=present:NoSchedule`."""
    _check_taint(taint)
    return f"{taint.key}={taint.value}:{taint.effect}"


def _check_taint(taint: Taint) -> None:
    if not _node_pair_fits(taint.key, taint.value, 63) or not taint.value or taint.effect not in _EFFECTS:
        allowed = f"key and value of 1–63 characters in Kubernetes label syntax, effect one of {', '.join(_EFFECTS)}"
        found = f"{taint.key}={taint.value}:{taint.effect}"
        _raise([Problem("taints", found, allowed, "EKS counts the prefix into the 63", _node_source("aws"))])


def _node_pair_fits(key: str, value: str, longest: int) -> bool:
    return bool(len(key) <= longest and _NODE_KEY.fullmatch(key) and _NODE_VALUE.fullmatch(value))


def _is_reserved(key: str, cloud: str) -> bool:
    prefix = key.rpartition("/")[0] + "/" if "/" in key else ""
    return any(prefix == own or prefix.endswith("." + own) for own in _RESERVED_LABELS[cloud])


def _node_source(cloud: str) -> str:
    return {"aws": "EKS API, label and taint", "azure": "AKS node labels", "gcp": "GKE API, NodeConfig"}[cloud]


def _problem(path: str, found: str, grammar: Grammar) -> Problem:
    return Problem(path, found, grammar.allowed, "change it under `tags`", grammar.source)


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise PlanError("nodes", problems)
