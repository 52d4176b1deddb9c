"""No value of a secret shows: in no graph, plan, message or file that is kept. Canaries are planted to see."""

import json
import re
from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.graph import record
from intertie.plan import resolve
from intertie.workload import check_args
from support.caches import ACCOUNT as CACHES
from support.caches import GITHUB
from support.caches import built as caches_of
from support.command import run
from support.descriptions import problems_of, small
from support.interconnected import plan_of
from support.interconnected_stacks import CONNECTION, derived, keyed
from support.pipelines import planned
from support.stacks import ROOT, STACKS, config_of, graph_of

CANARY = "canary-9f8e7d6c5b4a"
KUBECONFIG = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1"}}],
        "users": [{"name": "u", "user": {"token": CANARY}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
)
SHAPES = {
    "token of a hub": r"\bhf_[A-Za-z0-9]{20,}",
    "key of AWS": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.",
    "token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    "key of a storage account": r"AccountKey=[A-Za-z0-9+/=]{40,}",
}
"""What secrets look like, to be found where none must be."""


def kept() -> list[Path]:
    folders = (ROOT / "tests" / "golden", ROOT / "docs", ROOT / "stacks", ROOT / "components", ROOT / "policies")
    return [
        path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc"
    ]


def test_the_login_of_an_adopted_cluster_is_in_no_graph() -> None:
    config = {**config_of("datacentre"), "inference:kubeconfig": KUBECONFIG}
    graph = record(ROOT / "stacks" / "__main__.py", project="inference", stack="datacentre", config=config)
    assert len(graph.resources) > 10
    assert CANARY not in "".join(map(repr, graph.resources))


@pytest.mark.parametrize(
    "stack", [pytest.param(stack, marks=pytest.mark.xdist_group(f"stack-{stack}")) for stack in STACKS]
)
def test_nothing_in_a_sample_stack_has_the_shape_of_a_secret(stack: str) -> None:
    text = "".join(map(repr, graph_of(stack).resources))
    assert {what for what, shape in SHAPES.items() if re.search(shape, text)} == set()
    assert "'kubernetes:core/v1:Secret'" not in text


@pytest.mark.parametrize("option", ["--hf-token", "--api-key"])
@pytest.mark.parametrize("form", ["{0}={1}", "{0} {1}"])
def test_a_secret_among_the_arguments_is_refused_without_being_repeated(option: str, form: str) -> None:
    plan = planned(stage={"args": form.format(option, CANARY).split(" ")})
    said = "\n".join(map(str, check_args(plan.stage("generate"))))
    assert option in said
    assert CANARY not in said


@pytest.mark.parametrize("clouds", [("aws", "gcp"), ("azure", "aws"), ("gcp", "azure")])
def test_the_key_of_an_interconnect_is_in_no_graph_and_no_message(clouds: tuple[str, str]) -> None:
    key = CANARY * 2
    graph = keyed(*clouds, {"there": key})
    assert len([each for each in graph if each.type in CONNECTION.values()]) >= 2
    shown = "".join(map(repr, graph))
    assert [each for each in (key, *derived(plan_of(*clouds).links[0], key)) if each in shown] == []
    with pytest.raises(InputError) as refused:
        keyed(*clouds, {"there": f"{CANARY} with spaces"})
    assert CANARY not in str(refused.value)


def test_a_description_has_no_place_for_a_value() -> None:
    data = small()
    data["stages"][1]["model"]["token"] = CANARY
    (problem,) = problems_of(data)
    assert problem.path == "stages[1].model.token"
    assert CANARY not in str(problem)


def test_a_description_has_no_place_for_a_registrys_token() -> None:
    data = small()
    data["placements"]["here"]["registry"] = {"cache": [{**GITHUB, "token": CANARY}]}
    (problem,) = problems_of(data)
    assert problem.path == "placements.here.registry.cache[0].token"
    assert CANARY not in str(problem)


@pytest.mark.parametrize("cloud", [pytest.param(c, marks=pytest.mark.xdist_group(f"caches-{c}")) for c in CACHES])
def test_a_stack_with_caches_has_places_for_tokens_and_no_token(cloud: str) -> None:
    graph = caches_of(cloud).graph
    text = "".join(map(repr, graph.resources))
    assert {what for what, shape in SHAPES.items() if re.search(shape, text)} == set()
    kinds = {each.type for each in graph}
    assert not {kind for kind in kinds if kind.endswith((":SecretVersion", "keyvault:Secret", "core/v1:Secret"))}


def test_what_is_explained_names_secrets_and_nothing_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(capsys, monkeypatch, "explain", str(ROOT / "stacks/specs/chat.yaml"), "--format", "json")
    assert done.code == 0
    assert {what for what, shape in SHAPES.items() if re.search(shape, done.out + done.err)} == set()


def test_no_file_that_is_kept_has_the_shape_of_a_secret() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in kept()
        for what, shape in SHAPES.items()
        if re.search(shape, path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_shapes_find_what_they_are_for() -> None:
    token = "eyJ" + "a" * 24 + "." + "b" * 24 + "."
    key = "-----BEGIN EC PRIVATE KEY-----"
    planted = ["hf_" + "a" * 30, "AKIA" + "A" * 16, key, token, "ghp_" + "a" * 36, "AccountKey=" + "a" * 44]
    for text in planted:
        assert any(re.search(shape, text) for shape in SHAPES.values()), text


def test_a_plan_is_made_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    plan = planned(stage={"model": {"id": "acme/model", "parameters": 1e9, "token_secret": "hub-token"}})
    assert CANARY not in json.dumps(plan.to_json())
    assert resolve(plan.spec, "here") == plan
