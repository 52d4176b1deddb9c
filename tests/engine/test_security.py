"""What nobody else may see of a lab, while the engine is at work in it and afterwards. The lifecycle asks the same of
whole stacks with their clusters."""

import os
from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.home import Home
from support.cloud_programs import small
from support.lab_security import (
    LOOPBACK,
    in_clear,
    listening_addresses,
    processes_of,
    readable_by_others,
    secrets_of,
)
from support.programs import wait_until

pytestmark = pytest.mark.engine

SECRET = "correct-horse-battery-staple"
PROGRAM = f"""

pulumi.export("told", pulumi.Output.secret("{SECRET}"))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    return home.create(tmp_path / "lab")


def test_engine_host_and_providers_listen_on_loopback_only(lab: Home) -> None:
    engine = small(lab, "gcp")
    command = engine.start("up", "--yes", "--skip-preview")
    seen: list[str] = []

    def looked() -> bool:
        seen.extend(listening_addresses(processes_of(lab.folder) - {os.getpid()}))
        return command.process.poll() is not None

    wait_until(looked, 120)
    assert command.wait().ok
    assert len(seen) >= 3, "the engine, its language host and its providers"
    assert set(seen) <= LOOPBACK


def test_secrets_are_in_clear_nowhere_and_files_are_their_owners(lab: Home) -> None:
    engine = small(lab, "aws")
    main = engine.project / "__main__.py"
    main.write_text(main.read_text() + PROGRAM)
    assert engine.run("config", "set", "--secret", "key", SECRET).ok

    outcome = engine.up()

    assert outcome.ok, outcome.text
    assert in_clear(lab, engine.project, texts=[outcome.text, repr(outcome.events)]) == []
    assert readable_by_others(lab.folder) == []
    assert SECRET not in outcome.text + repr(outcome.events)
    kept = [path for path in lab.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert kept == [], "checkpoints hold it encrypted"
    assert engine.outputs(secrets=True)["told"] == SECRET
    assert engine.outputs()["told"] == "[secret]"


def test_a_secret_in_clear_would_be_found(lab: Home) -> None:
    (lab.folder / "engine.log").write_text(f"Authorization: Bearer {secrets_of(lab)['token']}\n")
    (lab.folder / "world.db").touch(mode=0o644)
    assert in_clear(lab) == ["token in engine.log"]
    assert readable_by_others(lab.folder) == ["world.db"]
    lab.folder.chmod(0o755)
    assert readable_by_others(lab.folder) == [str(lab.folder)]


def test_two_labs_have_their_own_secrets_and_see_nothing_of_each_other(lab: Home, tmp_path: Path) -> None:
    other = home.create(tmp_path / "other")
    assert not set(secrets_of(lab).values()) & set(secrets_of(other).values())
    assert small(lab, "gcp").up().ok
    engine = small(other, "aws")
    assert "gcp-dev" not in engine.run("stack", "ls", "--all", own_stack=False).text
    assert engine.up().ok
    shown = lab.environment().items() ^ other.environment().items()
    assert {key for key, _ in shown} >= {"INTERTIE_LAB", "PATH", "PULUMI_BACKEND_URL", "PULUMI_HOME", "KUBECONFIG"}
