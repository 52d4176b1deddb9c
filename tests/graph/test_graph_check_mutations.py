"""Every node of realistic inputs, spoilt in every way: the check must see it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from intertie.graph import check
from intertie.graph.wire import is_known
from support.realistic import BY_TYPE, resource

Path = tuple[str | int, ...]

TOKENS = [token for token in BY_TYPE if "leaderworkerset" not in token and "providers" not in token]
_MAPS = {"tags", "labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "resourceLabels"}
_INT_OR_STRING = {"maxSurge", "maxUnavailable", "port"}  # Kubernetes takes a number or a name or share


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All places below the root."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key), each
        yield from nodes(each, (*path, key))


def put(inputs: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(inputs)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def written(path: Path) -> str:
    """The path as findings write it; keys of maps stand in brackets."""
    text = ""
    for position, step in enumerate(path):
        if isinstance(step, int):
            text += f"[{step}]"
        elif position and path[position - 1] in _MAPS:
            text += f"[{step!r}]"
        else:
            text += f".{step}" if text else step
    return text


def missed(token: str, spoil: Callable[[Path, Any], Any]) -> list[str]:
    """Places where a spoilt value was not found at that very place. `spoil` gives None to leave a node alone."""
    result = []
    for path, value in nodes(BY_TYPE[token]):
        bad = spoil(path, value)
        if bad is not None:
            findings = check([resource(token, put(BY_TYPE[token], path, bad))])
            if not any(finding.path.startswith(written(path)) for finding in findings):
                result.append(f"{written(path)} = {bad!r}: {[str(finding) for finding in findings]}")
    return result


@pytest.mark.parametrize("token", TOKENS)
def test_an_unknown_key_is_found_in_every_object(token: str) -> None:
    objects = [((), BY_TYPE[token])]
    objects += [(path, value) for path, value in nodes(BY_TYPE[token]) if isinstance(value, dict)]
    checked = 0
    for path, _ in objects:
        if path and path[-1] in _MAPS:
            continue
        inputs = put(BY_TYPE[token], (*path, "noSuchKey"), "x")
        assert [(finding.kind, finding.path) for finding in check([resource(token, inputs)])] == [
            ("unknown-property", written((*path, "noSuchKey")))
        ]
        checked += 1
    assert checked >= 4


@pytest.mark.parametrize("token", TOKENS)
def test_an_object_in_the_place_of_anything_else_is_found(token: str) -> None:
    assert missed(token, lambda _, value: None if isinstance(value, dict) else {"noSuchKey": {"a": 1}}) == []


@pytest.mark.parametrize("token", TOKENS)
def test_a_list_in_the_place_of_anything_else_is_found(token: str) -> None:
    assert missed(token, lambda _, value: None if isinstance(value, list) else [{"a": 1}]) == []


@pytest.mark.parametrize("token", TOKENS)
def test_a_truth_value_in_the_place_of_anything_else_is_found(token: str) -> None:
    assert missed(token, lambda _, value: None if isinstance(value, bool) or not is_known(value) else True) == []


@pytest.mark.parametrize("token", TOKENS)
def test_a_fraction_in_the_place_of_anything_else_is_found(token: str) -> None:
    assert missed(token, lambda _, value: 2.5 if is_known(value) else None) == []


@pytest.mark.parametrize("token", TOKENS)
def test_text_in_the_place_of_anything_else_is_found(token: str) -> None:
    def spoil(path: Path, value: Any) -> Any:
        return None if isinstance(value, str) or path[-1] in _INT_OR_STRING else "text"

    assert missed(token, spoil) == []


@pytest.mark.parametrize("token", TOKENS)
def test_every_required_property_that_is_dropped_is_found_and_no_other(token: str) -> None:
    for key in BY_TYPE[token]:
        inputs = {name: value for name, value in BY_TYPE[token].items() if name != key}
        findings = check([resource(token, inputs)])
        assert {(finding.kind, finding.path) for finding in findings} <= {("missing-property", key)}
    required = {
        "aws:eks/cluster:Cluster": {"roleArn", "vpcConfig"},
        "aws:eks/nodeGroup:NodeGroup": {"clusterName", "nodeRoleArn", "subnetIds", "scalingConfig"},
        "azure-native:containerservice:ManagedCluster": {"resourceGroupName"},
        "gcp:container/nodePool:NodePool": {"cluster"},
        "kubernetes:apps/v1:Deployment": {"spec"},
    }[token]
    assert {finding.path for finding in check([resource(token, {})])} == required
