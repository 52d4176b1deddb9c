"""Pulumi.yaml and stack files: read as the CLI reads them, refused with their place."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.graph import UNKNOWN
from intertie.preview.project import read_project
from intertie.preview.settings import Settings, declarations, settings

Write = Callable[..., Path]
GOOD = "name: network\nruntime: python\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A project folder with this Pulumi.yaml, and stack files by name."""

    def make(text: str | bytes, **stacks: str) -> Path:
        (tmp_path / "__main__.py").write_text("")
        (tmp_path / "Pulumi.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, content in stacks.items():
            (tmp_path / f"Pulumi.{name}.yaml").write_text(content)
        return tmp_path

    return make


def read(project: str, config: Any, data: Any = None) -> Settings:
    return settings(project, declarations(project, config, "Pulumi.yaml"), data or {}, "Pulumi.dev.yaml")


def test_the_smallest_project_runs_in_its_own_folder(write: Write) -> None:
    root = write(GOOD, dev="", prod="")
    project = read_project(root)
    assert (project.name, project.program, project.stack_folder) == ("network", root.resolve(), root.resolve())
    assert project.stacks() == ("dev", "prod")


def test_main_and_stack_folder_are_relative_to_the_project(write: Write, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("")
    project = read_project(write(f"{GOOD}main: stacks/\nstackConfigDir: stacks\n"))
    assert project.program == project.stack_folder == (tmp_path / "stacks").resolve()
    assert project.stacks() == ("dev",)
    older = read_project(write(f"{GOOD}config: stacks\n"))
    assert older.stack_folder == (tmp_path / "stacks").resolve()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"Pulumi\.yaml: name: found None; allowed: text"),
        ("name: 7\nruntime: python\n", r"name: found 7; allowed: text"),
        ("name: network\nruntime: nodejs\n", r"runtime: found 'nodejs'; allowed: python\n  → only Python"),
        ("name: network\nruntime: {name: go}\n", r"runtime: found 'go'"),
        ("name: network\n", r"runtime: found None"),
        (f"{GOOD}main: nowhere\n", r"main: found 'nowhere', which does not exist"),
        (f'{GOOD}main: "a\\0b"\n', r"main: allowed: at most 200 characters"),
        (f"{GOOD}stackConfigDir: {'x' * 5000}\n", r"stackConfigDir: allowed: at most 200"),
        (f"{GOOD}config: [a]\n", r"config: found list; allowed: keys"),
        ("name: a\nname: b\n", r"Pulumi\.yaml:2:1: the key 'name' stands here twice"),
        ("name: [\n", r"Pulumi\.yaml:2:1: "),
        ("- a\n", r"found list; allowed: a mapping"),
        ("a: !!python/object:os.system {}\n", r"Pulumi\.yaml:1:4: could not determine a constructor"),
        ("a: &x [*x]\n", r"unfolds to more than"),
        (b"\xff\xfe", r"not UTF-8 text"),
        ("name: \x00\n", r"Pulumi\.yaml: "),
        ("[" * 3000, r"Pulumi\.yaml: "),
    ],
)
def test_a_project_that_cannot_be_read_is_refused_with_its_place(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_project(write(text))


def test_aliases_that_unfold_without_end_are_refused(write: Write) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join([f'*{chr(97 + level)}'] * 10)}]\n" for level in range(8)
    )
    with pytest.raises(InputError, match=r"unfolds to more than"):
        read_project(write(bomb))


def test_a_file_that_is_much_too_large_is_not_read(write: Write) -> None:
    with pytest.raises(InputError, match="larger than 1,048,576 bytes"):
        read_project(write("#" * 2**21))


def test_a_pipe_in_the_place_of_a_stack_file_is_not_waited_for(write: Write) -> None:
    folder = write(GOOD)
    os.mkfifo(folder / "Pulumi.dev.yaml")
    with pytest.raises(InputError, match=r"Pulumi\.dev\.yaml: found a device or pipe; allowed: a file"):
        read_project(folder).settings("dev")


def test_a_folder_in_the_place_of_a_stack_file_is_refused(write: Write) -> None:
    folder = write(GOOD)
    (folder / "Pulumi.dev.yaml").mkdir()
    with pytest.raises(InputError, match=r"Pulumi\.dev\.yaml: found a folder; allowed: a file"):
        read_project(folder).settings("dev")


def test_links_that_lead_in_a_circle_are_refused_by_their_name(write: Write) -> None:
    folder = write(GOOD + "stackConfigDir: circle\n")
    (folder / "circle").symlink_to("circle")
    (folder / "Pulumi.dev.yaml").symlink_to("Pulumi.dev.yaml")
    with pytest.raises(InputError, match=r"circle: no stack has a file"):
        read_project(folder).chosen(None)
    with pytest.raises(InputError, match=r"Pulumi\.dev\.yaml: cannot be read"):
        read_project(write(GOOD)).settings("dev")


def test_a_link_that_leads_nowhere_is_named_as_the_user_sees_it(write: Write) -> None:
    folder = write(GOOD)
    (folder / "Pulumi.dev.yaml").symlink_to("gone")
    with pytest.raises(InputError, match=r"Pulumi\.dev\.yaml: cannot be read"):
        read_project(folder).settings("dev")


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no Pulumi\.yaml here\n  → name the folder"):
        read_project(tmp_path)


