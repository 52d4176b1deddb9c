"""Files that cannot be read: a clear message, exit code 2, and never another exception."""

import os
import stat
from pathlib import Path

import pytest

from intertie.errors import InputError, Problem
from intertie.spec import read_file
from support.descriptions import SAMPLES, SMALL, only


def refused(path: Path | str) -> Problem:
    with pytest.raises(InputError) as caught:
        read_file(path)
    assert caught.value.exit_code == 2
    return only(caught.value.problems)


def test_a_file_is_read_and_named_in_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL)
    assert read_file(path) == read_file(str(path))
    path.write_text(SMALL.replace("staging", "stagging"))
    problem = refused(path)
    assert problem.where == f"{path}:4:14"
    assert problem.hint == "did you mean `staging`?"


def test_a_byte_order_mark_of_utf8_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert read_file(path).name == "small"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_other_encodings_are_named_and_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(SMALL.encode(encoding))
    problem = refused(path)
    assert problem.found.startswith("UTF-")
    assert (problem.allowed, problem.hint) == ("UTF-8", "save the file as UTF-8")


def test_latin_1_is_refused_at_its_first_odd_byte(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes("name: small\nowner: équipe\n".encode("latin-1"))
    problem = refused(path)
    assert problem.where == f"{path}:2:8"
    assert problem.found == "the byte 0xE9, which is not UTF-8"


def test_a_program_or_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert refused(path).found == "the byte 0x89, which is not UTF-8"


def test_a_missing_file_says_where_paths_start(tmp_path: Path) -> None:
    problem = refused(tmp_path / "nowhere.yaml")
    assert problem.found == "no such file"
    assert "relative to where you are" in problem.hint


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).found == "a directory"


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert refused(path).found == "a device or pipe"


def test_an_endless_device_is_refused() -> None:
    assert refused("/dev/zero").found == "a device or pipe"


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything: let the system say no in its place

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "open", denied)
    problem = refused(path)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert problem.found == "a file that you may not read"


@pytest.mark.parametrize("name", ["a" * 5000, "nul\0inside.yaml", "loop"])
def test_paths_that_the_system_refuses_are_refused(tmp_path: Path, name: str) -> None:
    if name == "loop":
        (tmp_path / name).symlink_to(tmp_path / name)
    problem = refused(tmp_path / name)
    assert problem.found
    assert "\0" not in problem.where


def test_a_file_above_the_limit_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"#" * (2**20 + 1))
    assert refused(path).found == "more than 1,048,576 bytes"


def test_json_is_yaml_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"name": "small", "owner": 7}')
    with pytest.raises(InputError) as caught:
        read_file(path)
    assert f"{path}:1:28" in [problem.where for problem in caught.value.problems if problem.path == "owner"]


def test_the_stacks_of_a_project_share_one_reading_of_their_description(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(SAMPLES[0].read_bytes())
    first = read_file(path)
    assert read_file(path) is first
    path.write_text(path.read_text().replace("owner: ", "owner: new-"))
    assert read_file(path).owner == f"new-{first.owner}"


def test_a_file_name_cannot_forge_lines_of_the_message(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[31m.yaml"
    path.write_text("name: 1\n")
    with pytest.raises(InputError) as caught:
        read_file(path)
    assert "\x1b" not in str(caught.value)
    assert "a\\nb\\u001b[31m.yaml" in str(caught.value)
