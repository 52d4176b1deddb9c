"""What becomes of a command whose streams are odd: a reader that has gone, a locale without UTF-8, a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHAT = str(ROOT / "stacks" / "specs" / "chat.yaml")
ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


def started(*arguments: str, stdout: int, **env: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "intertie.cli.app", *arguments]
    return subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**os.environ, **env}, cwd=ROOT
    )


def to_nobody(*arguments: str) -> tuple[int, str]:
    """Exit code and talk of a command whose reader has gone before it starts."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = started(*arguments, stdout=writing)
    os.close(writing)
    _, talk = ran.communicate(timeout=60)
    return ran.returncode, talk.decode()


def test_a_reader_that_goes_early_does_not_turn_good_into_problems() -> None:
    assert to_nobody("explain", CHAT) == (0, "")
    assert to_nobody("catalog", "machines", "--format", "json") == (0, "")


def test_a_reader_that_goes_early_does_not_turn_problems_into_good(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    path.write_text(Path(CHAT).read_text().replace("residency: [us, eu]", "residency: [eu]"))
    assert to_nobody("validate", str(path), "--format", "json") == (1, "")


def test_output_is_utf_8_whatever_the_locale_says() -> None:
    text = started("explain", CHAT, stdout=subprocess.PIPE, **ASCII)
    out, talk = text.communicate(timeout=60)
    assert (text.returncode, talk) == (0, b"")
    assert "tensor 4 × pipeline 1" in out.decode()


def test_json_is_the_same_bytes_in_every_locale() -> None:
    arguments = ("catalog", "kinds", "--cloud", "aws", "--format", "json")
    plain, other = (
        started(*arguments, stdout=subprocess.PIPE, **env).communicate(timeout=60)[0] for env in ({}, ASCII)
    )
    assert json.loads(plain)["rows"]
    assert plain == other


def preview_on_a_terminal(**env: str) -> tuple[bytes, bytes]:
    """What a preview of a stack that is not there leaves on stdout (a terminal) and on stderr (a pipe)."""
    ours, theirs = pty.openpty()
    ran = started("preview", "--stack", "nowhere", stdout=theirs, **env)
    os.close(theirs)
    _, talk = ran.communicate(timeout=60)
    try:
        shown = os.read(ours, 4096)
    except OSError:  # nothing was written before the other side was closed
        shown = b""
    os.close(ours)
    return shown, talk


def test_the_sign_of_waiting_is_no_part_of_the_data() -> None:
    shown, talk = preview_on_a_terminal()
    assert shown == b""
    assert b"previewing" not in talk
    assert b"no stack is called 'nowhere'" in talk
