"""`intertie cost` and the cost in previews, as users meet them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Ran, run

ROOT = Path(__file__).parents[2]
CHAT = str(ROOT / "stacks" / "specs" / "chat.yaml")
Runner = Callable[..., Ran]
EMPTY = {
    "schema": "intertie.cost/v1", "spec": "a", "placements": [],
    "total": {"at_least": True, "monthly": {"min": 1, "likely": 1, "max": 1}},
}  # fmt: skip


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def cost(intertie: Runner, *arguments: str) -> dict:
    shown = intertie("cost", *arguments, "--format", "json")
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def test_the_sample_costs_something_on_three_clouds_with_source_date_and_unknowns(intertie: Runner) -> None:
    data = cost(intertie, CHAT)
    assert (data["schema"], data["currency"]) == ("intertie.cost/v1", "USD")
    assert [each["cloud"] for each in data["placements"]] == ["aws", "gcp", "azure"]
    for each in data["placements"]:
        assert 0 < each["monthly"]["min"] <= each["monthly"]["likely"] <= each["monthly"]["max"]
        assert each["sources"]
        assert each["as_of"] <= each["newest"]
        assert each["unknown"]
        for line in each["lines"]:
            assert line["price"] is None or {"amount", "currency", "source", "as_of"} <= set(line["price"])
    figures = [sum(each["monthly"][key] for each in data["placements"]) for key in ("min", "likely", "max")]
    assert figures == pytest.approx([data["total"]["monthly"][key] for key in ("min", "likely", "max")])


def test_the_text_says_at_least_and_names_dates_and_sources(intertie: Runner) -> None:
    shown = intertie("cost", CHAT)
    text = " ".join(shown.out.split())
    assert "cost a month: at least $81,673" in text
    assert "dated 2026-01-01 to 2026-04-01" in text
    assert "aws/karpenter-provider-aws" in text
    assert "left by a teardown: p5.48xlarge as odcr (generate0) $110.08 an hour" in text
    assert "Budget: $250,000 a month; over it: most" in text


def test_old_prices_are_named_on_stderr_and_do_not_change_the_data(intertie: Runner) -> None:
    shown = intertie("cost", CHAT, "--format", "json")
    assert "older than 180 days" in shown.err
    assert shown.out == intertie("cost", CHAT, "--format", "json").out


def test_carbon_stands_beside_the_money_with_what_is_unknown(intertie: Runner) -> None:
    aws = cost(intertie, CHAT, "--placement", "aws-use1")["placements"][0]["carbon"]
    assert 0 < aws["kwh"]["min"] < aws["kwh"]["likely"] < aws["kwh"]["max"]
    assert aws["kg"]["likely"] == pytest.approx(aws["kwh"]["likely"] * aws["grams_per_kwh"] / 1000)
    assert any("m7i.xlarge" in text for text in aws["unknown"])


def test_a_forecast_of_replicas_moves_the_likely_cost(intertie: Runner) -> None:
    few = cost(intertie, CHAT, "-p", "aws-use1", "--replicas", "moderate=1")["total"]["monthly"]
    many = cost(intertie, CHAT, "-p", "aws-use1", "--replicas", "moderate=4")["total"]["monthly"]
    assert (few["min"], few["max"]) == (many["min"], many["max"])
    assert few["likely"] < many["likely"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nowhere=2", "no stage is called 'nowhere'; known: prepare, moderate, generate"),
        ("moderate=many", "found 'many'"),
        ("moderate=nan", "allowed: a number from 0 to 10000"),
        ("moderate=-1", "allowed: a number from 0 to 10000"),
    ],
)
def test_replicas_that_cannot_be_are_refused(given: str, told: str, intertie: Runner) -> None:
    shown = intertie("cost", CHAT, "--replicas", given)
    assert shown.code == 2
    assert told in shown.err


def test_two_descriptions_are_compared_line_by_line(tmp_path: Path, intertie: Runner) -> None:
    changed = tmp_path / "chat.yaml"
    text = Path(CHAT).read_text().replace("replicas: 1..4", "replicas: 2..4").replace("gcp-euw4:", "gcp-new:")
    changed.write_text(text)
    change = cost(intertie, str(changed), "--against", CHAT)["change"]
    found = {each["placement"]: each for each in change["placements"]}
    assert {name: each["status"] for name, each in found.items()} == {
        "aws-use1": "changed", "gcp-euw4": "removed", "azure-swc": "same", "gcp-new": "added",
    }  # fmt: skip
    assert [line["what"] for line in found["aws-use1"]["lines"]] == ["g6.xlarge as on-demand (moderate0)"]
    assert found["aws-use1"]["monthly"]["min"] == pytest.approx(0.8048 * 730)
    assert found["gcp-euw4"]["monthly"]["likely"] < 0


def test_an_earlier_json_is_compared_with_too(tmp_path: Path, intertie: Runner) -> None:
    earlier = tmp_path / "before.json"
    earlier.write_text(intertie("cost", CHAT, "--format", "json").out)
    change = cost(intertie, CHAT, "--against", str(earlier))["change"]
    assert {each["status"] for each in change["placements"]} == {"same"}
    assert set(change["total"].values()) == {0.0}
    markdown = intertie("cost", CHAT, "--against", str(earlier), "--format", "markdown").out
    assert "Change a month against" in markdown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ("[1]", "schema: found 'list'"),
        ('{"schema": "intertie.preview/v1"}', "schema: found 'intertie.preview/v1'"),
        ('{"schema": "intertie.cost/v1", "spec": "a", "total": {"monthly": {"min": NaN}}}', "total: allowed"),
        (json.dumps({**EMPTY, "placements": [{"placement": 3}]}), "placements[0]: allowed"),
        (json.dumps({**EMPTY, "placements": 3}), "placements: allowed: a list"),
    ],
)
def test_an_earlier_json_that_is_none_is_refused(text: str, told: str, tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "before.json"
    path.write_text(text)
    shown = intertie("cost", CHAT, "--against", str(path))
    assert shown.code == 2
    assert told in shown.err


def test_contract_prices_come_first_and_are_marked(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "contract.csv"
    path.write_text(
        "cloud,region,machine,kind,price,currency,as_of,source\n"
        "aws,us-east-1,p5.48xlarge,on-demand,39.5,USD,2026-10-01,agreement 4711\n"
    )
    lines = cost(intertie, CHAT, "-p", "aws-use1", "--prices", str(path))["placements"][0]["lines"]
    reserved = next(line for line in lines if line["pool"] == "generate0")
    assert (reserved["price"]["amount"], reserved["price"]["origin"]) == (39.5, "contract")
    assert "contract" in intertie("cost", CHAT, "-p", "aws-use1", "--prices", str(path)).out


def test_a_placement_that_cannot_be_is_told_and_the_others_are_priced(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "chat.yaml"
    path.write_text(Path(CHAT).read_text().replace("residency: [us, eu]", "residency: [eu]"))
    shown = intertie("cost", str(path), "--format", "json")
    data = json.loads(shown.out)
    assert shown.code == 1
    assert [each["placement"] for each in data["placements"]] == ["gcp-euw4", "azure-swc"]
    assert list(data["problems"]) == ["aws-use1"]


def test_an_unknown_placement_is_refused_with_the_known_ones(intertie: Runner) -> None:
    shown = intertie("cost", CHAT, "--placement", "aws")
    assert shown.code == 2
    assert "it has: aws-use1, gcp-euw4, azure-swc" in shown.err


def test_a_preview_shows_the_cost_that_the_command_shows(intertie: Runner) -> None:
    shown = intertie("preview", "-C", str(ROOT), "--stack", "aws-use1", "--format", "json")
    stack = json.loads(shown.out)["stacks"][0]["cost"]
    alone = cost(intertie, CHAT, "-p", "aws-use1")["placements"][0]
    assert {key: stack[key] for key in ("monthly", "hourly", "currency", "as_of", "unknown")} == {
        key: alone[key] for key in ("monthly", "hourly", "currency", "as_of", "unknown")
    }


def test_a_preview_for_people_shows_cost_dates_and_what_is_missing(intertie: Runner) -> None:
    text = " ".join(intertie("preview", "-C", str(ROOT), "--stack", "aws-use1").out.split())
    assert "cost a month: at least $81,673 to $164,824, likely $82,922; 5 unknown" in text
    assert "prices: USD, dated 2026-01-01 to 2026-04-01" in text
    assert "not in the cost: load balancer: no source has a price" in text
