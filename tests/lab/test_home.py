"""A lab's folder: who may read it, which programs stand in it, and what it tells the Pulumi CLI."""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from intertie.lab import home, programs
from intertie.lab.home import PROVIDERS, Home, why_not_of_a_lab

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home.create(tmp_path_factory.mktemp("home") / "lab")


def test_everything_in_a_new_lab_is_its_owners_alone(made: Home) -> None:
    theirs = [
        path
        for path in made.folder.rglob("*")
        if path.name not in ("pulumi", "kubectl") and path.stat().st_mode & 0o077
    ]
    assert theirs == []


def test_the_cli_in_a_lab_is_the_one_that_was_found(made: Home) -> None:
    found = programs.find("pulumi")
    assert found is not None
    assert (made.bin / "pulumi").stat().st_size == found.stat().st_size


@pytest.mark.parametrize("package", sorted(PROVIDERS))
def test_every_provider_has_exactly_the_version_that_its_sdk_asks_for(made: Home, package: str) -> None:
    wanted = version(PROVIDERS[package][0])
    plugin = made.pulumi_home / "plugins" / f"resource-{package}-v{wanted}" / f"pulumi-resource-{package}"
    assert os.access(plugin, os.X_OK)
    assert PROVIDERS[package][1] in plugin.read_text()


def test_making_a_lab_again_keeps_its_secrets(made: Home) -> None:
    before = [made.token_file.read_text(), (made.folder / "passphrase").read_text()]
    assert len(set(before)) == 2
    home.create(made.folder)
    assert [made.token_file.read_text(), (made.folder / "passphrase").read_text()] == before


def test_a_lab_is_made_again_from_a_shell_that_is_inside_it(made: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", made.environment()["PATH"])
    assert programs.find("pulumi") == made.bin / "pulumi"
    home.create(made.folder)
    assert programs.find("pulumi") == made.bin / "pulumi"


def test_no_secret_is_in_the_environment(made: Home) -> None:
    shown = " ".join(made.environment().values())
    assert made.token_file.read_text() not in shown
    assert (made.folder / "passphrase").read_text() not in shown


def test_the_cli_says_where_it_is_and_warns_of_nothing(made: Home) -> None:
    shown = subprocess.run(
        ["pulumi", "whoami", "--verbose"],
        env={"HOME": str(made.folder), **made.environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f"file://{made.state}" in shown.stdout
    assert "warning" not in shown.stdout + shown.stderr


def test_a_lab_in_a_folder_whose_name_needs_quotes_works(tmp_path: Path) -> None:
    made = home.create(tmp_path / "it's a lab; $HOME")
    shown = subprocess.run([made.bin / "kubelogin"], capture_output=True, text=True, timeout=30, check=True)
    assert made.token_file.read_text() in shown.stdout


def test_a_program_in_a_lab_ends_with_whoever_started_it(made: Home, tmp_path: Path) -> None:
    host = made.bin / "pulumi-language-python"
    script = f'"{host}" 127.0.0.1:1 & echo $! > "{tmp_path}/pid"; sleep 1; kill -9 $$'
    subprocess.run(
        ["/bin/sh", "-c", script], env={**os.environ, **made.environment()}, timeout=30, check=False,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    from intertie.lab import identity
    from support.programs import wait_until

    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not identity.of(pid).alive, 10)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"INTERTIE_LAB": ""}, "INTERTIE_LAB is not set"),
        ({"INTERTIE_LAB": "/nowhere"}, "INTERTIE_LAB names /nowhere, which is not a lab"),
        ({"PULUMI_BACKEND_URL": "s3://acme-state"}, "PULUMI_BACKEND_URL is s3://acme-state, not the lab's"),
        ({"PULUMI_HOME": ""}, "PULUMI_HOME is not set, not the lab's"),
    ],
)
def test_an_environment_that_is_not_the_labs_own_is_known(made: Home, change: dict[str, str], reason: str) -> None:
    assert why_not_of_a_lab(made.environment()) == ""
    assert why_not_of_a_lab({**made.environment(), **change}).startswith(reason)
