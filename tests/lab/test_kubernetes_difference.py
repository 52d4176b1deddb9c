"""What the provider sees as a change, and what as a replacement."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.lab.kube import difference, objects
from intertie.lab.kube.difference import Change, changes

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "args": ["--port", "80"],
                        "resources": {"limits": {"cpu": "1000m"}},
                    }
                ]
            }
        },
    },
}


def live(body: dict[str, Any] = DEPLOYMENT) -> dict[str, Any]:
    """The object as an API server gives it back: with defaults, status, and its own spelling of quantities."""
    found = copy.deepcopy(body)
    found["metadata"] |= {"uid": "1", "resourceVersion": "7", "generation": 1, "managedFields": [{"manager": "x"}]}
    found["spec"] |= {"revisionHistoryLimit": 10}
    found["spec"]["template"]["spec"]["containers"][0] |= {"terminationMessagePath": "/dev/x"}
    found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "1"
    found["status"] = {"replicas": 2}
    return found


def changed(**edits: Any) -> list[Change]:
    """Changes after `edits`: path with __ for dots → value; None takes it away."""
    wanted = copy.deepcopy(DEPLOYMENT)
    for path, value in edits.items():
        *way, last = path.split("__")
        place = wanted
        for step in way:
            place = place[step] if not step.isdigit() else place[int(step)]  # type: ignore[index]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return changes(live(), DEPLOYMENT, wanted)


def test_what_the_server_added_is_no_change() -> None:
    assert changed() == []


def test_a_changed_value_is_an_update_in_place() -> None:
    assert changed(spec__replicas=5) == [Change("spec.replicas", "update", fixed=False)]
    assert changed(spec__replicas=0) == [Change("spec.replicas", "update", fixed=False)]


def test_added_and_deleted_values_are_seen() -> None:
    assert changed(spec__paused=True) == [Change("spec.paused", "add", fixed=False)]
    assert changed(spec__replicas=None) == [Change("spec.replicas", "delete", fixed=False)]


@pytest.mark.parametrize("path", ["metadata__name", "metadata__namespace", "spec__selector__matchLabels"])
def test_identity_and_selectors_need_another_object(path: str) -> None:
    value: Any = {"app": "other"} if path.endswith("Labels") else "other"
    assert all(change.fixed for change in changed(**{path: value}))
    assert changed(**{path: value})


def test_keys_with_dots_are_written_as_pulumi_writes_paths() -> None:
    (change,) = changed(metadata__labels={"app.kubernetes.io/name": "other"})
    assert change.path == 'metadata.labels["app.kubernetes.io/name"]'


def test_items_of_lists_are_compared_by_their_place() -> None:
    container = "spec__template__spec__containers__0"
    assert [each.path for each in changed(**{f"{container}__args": ["--port", "81"]})] == [
        "spec.template.spec.containers[0].args[1]"
    ]
    assert changed(**{f"{container}__args": ["--port"]}) == [
        Change("spec.template.spec.containers[0].args[1]", "delete", fixed=False)
    ]


def test_quantities_are_equal_by_what_they_stand_for_and_other_texts_are_not() -> None:
    limits = "spec__template__spec__containers__0__resources__limits"
    assert changed(**{f"{limits}__cpu": "1"}) == []
    assert changed(**{f"{limits}__cpu": "1.0"}) == []
    assert len(changed(**{f"{limits}__cpu": "2"})) == 1
    assert len(changed(spec__template__spec__containers__0__args=["--port", "80.0"])) == 1


@pytest.mark.parametrize("nothing", [{}, [], "", False, 0])
def test_what_a_typed_api_leaves_out_is_as_good_as_absent(nothing: Any) -> None:
    wanted = copy.deepcopy(DEPLOYMENT)
    wanted["spec"]["template"]["spec"]["hostNetwork"] = nothing
    assert changes(live(), wanted, wanted) == []


def test_zero_that_is_taken_away_is_a_change() -> None:
    there = live()
    there["spec"]["replicas"] = 0
    said = copy.deepcopy(DEPLOYMENT)
    said["spec"]["replicas"] = 0
    wanted = copy.deepcopy(said)
    del wanted["spec"]["replicas"]
    assert changes(there, said, wanted) == [Change("spec.replicas", "delete", fixed=False)]


def test_drift_shows_where_the_program_spoke_and_nowhere_else() -> None:
    there = live()
    there["spec"]["replicas"] = 9
    there["spec"]["revisionHistoryLimit"] = 3
    assert changes(there, DEPLOYMENT, DEPLOYMENT) == [Change("spec.replicas", "update", fixed=False)]


def secret(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "d"}, **data}


def test_plain_secrets_are_compared_as_the_server_keeps_them() -> None:
    there = secret(data={"token": "aHVudGVyMg=="}, type="Opaque")
    said = secret(stringData={"token": "hunter2"})
    assert changes(there, said, said) == []
    other = secret(stringData={"token": "other"})
    assert [each.fixed for each in changes(there, said, other)] == [True]
    assert [each.fixed for each in changes(there, said, other, mutable=frozenset({"Secret"}))] == [False]


def test_data_of_a_config_map_changes_in_place_only_when_the_provider_was_told_so() -> None:
    def config(value: str, **more: Any) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": value}, **more}

    assert changes(config("a"), config("a"), config("b"))[0].fixed
    assert not changes(config("a"), config("a"), config("b"), mutable=frozenset({"ConfigMap"}))[0].fixed
    fast = config("b", immutable=True)
    assert changes(config("a"), config("a"), fast, mutable=frozenset({"ConfigMap"}))[0].fixed


def test_a_role_of_a_binding_cannot_change() -> None:
    def binding(role: str) -> dict[str, Any]:
        api = "rbac.authorization.k8s.io/v1"
        return {"apiVersion": api, "kind": "RoleBinding", "metadata": {"name": "b"}, "roleRef": {"name": role}}

    assert changes(binding("a"), binding("a"), binding("b")) == [Change("roleRef.name", "update", fixed=True)]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab.", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), PLAIN, max_size=4))
def test_an_object_never_differs_from_itself(spec: dict[str, Any]) -> None:
    body = objects.without_nulls({"apiVersion": "v1", "kind": "Any", "metadata": {"name": "x"}, "spec": spec})
    server = {**body, "status": {"a": 1}, "metadata": {**body["metadata"], "uid": "1"}}
    assert changes(server, body, body) == []


@given(st.text("abc-", min_size=1, max_size=8), st.binary(max_size=16))
def test_a_made_up_name_is_the_same_for_the_same_seed_and_kept_afterwards(logical: str, seed: bytes) -> None:
    first = objects.named({"kind": "X"}, {}, logical, seed)
    assert first == objects.named({"kind": "X"}, {}, logical, seed)
    name = first["metadata"]["name"]
    assert name.startswith(f"{logical}-")
    assert len(name) == len(logical) + 9
    assert objects.named({"kind": "X"}, first, logical, b"other")["metadata"]["name"] == name


def test_a_name_that_the_program_gives_or_does_not_know_yet_stands() -> None:
    from intertie.lab.values import UNKNOWN

    for name in ("mine", UNKNOWN):
        assert objects.named({"metadata": {"name": name}}, {}, "x", b"")["metadata"] == {"name": name}


@pytest.mark.parametrize(
    ("token", "version", "kind"),
    [
        ("kubernetes:core/v1:Service", "v1", "Service"),
        ("kubernetes:apps/v1:Deployment", "apps/v1", "Deployment"),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", "rbac.authorization.k8s.io/v1", "Role"),
    ],
)
def test_version_and_kind_follow_from_the_token(token: str, version: str, kind: str) -> None:
    assert objects.identified(token, {}) == {"apiVersion": version, "kind": kind}
    assert objects.identified(token, {"kind": "Mine"})["kind"] == "Mine"


def test_pruning_keeps_the_shape_of_what_was_said() -> None:
    there = {"a": {"b": 1, "c": 2}, "l": [{"x": 1, "y": 2}, {"x": 3}], "p": [1, 2, 3]}
    assert difference.prune(there, {"a": {"b": 0}, "l": [{"x": 0}], "p": [1]}) == {
        "a": {"b": 1},
        "l": [{"x": 1}],
        "p": [1, 2, 3],
    }
