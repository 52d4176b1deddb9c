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

import pytest
import yaml

from intertie.money.exporter import Endpoint, Snapshot, exposition
from intertie.money.guard.meter import NodeCost
from intertie.workload.cost_rules import rule_groups
from support.prometheus_programs import programs

PLACE = 'pipeline="chat", placement="aws"'
OWNED = f'{PLACE}, owner="o", cost_center="c", stage="s", model="m", capacity="spot"'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": rule_groups()}))
    return path


def promtool(*words: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(programs()["promtool"]), *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_rules(rules: Path, tmp_path: Path) -> None:
    assert "10 rules found" in promtool("check", "rules", str(rules), cwd=tmp_path)


def alert(severity: str, summary: str, /, **labels: str) -> dict:
    return {"exp_labels": {"severity": severity, **labels}, "exp_annotations": {"summary": summary}}


def test_rules_fire_when_they_must_and_only_then(rules: Path, tmp_path: Path) -> None:
    place = {"pipeline": "chat", "placement": "aws"}
    series = [
        {"series": f"intertie_cost_usd_per_hour{{{OWNED}}}", "values": "300+0x600"},
        {"series": f"intertie_budget_usd{{{PLACE}}}", "values": "100000+0x600"},
        {"series": f'intertie_guard_state{{{PLACE}, state="freeze"}}', "values": "0x30 1x600"},
        {"series": f'intertie_commitment_utilization_ratio{{{PLACE}, name="cr", kind="odcr"}}', "values": "0.25+0x600"},
    ]
    burn = "chat on aws spends 2.19 times its budget"
    guard = "the budget guard of chat on aws is in state freeze"
    idle = "commitment cr is paid for and used to 25%"
    cases = [
        ("10m", "BudgetBurnsTooFast", []),
        ("45m", "BudgetBurnsTooFast", [alert("critical", burn, **place)]),
        ("20m", "BudgetGuardActs", []),
        ("40m", "BudgetGuardActs", [alert("critical", guard, **place, state="freeze")]),
        ("5h", "CommitmentIdle", []),
        ("7h", "CommitmentIdle", [alert("warning", idle, **place, name="cr", kind="odcr")]),
    ]
    tests = [{"eval_time": at, "alertname": name, "exp_alerts": found} for at, name, found in cases]
    whole = {
        "rule_files": [rules.name],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": tests}],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(whole))
    promtool("test", "rules", "test.yml", cwd=tmp_path)


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
