"""`intertie ledger`, as finance meets it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Ran, run

Runner = Callable[..., Ran]
PLACE = ("--cloud", "aws", "--region", "us-east-1", "--machine", "p5.48xlarge")
ADD = ("--id", "cr-0abc", "--kind", "odcr", *PLACE, "--quantity", "2", "--price", "39.5",
       "--start", "2026-10-01T00:00:00Z", "--end", "2026-11-01T00:00:00Z")  # fmt: skip
USE = "start,end,cloud,region,machine,machines"


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


@pytest.fixture
def ledger(tmp_path: Path, intertie: Runner) -> str:
    path = str(tmp_path / "capacity.ledger")
    assert intertie("ledger", "add", path, *ADD).code == 0
    csv = tmp_path / "use.csv"
    csv.write_text(f"{USE}\n2026-10-01T00:00:00Z,2026-10-11T00:00:00Z,aws,us-east-1,p5.48xlarge,3\n")
    assert intertie("ledger", "use", path, str(csv)).code == 0
    return path


def test_the_balance_shows_used_idle_coverage_and_break_even(ledger: str, intertie: Runner) -> None:
    shown = intertie("ledger", "show", ledger, "--at", "2026-10-21T00:00:00Z", "--format", "json")
    data = json.loads(shown.out)
    (account,) = data["commitments"]
    assert data["schema"] == "intertie.ledger/v1"
    assert account["hours"] == {"billed": 960.0, "used": 480.0, "idle": 480.0}
    assert account["usd"] == {"billed": 37920.0, "used": 18960.0, "idle": 18960.0}
    assert account["utilisation"] == 0.5
    assert account["break_even"] == pytest.approx(39.5 / 55.04, abs=1e-6)
    assert account["benchmark"]["amount"] == 55.04
    assert data["places"][0]["coverage"] == pytest.approx(480 / 720, abs=1e-6)
    assert data["total"]["billed"] == data["total"]["used"] + data["total"]["idle"]
    assert [each["kind"] for each in data["findings"]] == ["expires", "idle"]


def test_the_text_shows_the_same(ledger: str, intertie: Runner) -> None:
    text = " ".join(intertie("ledger", "show", ledger, "--at", "2026-10-21T00:00:00Z").out.split())
    assert "break-even" in text
    assert "used 50% of the time, pays from 72% on" in text
    assert "Billed $37,920: used $18,960, idle $18,960" in text


def test_an_end_before_the_stacks_end_is_warned_of(ledger: str, intertie: Runner) -> None:
    arguments = ("--at", "2026-10-11T00:00:00Z", "--until", "2027-06-30T00:00:00Z", "--format", "json")
    data = json.loads(intertie("ledger", "show", ledger, *arguments).out)
    assert "before the stack's end on 2027-06-30" in data["findings"][0]["text"]


def test_a_cancellation_ends_the_billing(ledger: str, intertie: Runner) -> None:
    assert intertie("ledger", "cancel", ledger, "--id", "cr-0abc", "--at", "2026-10-11T00:00:00Z").code == 0
    data = json.loads(intertie("ledger", "show", ledger, "--at", "2026-11-20T00:00:00Z", "--format", "json").out)
    assert data["commitments"][0]["hours"]["billed"] == 480.0


def test_the_chain_is_verified_and_a_changed_line_is_found(ledger: str, intertie: Runner) -> None:
    last = json.loads(intertie("ledger", "verify", ledger, "--format", "json").out)["last_hash"]
    assert intertie("ledger", "verify", ledger, "--expected", last).code == 0
    Path(ledger).write_text(Path(ledger).read_text().replace("39.5", "29.5"))
    shown = intertie("ledger", "verify", ledger)
    assert shown.code == 2
    assert "capacity.ledger:1: a hash that is not this line's" in shown.err


def test_the_same_identifier_twice_is_refused(ledger: str, intertie: Runner) -> None:
    shown = intertie("ledger", "add", ledger, *ADD)
    assert shown.code == 2
    assert "an identifier that no other commitment has" in shown.err


def test_everything_wrong_with_a_commitment_is_told_at_once(tmp_path: Path, intertie: Runner) -> None:
    arguments = [*ADD]
    arguments[arguments.index("39.5")] = "nan"
    arguments[arguments.index("odcr")] = "gift"
    shown = intertie("ledger", "add", str(tmp_path / "x.ledger"), *arguments)
    assert shown.code == 2
    assert "2 problems" in shown.err
    assert "--price: found 'nan'" in shown.err
    assert not (tmp_path / "x.ledger").exists()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,-3", "use.csv:3: machines: found '-3'"),
        ("2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,nan", "use.csv:3: machines: found 'nan'"),
        ("2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,999999", "at most 100,000"),
        ("2026-10-03T00:00:00Z,2026-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,1", "end: found"),
        ("2026-10-01,2026-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,1", "start: found '2026-10-01'"),
        ("2126-10-01T00:00:00Z,2126-10-02T00:00:00Z,aws,us-east-1,p5.48xlarge,1", "a time that is not in the future"),
        ("2026-09-01T12:00:00Z,2026-09-03T00:00:00Z,aws,us-east-1,p5.48xlarge,1", "where the row before ends"),
        ("2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,moon,us-east-1,p5.48xlarge,1", "cloud: found 'moon'"),
    ],
)
def test_use_that_cannot_be_is_refused_with_row_and_column(
    row: str, told: str, tmp_path: Path, intertie: Runner
) -> None:
    csv = tmp_path / "use.csv"
    csv.write_text(f"{USE}\n2026-09-01T00:00:00Z,2026-09-02T00:00:00Z,aws,us-east-1,p5.48xlarge,1\n{row}\n")
    shown = intertie("ledger", "use", str(tmp_path / "x.ledger"), str(csv))
    assert shown.code == 2
    assert told in shown.err
    assert not (tmp_path / "x.ledger").exists()


def test_a_ledger_that_is_none_is_refused(tmp_path: Path, intertie: Runner) -> None:
    (tmp_path / "x").write_text("hello\n")
    assert intertie("ledger", "show", str(tmp_path / "x")).code == 2
    assert intertie("ledger", "show", str(tmp_path / "nowhere")).code == 2


def test_a_time_without_its_zone_is_refused(ledger: str, intertie: Runner) -> None:
    shown = intertie("ledger", "show", ledger, "--at", "2026-10-21")
    assert shown.code == 2
    assert "--at: found '2026-10-21'; allowed: a time with its zone" in shown.err


def test_the_help_of_every_command_has_an_example(intertie: Runner) -> None:
    for command in ("add", "cancel", "use", "show", "verify"):
        assert f"intertie ledger {command}" in " ".join(intertie("ledger", command, "--help").out.split())


def test_a_last_line_that_is_not_whole_is_said_and_not_counted(ledger: str, intertie: Runner) -> None:
    path = Path(ledger)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    shown = intertie("ledger", "show", ledger, "--format", "json")
    assert (shown.code, json.loads(shown.out)["entries"]) == (0, 1)
    left = len(whole.splitlines()[-1]) + 1 - 9
    assert f"capacity.ledger:2: {left} bytes of a line that was never finished are not counted" in shown.err
    path.write_bytes(whole)
    assert not intertie("ledger", "show", ledger).err