def test_a_project_without_stacks_says_how_to_make_one(write: Write) -> None:
    with pytest.raises(InputError, match=r"no stack has a file Pulumi\.<stack>\.yaml here\n  → pulumi stack init"):
        read_project(write(GOOD)).chosen(None)


def test_values_become_text_as_the_cli_hands_them_over() -> None:
    data = {"config": {"network:a": "x", "b": 3, "c": True, "d": [1, {"e": "ü"}], "aws:region": "eu-west-1", "f": 1.5}}
    assert read("network", None, data).values == {
        "network:a": "x",
        "network:b": "3",
        "network:c": "true",
        "network:d": '[1, {"e": "ü"}]',
        "aws:region": "eu-west-1",
        "network:f": "1.5",
    }


def test_yaml_is_read_as_version_1_2(write: Write) -> None:
    text = "config:\n  a: yes\n  b: 2026-01-02\n  c: true\n  d: off\n  e: '012'\n"
    project = read_project(write(GOOD, dev=text))
    assert project.settings("dev").values == {
        "network:a": "yes",
        "network:b": "2026-01-02",
        "network:c": "true",
        "network:d": "off",
        "network:e": "012",
    }


def test_encrypted_values_are_unknown_and_secret_wherever_they_stand() -> None:
    data = {"config": {"a": {"secure": "v1:x:y"}, "b": {"user": "u", "keys": [{"secure": "v1:x:z"}]}, "c": {"d": "e"}}}
    found = read("network", None, data)
    assert found.secrets == ("network:a", "network:b")
    assert found.values["network:a"] == UNKNOWN
    assert json.loads(found.values["network:b"]) == {"user": "u", "keys": [UNKNOWN]}
    assert "v1:" not in json.dumps(dict(found.values))


def test_declared_defaults_hold_until_a_stack_says_otherwise() -> None:
    config = {"size": {"type": "integer", "default": 3}, "aws:region": {"value": "eu-west-1"}, "short": "x"}
    assert read("network", config).values == {
        "network:size": "3",
        "aws:region": "eu-west-1",
        "network:short": "x",
    }
    assert read("network", config, {"config": {"network:size": 5}}).values["network:size"] == "5"


def test_a_declared_key_without_a_value_is_a_problem_with_its_remedy() -> None:
    (problem,) = read("network", {"spec": {"type": "string"}}).problems
    assert (problem.path, problem.found, problem.allowed) == ("config.network:spec", "nothing", "string")
    assert problem.hint == "pulumi config set network:spec VALUE"
    assert problem.where == "Pulumi.dev.yaml"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["x", 3, True], [[1], {"a": 1}]),
        ("integer", [3, 3.0, "3", "-3"], ["x", 3.5, True, [3]]),
        ("boolean", [True, "false"], ["yes", 1, []]),
        ("array", [[], [1]], ["x", {"a": 1}]),
        ("object", [{"a": 1}], ["x", [1]]),
        ("", ["x", [1], {"a": 1}], []),
    ],
)
def test_a_declared_type_holds_for_every_stack(kind: str, good: list[Any], bad: list[Any]) -> None:
    config = {"key": {"type": kind}}
    for value in good:
        assert read("network", config, {"config": {"key": value}}).problems == (), value
    for value in bad:
        (problem,) = read("network", config, {"config": {"key": value}}).problems
        assert (problem.found, problem.allowed) == (json.dumps(value), kind)


def test_an_encrypted_value_may_be_of_any_type() -> None:
    found = read("network", {"key": {"type": "integer"}}, {"config": {"key": {"secure": "v1:x"}}})
    assert found.problems == ()


def test_a_key_that_is_declared_secret_is_secret() -> None:
    assert read("network", {"key": {"secret": True}}, {"config": {"key": "x"}}).secrets == ("network:key",)


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    declared = {"key": {"type": "object", "secret": True}}
    (problem,) = read("network", declared, {"config": {"key": "hunter2hunter2"}}).problems
    assert (problem.found, problem.allowed) == ("[secret]", "object")


def test_the_configuration_of_a_stack_must_be_a_mapping() -> None:
    with pytest.raises(InputError, match=r"Pulumi\.dev\.yaml: config: found list; allowed: keys with values"):
        read("network", None, {"config": ["a"]})


_leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
_any = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
_keys = st.sampled_from(["name", "runtime", "main", "stackConfigDir", "config"])


@given(st.dictionaries(_keys, _any), st.dictionaries(st.sampled_from(["config", "environment"]), _any))
@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_project_and_stack_file_is_read_or_refused_with_a_message(
    write: Write, project: dict[str, Any], stack: dict[str, Any]
) -> None:
    base = {"name": "network", "runtime": "python"}
    root = write(yaml.safe_dump({**base, **project}), dev=yaml.safe_dump(stack))
    with contextlib.suppress(InputError):  # anything else would be a traceback
        found = read_project(root)
        result = found.settings("dev") if "dev" in found.stacks() else Settings({})
        assert all(isinstance(value, str) for value in result.values.values())


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@hypothesis_settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_with_a_message(write: Write, raw: bytes) -> None:
    with contextlib.suppress(InputError):
        assert read_project(write(raw)).name
