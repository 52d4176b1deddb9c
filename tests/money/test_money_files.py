"""Files that people give and files that are written: whole, or not at all."""

from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.money.files import read_json, read_text, replace_file
from support.killing import killer

WRITER = """
from intertie.money.files import replace_file

def write(path, letter, say):
    while True:
        replace_file(path, letter * 300_000)
        say(letter)
"""


def test_a_price_file_is_whole_however_often_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    with killer(WRITER, path) as kill:
        for number in range(100):
            letter = chr(ord("a") + number % 26)
            assert kill(letter, 0.0003 * (number % 13)) == letter
            assert path.read_text() == letter * 300_000


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "new\udcff")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("old")
    path.chmod(0o640)
    replace_file(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)


def test_text_may_begin_with_a_mark_and_ends_lines_in_any_way(tmp_path: Path) -> None:
    path = tmp_path / "given.csv"
    path.write_bytes("\ufeffa,b\r\n1,ü\r\n".encode())
    assert read_text(path, "a CSV file").split() == ["a,b", "1,ü"]


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "given.csv"
    path.write_bytes(b"a" * 11)
    assert read_text(path, "a CSV file", largest=11) == "a" * 11
    with pytest.raises(InputError, match="larger than 10 bytes\n  → cut it"):
        read_text(path, "a CSV file", largest=10, smaller="cut it")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, "{'a': 1}"])
def test_what_is_no_json_ends_with_what_to_do(text: str, tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"given\.json: not JSON: .*\n  → do this"):
        read_json(path, "a result", "do this")
