"""Copies through a port: what is made, what is recorded, and what never shows."""

import json
from pathlib import Path

import pytest

from intertie.errors import InputError, OutsideError
from intertie.replication import Kind, Task, make, record
from intertie.replication.run import folder_digest, lock

DIGEST = "sha256:" + "a" * 64
CANARY = "hf_canaryvalue1234567890"
IMAGE = Task("here", "aws", Kind.IMAGE, "acme/a:1", "acme/a:1", "mirror.example.com/acme/a:1", "a test")
WEIGHTS = Task("here", "aws", Kind.WEIGHTS, "acme/model", "hf://acme/model", "s3://w/acme/model/1", "a test", "1")
TOKEN = Task("here", "aws", Kind.SECRET, "hub-token", "", "chat-here-hub-token", "a test", fields=("token",),
             region="us-east-1")  # fmt: skip


class Tools:
    """Stands for the tools: answers, writes what a download would, and remembers what it was asked."""

    def __init__(self, fails: str = "", says: str = DIGEST) -> None:
        self.asked: list[tuple[tuple[str, ...], str | None]] = []
        self.fails, self.says = fails, says

    def __call__(self, command: tuple[str, ...], given: str | None) -> str:
        self.asked.append((command, given))
        if self.fails and self.fails in command:
            raise OutsideError(f"{command[0]} failed: {given}")
        if command[:2] == ("hf", "download"):
            folder = Path(command[command.index("--local-dir") + 1])
            (folder / ".cache").mkdir(parents=True)
            (folder / ".cache" / "lock").write_text("x")
            (folder / "model.safetensors").write_bytes(b"weights")
            (folder / "tokenizer.json").write_text("{}")
        return self.says + "\n" if command[:2] == ("crane", "digest") else "1"


def made(tasks, tools, tmp_path, secrets=None):
    return make(tasks, tools, tmp_path, secrets or {}, lambda _: None)


def test_images_are_copied_and_their_digests_recorded(tmp_path: Path) -> None:
    tools = Tools()
    (found,) = made([IMAGE], tools, tmp_path)
    assert [command[1] for command, _ in tools.asked] == ["copy", "digest"]
    assert (found.outcome, found.digest) == ("made", DIGEST)
    (copy,) = record([found])["copies"]
    assert (copy["target"], copy["digest"]) == ("mirror.example.com/acme/a:1", DIGEST)


def test_an_image_that_is_not_the_one_that_was_asked_for_is_a_failure(tmp_path: Path) -> None:
    wanted = Task("here", "aws", Kind.IMAGE, "acme/a", f"acme/a@sha256:{'b' * 64}", "", "a test")
    (found,) = made([wanted], Tools(), tmp_path)
    assert found.outcome == "failed"
    assert "is not sha256:bbb" in found.said


def test_a_tool_that_gives_no_digest_has_failed(tmp_path: Path) -> None:
    (found,) = made([IMAGE], Tools(says="not found"), tmp_path)
    assert (found.outcome, found.said) == ("failed", "crane gave no digest")


def test_weights_have_one_digest_for_all_their_files(tmp_path: Path) -> None:
    (found,) = made([WEIGHTS], Tools(), tmp_path)
    assert found.outcome == "made"
    folder = tmp_path / "acme--model" / "1"
    assert found.digest == folder_digest(folder)
    (folder / "tokenizer.json").write_text("{ }")
    assert found.digest != folder_digest(folder)


def test_what_the_download_keeps_for_itself_does_not_count(tmp_path: Path) -> None:
    (found,) = made([WEIGHTS], Tools(), tmp_path)
    folder = tmp_path / "acme--model" / "1"
    (folder / ".cache" / "lock").write_text("other")
    assert found.digest == folder_digest(folder)


def test_one_failure_does_not_stop_the_others(tmp_path: Path) -> None:
    outcomes = [each.outcome for each in made([WEIGHTS, IMAGE], Tools(fails="download"), tmp_path)]
    assert outcomes == ["failed", "made"]


def test_a_secret_is_written_by_standard_input_and_shows_nowhere(tmp_path: Path) -> None:
    tools = Tools()
    found = made([TOKEN], tools, tmp_path, {"hub-token": {"token": CANARY}})
    ((command, given),) = tools.asked
    assert json.loads(given or "") == {"token": CANARY}
    assert CANARY not in str(command)
    assert CANARY not in json.dumps(record(found))
    assert CANARY not in lock(found, {})


def test_a_tool_that_repeats_a_secret_in_its_message_is_not_quoted(tmp_path: Path) -> None:
    found = made([TOKEN], Tools(fails="secretsmanager"), tmp_path, {"hub-token": {"token": CANARY}})
    assert found[0].outcome == "failed"
    assert CANARY not in json.dumps(record(found))
    assert "[secret]" in found[0].said


def test_a_secret_without_a_value_is_left_and_said(tmp_path: Path) -> None:
    (found,) = made([TOKEN], Tools(), tmp_path)
    assert (found.outcome, found.said) == ("left", "no value was given for it")


@pytest.mark.parametrize("given", [{"password": CANARY}, {}, {"token": CANARY, "more": "x"}])
def test_a_secret_with_other_fields_is_refused_before_anything_is_copied(tmp_path: Path, given: dict) -> None:
    tools = Tools()
    with pytest.raises(InputError, match=r"'hub-token' has the fields .*; expected token") as refused:
        made([IMAGE, TOKEN], tools, tmp_path, {"hub-token": given})
    assert tools.asked == []
    assert CANARY not in str(refused.value)


def test_the_lock_keeps_what_earlier_runs_have_found(tmp_path: Path) -> None:
    text = lock(made([IMAGE], Tools(), tmp_path), {"acme/b:2": DIGEST})
    assert json.loads(text) == {"schema": "intertie.lock/v1", "images": {"acme/a:1": DIGEST, "acme/b:2": DIGEST}}


def test_placements_that_hold_different_bytes_under_one_name_are_refused(tmp_path: Path) -> None:
    here = made([IMAGE], Tools(), tmp_path)
    there = made([IMAGE], Tools(says="sha256:" + "c" * 64), tmp_path)
    with pytest.raises(InputError, match="not the same image in every placement"):
        lock([*here, *there], {})
