"""What lets a pod onto a node, asked of the real scheduler: every question is one pod that may go to one node only."""

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab import nodes
from intertie.lab.kube.client import Api
from intertie.lab.world import Cluster, Pool
from support.lab_clusters import condition, wait_for

_TAINT = "lab.intertie.dev/probe"
"""Keeps everything else from the nodes that are made for questions, and every question's pod tolerates it."""
_KINDS = ("deployments", "daemonsets", "statefulsets")
_SECONDS = 90.0
_serial = itertools.count()

Spec = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """Pods of one workload, as it makes them."""

    name: str  # namespace/name of the workload
    kind: str  # plural
    labels: Mapping[str, str]
    spec: Spec

    @property
    def namespace(self) -> str:
        return self.name.partition("/")[0]

    @property
    def resources(self) -> set[str]:
        """Extended resources that it asks for."""
        return {name for each in self.spec["containers"] for name in _limits(each) if "/" in name}

    def tolerations(self) -> Iterator[tuple[str, Spec]]:
        """Each toleration, and the pod without it. Next to one of everything others have nothing to say."""
        own = self.spec.get("tolerations") or []
        whole = any("key" not in each for each in own)
        for index, each in enumerate(own):
            if whole and "key" in each:
                continue
            yield each.get("key", "all"), {**self.spec, "tolerations": [*own[:index], *own[index + 1 :]]}

    @property
    def keys(self) -> list[str]:
        """Labels that it selects nodes by."""
        chosen = self.spec.get("nodeSelector") or {}
        return sorted({*chosen, *(each["key"] for term in _terms(self.spec) for each in _expressions(term))})

    def selectors(self) -> Iterator[tuple[str, Spec]]:
        """Each of these, and the pod that does not ask for it."""
        chosen = self.spec.get("nodeSelector") or {}
        for key in self.keys:
            terms = [[each for each in _expressions(term) if each["key"] != key] for term in _terms(self.spec)]
            left = _requiring(self.spec, [{"matchExpressions": each} for each in terms if each])
            yield key, {**left, "nodeSelector": {name: value for name, value in chosen.items() if name != key}}

    def ways(self) -> Iterator[tuple[str, Spec]]:
        """Each of several alternatives of its selector, and the pod without that one."""
        terms = _terms(self.spec)
        for index in range(len(terms) if len(terms) > 1 else 0):
            yield f"way {index}", _requiring(self.spec, [*terms[:index], *terms[index + 1 :]])


def _limits(container: Mapping[str, Any]) -> Mapping[str, str]:
    return (container.get("resources") or {}).get("limits") or {}


def _expressions(term: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(term.get("matchExpressions") or [])


def _terms(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    return list((node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or [])


def _requiring(spec: Mapping[str, Any], terms: Sequence[Mapping[str, Any]]) -> Spec:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}} if terms else {}
    return {**spec, "affinity": {"nodeAffinity": required}}


def templates(api: Api) -> list[Template]:
    """Pods of everything that makes pods in a cluster, each kind of them once."""
    found: dict[str, Template] = {}
    for kind in _KINDS:
        for each in api.items(f"/apis/apps/v1/{kind}"):
            about, made = each["metadata"], each["spec"]["template"]
            name = f"{about['namespace']}/{about['name']}"
            template = Template(name, kind, made["metadata"].get("labels") or {}, made["spec"])
            found.setdefault(repr((about["namespace"], kind, made["spec"])), template)
    return sorted(found.values(), key=lambda each: each.name)


@dataclass(frozen=True)
class Question:
    """Would this pod go to a node of this pool? `without` is a label that the node lacks."""

    template: Template
    pool: Pool
    change: str = ""  # what is different from the template and the pool, for people
    spec: Spec | None = None
    without: str = ""
    serial: int = field(default_factory=lambda: next(_serial), compare=False)

    @property
    def name(self) -> str:
        return f"probe-{self.serial}"

    def node(self, cluster: Cluster) -> dict[str, Any]:
        """A node of the pool that is there for this question alone, with all its devices."""
        made = nodes.template(cluster, self.pool)
        labels = {**made["metadata"]["labels"], "kubernetes.io/hostname": self.name}
        labels.pop(self.without, None)
        made["metadata"] = {"name": self.name, "labels": labels}
        made["spec"]["taints"].append({"key": _TAINT, "effect": "NoSchedule"})
        made["spec"].pop("providerID")
        made["status"]["capacity"] = {**made["status"]["allocatable"]}
        return made

    def pod(self) -> dict[str, Any]:
        spec = copy.deepcopy(self.spec or self.template.spec)
        here = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [self.name]}]}
        spec |= _requiring(spec, [{**term, **here} for term in _terms(spec)] or [here])
        spec["tolerations"] = [*(spec.get("tolerations") or []), {"key": _TAINT, "operator": "Exists"}]
        spec.pop("topologySpreadConstraints", None)  # of other pods of the workload, which are not on these nodes
        labels = {_TAINT: "yes"}
        return {"metadata": {"name": self.name, "namespace": self.template.namespace, "labels": labels}, "spec": spec}


