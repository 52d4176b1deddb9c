"""Where the lab's programs come from: the environment, PATH when it is new enough, else what was built here."""

import os
import subprocess
from pathlib import Path

import pytest

from intertie.errors import OutsideError
from intertie.lab import programs
from intertie.lab.programs import FAMILIES, PULUMI_VERSION


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which nothing was built yet."""
    for name in FAMILIES:
        folder = tmp_path / "tools" / name
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text(f"module intertie.invalid/tools/{name}\n")
        (folder / "go.sum").write_text("")
    monkeypatch.setattr(programs, "root", lambda: tmp_path)
    for name in list(os.environ):
        if name.startswith("INTERTIE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path


def go(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str = "go1.26.1", build: str = "exit 0") -> None:
    """A `go` that says its version and builds as told."""
    script(folder / "go", f'case "$1" in env) echo {version};; build) {build};; esac')
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_what_the_environment_names_comes_first(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = script(checkout / "mine" / "kube", "exit 0")
    monkeypatch.setenv("INTERTIE_KUBE_APISERVER", str(named))
    assert programs.find("kube-apiserver") == named


def test_a_named_program_that_cannot_be_run_is_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERTIE_PULUMI", str(checkout / "nothing"))
    with pytest.raises(OutsideError, match=r"INTERTIE_PULUMI names .*nothing, which cannot be run"):
        programs.find("pulumi")


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (f"v{PULUMI_VERSION}", True),
        ("v3.300.0", True),
        ("3.1000.2-dev.5", True),
        ("v4.0.0", True),
        ("v3.258.9", False),
        ("", False),
        ("soon", False),
    ],
)
def test_a_cli_on_path_is_taken_when_it_is_new_enough(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, said: str, taken: bool
) -> None:
    found = script(checkout / "bin" / "pulumi", f"echo '{said}'")
    monkeypatch.setenv("PATH", f"{found.parent}:/usr/bin:/bin")
    assert programs.find("pulumi") == (found if taken else None)


def test_nothing_built_is_nothing_found(checkout: Path) -> None:
    assert programs.find("etcd") is None
    assert programs.missing() == tuple(FAMILIES)


def test_a_build_is_found_and_a_change_of_the_declaration_makes_it_old(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(checkout / "bin", monkeypatch, build='for each; do last=$into; into=$each; done; touch "$last/kwok"')
    said: list[str] = []
    folder = programs.build(FAMILIES["kwok"], said.append)
    assert programs.find("kwok") == folder / "kwok"
    assert "about 1.5 minutes on 2 cores, once" in said[0]
    assert "kwok" not in programs.missing()
    (checkout / "tools" / "kwok" / "go.sum").write_text("another version\n")
    assert programs.find("kwok") is None


def test_a_build_gives_programs_their_own_names(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(checkout / "bin", monkeypatch, build='for each; do last=$into; into=$each; done; touch "$last/cmd"')
    folder = programs.build(FAMILIES["lws"], lambda _: None)
    assert [path.name for path in folder.iterdir()] == ["lws-controller"]


def test_a_build_that_is_there_is_not_made_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(checkout / "bin", monkeypatch, build="exit 1")
    folder = programs._folder(FAMILIES["kwok"])
    folder.mkdir(parents=True)
    (folder / "kwok").touch()
    assert programs.build(FAMILIES["kwok"], lambda _: None) == folder


def test_a_build_that_fails_tells_the_compilers_last_words_and_leaves_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(checkout / "bin", monkeypatch, build="echo 'no such module'; exit 1")
    with pytest.raises(OutsideError, match=r"go build failed for tools/kwok:\nno such module"):
        programs.build(FAMILIES["kwok"], lambda _: None)
    assert list((checkout / ".cache" / "tools").iterdir()) == []


@pytest.mark.parametrize("version", ["go1.25.9", "devel", ""])
def test_an_old_go_is_named_with_what_is_needed(checkout: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    go(checkout / "bin", monkeypatch, version=version)
    assert programs.why_not_buildable() == (
        f"Go 1.26 or later is needed to build the lab's programs; found {version or 'none'}"
    )


def test_no_go_is_named_with_the_remedy(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert "Go is not installed" in programs.why_not_buildable()
    with pytest.raises(OutsideError, match="Go is not installed"):
        programs.build(FAMILIES["pulumi"], lambda _: None)


def test_building_what_is_missing_ends_with_3_when_it_cannot_be_done(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    with pytest.raises(SystemExit) as ended:
        programs.main()
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith("tools: Go is not installed")


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_is_declared_as_go_tools_with_its_sums(name: str, project: Path) -> None:
    module = project / "tools" / name
    assert "\ntool" in (module / "go.mod").read_text()
    assert (module / "go.sum").stat().st_size > 0
    assert FAMILIES[name].minutes > 0


@pytest.mark.engine
def test_the_cli_that_is_found_tells_its_version() -> None:
    found = programs.find("pulumi")
    assert found is not None
    said = subprocess.run([found, "version"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert programs._version(found) >= programs._pinned()
    assert said.startswith("v")
