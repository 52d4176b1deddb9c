"""Images that come through caches, and the tokens that let the caches in: what is asked for, and how it is written."""

import json
from pathlib import Path

import pytest

from intertie.errors import OutsideError
from intertie.replication import Kind, Task, make, record, tasks
from intertie.replication.tools import steps
from support.caches import GITHUB, with_caches

CANARY = "canary-5d3b1a9c7e2f"
SCRATCH = Path("out/weights")


class Tools:
    """Stands for the tools: remembers what it was asked; fails where it is told to, repeating what it was given."""

    def __init__(self, fails: str = "") -> None:
        self.asked: list[tuple[tuple[str, ...], str | None]] = []
        self.fails = fails

    def __call__(self, command: tuple[str, ...], given: str | None) -> str:
        self.asked.append((command, given))
        if self.fails and self.fails in command:
            raise OutsideError(f"{command[0]} failed: {given}")
        return "sha256:" + "a" * 64


def token(cloud: str) -> Task:
    (found,) = [each for each in tasks(with_caches(cloud)) if each.kind is Kind.SECRET and each.name == "github"]
    return found


def written(cloud: str, tools: Tools) -> dict[str, str | None]:
    """What each secret of the store got: its name → its value."""
    make([token(cloud)], tools, SCRATCH, {"github": {"token": CANARY}}, lambda _: None)
    marks = ("--secret-id", "--name", "add")
    return {command[command.index(next(m for m in marks if m in command)) + 1]: value for command, value in tools.asked}


def test_the_registry_of_aws_reads_name_and_token_together() -> None:
    found = written("aws", Tools())
    assert found == {
        "ecr-pullthroughcache/chat-here-github": json.dumps({"accessToken": CANARY, "username": "acme-bot"})
    }


def test_the_registry_of_azure_reads_two_secrets_of_a_vault_of_its_own() -> None:
    tools = Tools()
    assert written("azure", tools) == {"chat-here-github-username": "acme-bot", "chat-here-github": CANARY}
    vaults = {command[command.index("--vault-name") + 1] for command, _ in tools.asked}
    assert len(vaults) == 1
    assert vaults != {
        each.vault for each in tasks(with_caches("azure")) if each.kind is Kind.SECRET and not each.username
    }


def test_the_registry_of_google_reads_the_token_alone() -> None:
    assert written("gcp", Tools()) == {"chat-here-github": CANARY}


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_a_token_is_on_no_command_line_and_in_no_evidence(cloud: str) -> None:
    tools = Tools(fails="put-secret-value" if cloud == "aws" else "set" if cloud == "azure" else "add")
    made = make([token(cloud)], tools, SCRATCH, {"github": {"token": CANARY}}, lambda _: None)
    assert not [command for command, _ in tools.asked if CANARY in " ".join(command)]
    assert [each.outcome for each in made] == ["failed"]
    assert CANARY not in json.dumps(record(made))
    assert CANARY not in "".join(map(repr, steps(token(cloud), SCRATCH)))


def test_an_image_is_brought_into_its_cache_by_asking_for_every_layer() -> None:
    (image,) = [each for each in tasks(with_caches("gcp", [GITHUB])) if "prepare" in each.name]
    cached = "europe-west4-docker.pkg.dev/acme-inference/chat-here-ghcr/acme/prepare:1.0"
    assert [step.command for step in steps(image, SCRATCH)] == [
        ("crane", "validate", "--remote", cached),
        ("crane", "digest", cached),
    ]


def test_a_cold_placement_has_no_cache_to_fill() -> None:
    found = [each for each in tasks(with_caches("gcp", [GITHUB], tier="cold")) if "prepare" in each.name]
    assert [(each.target, steps(each, SCRATCH)[-1].command[-1]) for each in found] == [("", "ghcr.io/acme/prepare:1.0")]
    assert "its digest is recorded" in found[0].why