def ask(api: Api, cluster: Cluster, questions: Sequence[Question]) -> list[str]:
    """The scheduler's answers: empty when it places the pod, else its words."""
    names = {each.name: index for index, each in enumerate(questions)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: api.request("POST", "/api/v1/nodes", each.node(cluster)), questions))
        wait_for(lambda: names.keys() <= _open_nodes(api), _SECONDS, lambda: names.keys() - _open_nodes(api))
        list(pool.map(lambda each: _make(api, each), questions))
        answers: dict[str, str | None] = {}

        def answered() -> bool:
            answers.update({pod["metadata"]["name"]: _answer(pod) for pod in _pods(api)})
            return all(answers.get(name) is not None for name in names)

        wait_for(answered, _SECONDS, lambda: [name for name in names if answers.get(name) is None])
        list(pool.map(lambda each: _remove(api, each), questions))
    return [answers[each.name] or "" for each in questions]


def _open_nodes(api: Api) -> set[str]:
    """Nodes of questions that have joined: ready, and with no taint but their own."""
    return {
        node["metadata"]["name"]
        for node in api.items("/api/v1/nodes")
        if condition(node, "Ready").get("status") == "True"
        and not any(each["key"].startswith("node.kubernetes.io/") for each in node["spec"].get("taints") or [])
    }


def _pods(api: Api) -> list[dict[str, Any]]:
    return api.items("/api/v1/pods", labelSelector=_TAINT)


def _answer(pod: dict[str, Any]) -> str | None:
    if pod["spec"].get("nodeName"):
        return ""
    placed = condition(pod, "PodScheduled")
    return placed["message"] if placed.get("reason") == "Unschedulable" else None


def _make(api: Api, question: Question) -> None:
    api.request("POST", f"/api/v1/namespaces/{question.template.namespace}/pods", question.pod())


def _remove(api: Api, question: Question) -> None:
    api.remove(f"/api/v1/namespaces/{question.template.namespace}/pods/{question.name}", gracePeriodSeconds=0)
    api.remove(f"/api/v1/nodes/{question.name}")


@dataclass(frozen=True)
class Answers:
    """What the scheduler said of every template on every pool, and of every change that takes one thing away."""

    templates: Sequence[Template]
    pools: Sequence[Pool]
    rows: Sequence[tuple[Question, str]]

    def accepted(self, template: Template) -> list[Pool]:
        """Pools whose nodes take the pod as it is."""
        return [each.pool for each, answer in self.of("") if each.template is template and not answer]

    def of(self, kind: str) -> Iterator[tuple[Question, str]]:
        """Questions with this kind of change, and their answers; "" for those without any."""
        return ((each, answer) for each, answer in self.rows if each.change.partition(" ")[0] == kind)


def everything(api: Api, cluster: Cluster, pools: Sequence[Pool]) -> Answers:
    """Asks all that can be asked: first who goes where, then what changes when one thing is taken away."""
    known = templates(api)
    plain = [Question(template, pool) for template in known for pool in pools]
    rows = list(zip(plain, ask(api, cluster, plain), strict=True))
    changed = [
        replace(each, change=f"{kind} {what}", spec=spec, without=without, serial=next(_serial))
        for each, answer in rows
        if not answer
        for kind, what, spec, without in _changes(each.template)
    ]
    return Answers(known, pools, [*rows, *zip(changed, ask(api, cluster, changed), strict=True)])


def _changes(template: Template) -> Iterator[tuple[str, str, Spec | None, str]]:
    """(kind, what, spec, label that the node lacks)."""
    for key, spec in template.tolerations():
        yield "toleration", key, spec, ""
    for key, spec in template.selectors():
        yield "label", key, None, key
        yield "selector", key, spec, key
    for name, spec in template.ways():
        yield "alternative", name, spec, ""
