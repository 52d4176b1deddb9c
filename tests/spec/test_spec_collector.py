"""What is written of an adopted cluster's collector: a kind in short, or with where it runs and what it chooses by."""

from typing import Any

import pytest

from intertie.spec import Collector, CollectorKind, read_data
from support.descriptions import problems_of, small

HERE = "placements.here.adopt.collector"


def described(collector: object) -> dict[str, Any]:
    adopt = {"pools": [{"name": "cpu"}], "collector": collector}
    where = {"cloud": "other", "region": "hall-1", "jurisdiction": "eu", "adopt": adopt}
    return small(placements={"here": where})


def read(collector: object) -> Collector | None:
    adopt = read_data(described(collector)).placements["here"].adopt
    assert adopt is not None
    return adopt.collector


@pytest.mark.parametrize("kind", [kind for kind in CollectorKind if kind is not CollectorKind.PROMETHEUS_OPERATOR])
def test_a_collector_in_short_is_its_kind(kind: CollectorKind) -> None:
    assert read(kind.value) == read({"kind": kind.value}) == Collector(kind=kind)


def test_the_operator_is_told_where_it_runs_and_by_what_it_chooses() -> None:
    long = {"kind": "prometheus-operator", "namespace": "monitoring", "labels": {"release": "kube-prometheus-stack"}}
    found = read({**long, "allow": ["10.20.0.0/16"]})
    assert found is not None
    assert (found.namespace, found.labels, found.allow) == ("monitoring", long["labels"], ("10.20.0.0/16",))


def test_nobody_is_named_unless_the_description_does() -> None:
    assert read(None) is None


@pytest.mark.parametrize(
    ("collector", "path", "allowed"),
    [
        ("prometheus-oprator", f"{HERE}.kind", "annotations, prometheus-operator, google-managed, azure-managed"),
        ("prometheus-operator", HERE, "`namespace` beside `kind: prometheus-operator`"),
        ({"kind": "prometheus-operator", "namespace": "a.b"}, f"{HERE}.namespace", "a Kubernetes namespace"),
        ({"kind": "azure-managed", "labels": {"a": "b"}}, HERE, "`labels` with `kind: prometheus-operator` alone"),
        ({"kind": "annotations", "labels": {"a": "b"}}, HERE, "`labels` with `kind: prometheus-operator` alone"),
        ({"kind": "google-managed", "namespace": "a"}, HERE, "neither `namespace` nor `allow`"),
        ({"kind": "azure-managed", "allow": ["10.0.0.0/8"]}, HERE, "neither `namespace` nor `allow`"),
        ({"kind": "annotations", "allow": ["10.0.0.1/8"]}, f"{HERE}.allow[0]", "named by its first address"),
        ({"kind": "annotations", "allow": ["10.0.0.256/32"]}, f"{HERE}.allow[0]", "four numbers up to 255"),
        ({"namespace": "monitoring"}, f"{HERE}.kind", "one of annotations"),
        ({"kind": "annotations", "label": {}}, f"{HERE}.label", "kind, namespace, labels, allow"),
    ],
)  # fmt: skip
def test_what_a_collector_cannot_be_is_said_with_its_place(collector: object, path: str, allowed: str) -> None:
    (problem,) = problems_of(described(collector))
    assert problem.path == path
    assert allowed in problem.allowed


def test_a_misspelt_kind_is_guessed() -> None:
    (problem,) = problems_of(described("prometheus-oprator"))
    assert problem.hint == "did you mean `prometheus-operator`?"
