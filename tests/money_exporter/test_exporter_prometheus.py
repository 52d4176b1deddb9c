"""Prometheus' own programs on the rules, and a Prometheus server that scrapes the exporter.

`tools/prometheus.py` finds or fetches them. In CI they must be there; elsewhere this file is left out without them, and
says so.
"""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from intertie.money.exporter import Endpoint, Snapshot, exposition
from intertie.money.guard.meter import NodeCost
from intertie.plan.cost_rules import rule_groups
from support.prometheus_programs import programs, promtool, unit_test

PLACE = 'pipeline="chat", placement="aws"'
OWNED = f'{PLACE}, owner="o", cost_center="c", stage="s", model="m", capacity="spot"'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": rule_groups("chat", "aws")}))
    return path


def test_promtool_takes_the_rules(rules: Path, tmp_path: Path) -> None:
    assert "15 rules found" in promtool("check", "rules", str(rules), cwd=tmp_path)


def alert(severity: str, summary: str, /, **labels: str) -> dict:
    return {"exp_labels": {"severity": severity, **labels}, "exp_annotations": {"summary": summary}}


PLACES = {"pipeline": "chat", "placement": "aws"}


def test_rules_fire_when_they_must_and_only_then(tmp_path: Path) -> None:
    series = {
        f"intertie_cost_usd_per_hour{{{OWNED}}}": "300+0x600",
        f"intertie_budget_usd{{{PLACE}}}": "100000+0x600",
        f'intertie_guard_state{{{PLACE}, state="freeze"}}': "0x30 1x600",
        f'intertie_commitment_utilization_ratio{{{PLACE}, name="cr", kind="odcr"}}': "0.25+0x600",
    }
    burn = "chat on aws spends 2.19 times its budget"
    guard = "the budget guard of chat on aws is in state freeze"
    idle = "commitment cr is paid for and used to 25%"
    cases = [
        ("10m", "BudgetBurnsTooFast", []),
        ("45m", "BudgetBurnsTooFast", [alert("critical", burn, **PLACES)]),
        ("20m", "BudgetGuardActs", []),
        ("40m", "BudgetGuardActs", [alert("critical", guard, **PLACES, state="freeze")]),
        ("5h", "CommitmentIdle", []),
        ("7h", "CommitmentIdle", [alert("warning", idle, **PLACES, name="cr", kind="odcr")]),
    ]
    unit_test(rule_groups("chat", "aws"), series, cases, tmp_path)


READ, RAN = (
    f"intertie_last_read_timestamp_seconds{{{PLACE}}}",
    f"intertie_guard_last_reading_timestamp_seconds{{{PLACE}}}",
)
FAILS = alert("warning", "the cost exporter of chat on aws cannot read the cluster", **PLACES)
OLD = alert("warning", "the costs of chat on aws are of 30m 0s ago", **PLACES)
GONE = alert("warning", "nothing shows what chat on aws costs: the exporter does not run or is not asked", **PLACES)
STILL = alert("critical", "chat on aws: the budget guard has believed nothing for 30m 0s", **PLACES)
NEVER = alert("critical", "the budget guard of chat on aws has left no memory that can be read", **PLACES)
MINUTES = "0+60x120"
"""A clock: seconds since the beginning, every minute."""


@pytest.mark.parametrize(
    ("series", "cases"),
    [
        ({READ: MINUTES, RAN: "0x4 300x4 600x4 900x4 1200x4 1500x4 1800x30"},
         [("26m", "BudgetGuardStandsStill", []), ("60m", "BudgetGuardStandsStill", [STILL])]),
        ({READ: "0+60x30 1800x60", RAN: "0+60x30 1800x60"},
         [("35m", "CostFiguresOld", []), ("60m", "CostFiguresOld", [OLD]), ("60m", "BudgetGuardStandsStill", [])]),
        ({READ: "0+60x30", RAN: "0+60x30"}, [("30m", "CostExporterGone", []), ("60m", "CostExporterGone", [GONE])]),
        ({READ: MINUTES, f"intertie_budget_usd{{{PLACE}}}": "9+0x120"},
         [("20m", "BudgetGuardNeverRan", []), ("60m", "BudgetGuardNeverRan", [NEVER])]),
        ({READ: MINUTES, RAN: MINUTES, f"intertie_budget_usd{{{PLACE}}}": "9+0x120"},
         [("60m", name, []) for name in ("BudgetGuardNeverRan", "BudgetGuardStandsStill", "CostFiguresOld")]),
        ({READ: MINUTES, f"intertie_read_errors_total{{{PLACE}}}": "0x20 1+1x99"},
         [("19m", "CostReadsFail", []), ("30m", "CostReadsFail", []), ("60m", "CostReadsFail", [FAILS])]),
        ({READ: MINUTES, f"intertie_read_errors_total{{{PLACE}}}": "0x20 1x99"}, [("60m", "CostReadsFail", [])]),
    ],
)  # fmt: skip
def test_figures_that_stand_still_are_told(series: dict[str, str], cases: list[Any], tmp_path: Path) -> None:
    unit_test(rule_groups("chat", "aws"), series, cases, tmp_path)


@pytest.fixture
def exporter() -> Iterator[Endpoint]:
    node = NodeCost("a", "p5.48xlarge", "us-east-1", "generate", "spot", 55.0, 8)
    endpoint = Endpoint()
    endpoint.show(exposition(Snapshot((node,), "o", "c", "chat", "aws", budget_usd=1000.0)))
    endpoint.start()
    yield endpoint
    endpoint.stop()


def test_a_prometheus_server_scrapes_the_exporter(exporter: Endpoint, rules: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    job = {"job_name": "intertie", "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
    config = {"global": {"scrape_interval": "1s"}, "rule_files": [str(rules)], "scrape_configs": [job]}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    words = [
        str(programs()["prometheus"]),
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address={address}",
    ]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(words, cwd=tmp_path, stdout=log, stderr=log)
    try:
        found = until_there(f"http://{address}/api/v1/query?query=node_total_hourly_cost")
    finally:
        server.terminate()
        server.wait(20)
    assert [(one["metric"]["instance_type"], one["value"][1]) for one in found] == [("p5.48xlarge", "55")]


def until_there(url: str) -> list[dict]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                result = json.loads(answer.read())["data"]["result"]
        except OSError:  # it has not begun to listen
            result = []
        if result:
            return result
        time.sleep(0.2)
    raise AssertionError("no sample within a minute")
