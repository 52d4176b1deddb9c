"""The commands as users meet them: help that teaches, data on stdout, talk on stderr, and the four exit codes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from intertie.cli.app import app
from intertie.cli.exits import Exit
from intertie.errors import InputError, OutsideError, PlanError
from support.command import Ran, run

ROOT = Path(__file__).parents[2]
CHAT = str(ROOT / "stacks" / "specs" / "chat.yaml")


def named(group: Any, before: str = "") -> Iterator[str]:
    """Every command below a group, as it is typed."""
    for name, command in group.commands.items():
        yield from named(command, f"{before}{name} ") if hasattr(command, "commands") else (f"{before}{name}",)


COMMANDS = tuple(named(get_command(app)))
Runner = Callable[..., Ran]


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def test_exit_codes_are_frozen() -> None:
    assert {code.name: code.value for code in Exit} == {"GOOD": 0, "VIOLATIONS": 1, "BAD_INPUT": 2, "OUTSIDE": 3}
    assert (InputError.exit_code, PlanError.exit_code, OutsideError.exit_code) == (2, 1, 3)


def test_no_command_is_left_out() -> None:
    assert {"forecast", "capacity", "ledger use", "guard", "exporter", "focus", "policy check"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example(command: str, intertie: Runner) -> None:
    shown = intertie(*command.split(), "--help")
    assert shown.code == 0
    assert f"intertie {command}" in " ".join(shown.out.split())


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("catalog")])
def test_every_catalogue_table_has_sources_and_a_schema_in_json(command: str, intertie: Runner) -> None:
    data = json.loads(intertie(*command.split(), "--format", "json").out)
    assert data["schema"] == "intertie.catalog/v1"
    assert data["rows"]
    assert all(row["source"] and row["as_of"] for row in data["rows"])


def test_a_good_description_is_valid(intertie: Runner) -> None:
    shown = intertie("validate", CHAT)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count(": ok") == 3


def test_a_description_that_cannot_exist_ends_with_1_and_its_problems(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "chat.yaml"
    path.write_text(Path(CHAT).read_text().replace("residency: [us, eu]", "residency: [eu]"))
    shown = intertie("validate", str(path), "--format", "json")
    assert shown.code == 1
    problems = json.loads(shown.out)["placements"]
    assert [name for name, found in problems.items() if found] == ["aws-use1"]
    assert "eu" in problems["aws-use1"][0]["allowed"]


def test_a_misspelt_description_ends_with_2_and_no_traceback(intertie: Runner) -> None:
    shown = intertie("validate", str(ROOT / "tests" / "support" / "mistakes.yaml"))
    assert shown.code == 2
    assert "mistakes.yaml:9:45" in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("command", ["validate", "explain"])
def test_a_file_that_is_not_there_is_named(command: str, intertie: Runner) -> None:
    shown = intertie(command, "nowhere.yaml")
    assert shown.code == 2
    assert "nowhere.yaml" in shown.err


def test_explain_says_why_and_why_not(intertie: Runner) -> None:
    shown = intertie("explain", CHAT, "--placement", "azure-swc")
    assert shown.code == 0
    assert "stage generate" in shown.out
    assert "because" in shown.out
    assert "not " in shown.out


def test_explain_of_an_unknown_placement_lists_the_known_ones(intertie: Runner) -> None:
    shown = intertie("explain", CHAT, "--placement", "aws")
    assert shown.code == 2
    assert "aws-use1, gcp-euw4, azure-swc" in shown.err


def test_a_misspelt_filter_of_the_catalogue_is_met_with_what_was_meant(intertie: Runner) -> None:
    shown = intertie("catalog", "machines", "--accelerator", "h10")
    assert shown.code == 2
    assert "did you mean 'h100'?" in shown.err


def test_preview_wants_to_be_told_what_to_preview(intertie: Runner) -> None:
    shown = intertie("preview")
    assert shown.code == 2
    assert "--stack NAME, --all, or --spec FILE" in shown.err


def test_preview_refuses_all_together_with_a_choice(intertie: Runner) -> None:
    assert intertie("preview", "--all", "--stack", "aws-use1").code == 2


def test_preview_prints_the_promised_json(intertie: Runner) -> None:
    shown = intertie("preview", "-C", str(ROOT), "--stack", "pilot-gcp", "--format", "json")
    data = json.loads(shown.out)
    assert (shown.code, data["schema"], data["verdict"]) == (0, "intertie.preview/v1", "pass")
    assert {"graph", "cost"} <= set(data["evaluated"])
    stack = data["stacks"][0]
    assert (stack["cloud"], stack["region"], stack["problems"], stack["findings"]) == ("gcp", "us-central1", [], [])
    assert {"urn", "type", "name", "parent", "provider", "depends_on", "inputs"} <= set(stack["resources"][0])


def test_the_same_preview_twice_gives_the_same_bytes(intertie: Runner) -> None:
    arguments = ("preview", "-C", str(ROOT), "--stack", "pilot-gcp", "--format", "json")
    assert intertie(*arguments).out == intertie(*arguments).out


def test_preview_of_an_unknown_stack_lists_the_known_ones(intertie: Runner) -> None:
    shown = intertie("preview", "-C", str(ROOT), "--stack", "aws-use")
    assert shown.code == 2
    assert "aws-use1" in shown.err


def test_a_preview_with_a_problem_ends_with_1(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(Path(CHAT).read_text().replace("accelerators: [l4, a10]", "accelerators: [l40s]"))
    shown = intertie("preview", "-C", str(ROOT), "--spec", str(path), "--format", "markdown")
    assert shown.code == 1
    assert "l40s" in shown.out


def test_the_guide_of_the_demo_names_the_next_command(intertie: Runner) -> None:
    shown = intertie("preview", "-C", str(ROOT), "--stack", "pilot-gcp", "--guide")
    assert "Try next:" in shown.out
    assert "intertie explain" in shown.out


def test_doctor_names_every_tier(intertie: Runner) -> None:
    data = json.loads(intertie("doctor", "--format", "json").out)
    assert data["tiers"]["in-process preview"] is True
    assert set(data["tiers"]) == {"in-process preview", "lab, engine", "lab, Kubernetes"}


def test_a_full_disk_is_no_defect_of_ours(monkeypatch: pytest.MonkeyPatch, intertie: Runner) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.delenv("INTERTIE_TRACEBACK", raising=False)
    monkeypatch.setattr("intertie.cli.output.Console.print", full)
    shown = intertie("validate", CHAT)
    assert shown.code == 3
    assert "the system refused: [Errno 28] No space left on device" in shown.err
    assert "a defect" not in shown.err


def test_a_catalogue_without_such_rows_says_so(intertie: Runner) -> None:
    shown = intertie("catalog", "machines", "--cloud", "azure", "--accelerator", "trainium1")
    assert shown.code == 0
    assert "the catalogue has no such machines" in shown.err


def test_one_problem_is_counted_as_one(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "chat.yaml"
    path.write_text(Path(CHAT).read_text().replace("residency: [us, eu]", "residency: [eu]"))
    assert "aws-use1 (aws us-east-1): 1 problem\n" in intertie("validate", str(path)).out


def test_a_placement_that_is_named_twice_is_explained_once(intertie: Runner) -> None:
    shown = intertie("explain", CHAT, "-p", "azure-swc", "-p", "azure-swc", "--format", "json")
    assert [plan["placement"] for plan in json.loads(shown.out)["plans"]] == ["azure-swc"]


def test_a_defect_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, intertie: Runner) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.delenv("INTERTIE_TRACEBACK", raising=False)
    monkeypatch.setattr("intertie.cli.commands.validate.read_file", broken)
    shown = intertie("validate", CHAT)
    assert shown.code == 3
    assert "a defect in Intertie" in shown.err
    assert "Traceback" not in shown.err
