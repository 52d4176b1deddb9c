"""`intertie catalog prices`: what is shown is what the sources say."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Ran, run

ROOT = Path(__file__).parents[2]
Runner = Callable[..., Ran]


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def rows(intertie: Runner, *arguments: str) -> list[dict]:
    data = json.loads(intertie("catalog", "prices", *arguments, "--format", "json").out)
    assert (data["schema"], data["what"]) == ("intertie.catalog/v1", "prices")
    return data["rows"]


def test_every_price_that_is_shown_equals_its_source_row(intertie: Runner) -> None:
    shown = {(row["cloud"], row["machine"], row["region"], row["kind"]): row for row in rows(intertie)}
    known: set[tuple[str, ...]] = set()
    for name in ("gpu_prices", "cpu_prices"):
        with (ROOT / "tools" / "prices" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for kind, column in (("on-demand", "ondemand_usd_per_hour"), ("spot", "spot_usd_per_hour")):
                    key = (row["cloud"], row["instance_type"], row["region"], kind)
                    if row[column]:
                        assert shown[key]["price"] == float(row[column])
                        assert shown[key]["source"].startswith(row["source"])
                        known.add(key)
                    else:
                        assert key not in shown
    assert {key for key in shown if key[3] in ("on-demand", "spot")} == known  # and nothing beside them
    assert len(known) > 1000


def test_the_text_shows_prices_in_full(intertie: Runner) -> None:
    text = intertie("catalog", "prices", "--cloud", "gcp", "--region", "us-central1", "--machine", "e2-standard-4").out
    assert "$0.13402284 / hour" in text
    assert "2025-01-01" in text


def test_an_own_price_stands_in_the_place_of_the_listed(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "contract.csv"
    path.write_text("cloud,region,machine,price,currency,as_of\naws,us-east-1,p5.48xlarge,39.5,USD,2026-10-01\n")
    found = rows(intertie, "--machine", "p5.48xlarge", "--region", "us-east-1", "--prices", str(path))
    assert [(row["price"], row["origin"]) for row in found if row["kind"] == "on-demand"] == [(39.5, "contract")]


def test_commitments_are_shown_as_their_sources_give_them(intertie: Runner) -> None:
    found = rows(intertie, "--cloud", "gcp", "--kind", "committed-use")
    assert {(row["machine"], row["days"], row["share_of_on_demand"]) for row in found} == {
        ("a2-highgpu*", 365, 0.63), ("a2-highgpu*", 1095, 0.35),
        ("a3-highgpu*", 365, 0.6937), ("a3-highgpu*", 1095, 0.4392),
    }  # fmt: skip


def test_a_refresh_that_finds_no_server_ends_with_3_and_writes_nothing(
    tmp_path: Path, intertie: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intertie.money.refresh.azure.BASE", "http://127.0.0.1:9")
    monkeypatch.setattr("intertie.money.refresh.run.Bases.__init__.__defaults__", ("x", "http://127.0.0.1:9", "x"))
    monkeypatch.setattr("intertie.money.refresh.http.ATTEMPTS", 1)
    file = tmp_path / "prices.csv"
    shown = intertie("catalog", "prices", "--refresh", str(file), "--cloud", "azure", "--region", "swedencentral")
    assert shown.code == 3
    assert "no answer" in shown.err
    assert not file.exists()
