"""Files that are not what a money command asks for: a message with the file's name and exit code 2, never a defect."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Ran, run
from support.stacks import ROOT

CHAT = str(ROOT / "stacks" / "specs" / "chat.yaml")
AWS = (CHAT, "-p", "aws-use1")
A3 = ("--cloud", "gcp", "--region", "us-central1", "--machine", "a3-highgpu-8g")
DAYS = ("--from", "2025-11-01", "--to", "2025-11-02")
READERS: dict[str, tuple[str, ...]] = {
    "forecast": ("forecast", "FILE"),
    "events": ("forecast", "USAGE", "--horizon", "3d", "--events", "FILE"),
    "capacity": ("capacity", "FILE", *A3),
    "prices": ("cost", *AWS, "--prices", "FILE"),
    "against": ("cost", *AWS, "--against", "FILE"),
    "catalog": ("catalog", "prices", "--cloud", "aws", "--prices", "FILE"),
    "ledger": ("ledger", "show", "FILE"),
    "use": ("ledger", "use", "NEW", "FILE"),
    "usage": ("focus", *AWS, *DAYS, "--usage", "FILE"),
    "discounts": ("focus", *AWS, *DAYS, "--ledger", "FILE"),
    "kubeconfig": ("guard", "--namespace", "chat", "--cloud", "aws", "--budget", "9", "--kubeconfig", "FILE"),
    "facts": ("exporter", "--facts", "FILE", "--textfile", "NEW"),
}
FILES = {
    "bytes": b"\xff\xfe\x00\x80,\xc3\x28\n1,2\n",
    "nul": b"\x00\n\x00",
    "deep": b"[" * 100_000 + b"\n",
    "digits": b"1" * 5000 + b"\n",
    "quote": b'timestamp,value\n"2026-01-01,1\n',
    "other": b"one,two\n1,2\n",
    "page": b"<!doctype html>\n<title>Sign in</title>\n",
}

Runner = Callable[..., Ran]


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("INTERTIE_TRACEBACK", raising=False)
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def refused(intertie: Runner, reader: str, file: str, folder: Path) -> Ran:
    """What a command says of a file; the other files that it takes are good."""
    usage = folder / "good.csv"
    usage.write_text("timestamp,value\n" + "".join(f"2026-10-{day:02},{day}\n" for day in range(1, 29)))
    places = {"FILE": file, "USAGE": str(usage), "NEW": str(folder / "new")}
    shown = intertie(*(places.get(word, word) for word in READERS[reader]))
    assert not (folder / "new").exists()
    assert "defect" not in shown.err
    assert "Traceback" not in shown.err
    return shown


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_another_kind_is_refused_by_its_name(
    reader: str, content: str, tmp_path: Path, intertie: Runner
) -> None:
    file = tmp_path / ("given.json" if reader == "against" else "given")
    file.write_bytes(FILES[content])
    shown = refused(intertie, reader, str(file), tmp_path)
    assert shown.code == 2
    assert str(file) in shown.err
    assert shown.out == ""
    assert file.read_bytes() == FILES[content]


@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "kubeconfig"])
def test_a_folder_a_device_and_nothing_are_told_apart(reader: str, tmp_path: Path, intertie: Runner) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    for file, said in (
        (str(folder), "found a folder"),
        ("/dev/zero", "found a device"),
        (str(tmp_path / "nowhere.json"), "cannot be read"),
    ):
        if reader == "against" and file == "/dev/zero":
            continue  # without the suffix of a JSON it is taken for a description
        shown = refused(intertie, reader, file, tmp_path)
        assert (shown.code, f"{file}: {said}" in shown.err) == (2, True), shown.err


def test_a_kubeconfig_that_is_not_there_is_something_outside(tmp_path: Path, intertie: Runner) -> None:
    shown = refused(intertie, "kubeconfig", str(tmp_path / "nowhere"), tmp_path)
    assert shown.code == 3
    assert "no way into the cluster" in shown.err


def test_use_of_other_days_is_told_and_not_counted(tmp_path: Path, intertie: Runner) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text("date,pool,hours\n2025-11-01,general,1\n2025-10-31,general,2\n")
    shown = intertie("focus", *AWS, *DAYS, "--usage", str(usage))
    assert shown.code == 0
    assert "2025-10-31" not in shown.out
    assert "use of 1 other days is not in the rows" in shown.err


@pytest.mark.parametrize("port", ["²", "9" * 5000, "65536", "-1", ""])
def test_a_port_that_cannot_be_is_refused(port: str, intertie: Runner) -> None:
    shown = intertie("exporter", *AWS, "--listen", f"127.0.0.1:{port}")
    assert shown.code == 2
    assert "--listen '127.0.0.1:" in shown.err
