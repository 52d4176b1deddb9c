"""`intertie capacity`: from use to what to commit to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from support.command import Ran, run

ROOT = Path(__file__).parents[2]
CHAT = str(ROOT / "stacks" / "specs" / "chat.yaml")
Runner = Callable[..., Ran]
A3 = ("--cloud", "gcp", "--region", "us-central1", "--machine", "a3-highgpu-8g")


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


@pytest.fixture
def use(tmp_path: Path) -> str:
    """Sixty days of machines: four at night, eight by day."""
    start = datetime(2026, 8, 1, tzinfo=UTC)
    rows = [
        f"{(start + timedelta(hours=hour)).isoformat()},{8 if 8 <= hour % 24 < 20 else 4}" for hour in range(60 * 24)
    ]
    path = tmp_path / "use.csv"
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    return str(path)


def decided(intertie: Runner, *arguments: str) -> dict:
    shown = intertie("capacity", *arguments, "--horizon", "7d", "--format", "json")
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def test_the_floor_of_the_use_is_committed_to(use: str, intertie: Runner) -> None:
    data = decided(intertie, use, *A3)
    assert data["schema"] == "intertie.capacity/v1"
    options = {(each["product"], each["days"]): each["quantity"] for each in data["options"]}
    assert options["committed-use", 365] in (4, 5)  # the upper four are wanted half the time, and cost 69 %
    assert options["committed-use", 1095] == 8  # and 44 % for three years
    assert data["recommendation"]["commit"] == 8
    assert data["recommendation"]["reserve"] == {"machine": "a3-highgpu-8g", "count": 8}
    assert any("calendar-mode" in each for each in data["unknown"])
    assert data["options"][0]["owed"] > 0


def test_what_is_committed_to_is_proposed_as_lines_of_the_stack_file(use: str, intertie: Runner) -> None:
    shown = intertie("capacity", use, *A3, "--horizon", "7d", "--zone", "us-central1-a")
    assert shown.code == 0
    text = shown.out[shown.out.index("# into the stack file") :]
    wanted = {"name": "a3-highgpu-8g-us-central1-a", "machine": "a3-highgpu-8g", "zone": "us-central1-a", "count": 8}
    assert yaml.safe_load(text) == {"inference:capacity": [wanted]}
    assert decided(intertie, use, *A3, "--zone", "us-central1-a")["proposal"] == {"inference:capacity": [wanted]}


def test_nothing_is_proposed_where_nothing_is_committed_to(use: str, intertie: Runner) -> None:
    data = decided(intertie, use, *A3, "--offer", "committed-use:365:999", "--zone", "us-central1-a")
    assert data["proposal"] == {}


def test_an_offer_of_ones_own_is_weighed(use: str, intertie: Runner) -> None:
    data = decided(intertie, use, *A3, "--offer", "committed-use:365:20")
    (option,) = data["options"]
    assert option["price"] == 20.0
    assert option["quantity"] in (8, 9)


def test_spot_takes_the_share_that_may_be_interrupted(use: str, intertie: Runner) -> None:
    data = decided(intertie, use, *A3, "--spot-share", "0.5")
    assert data["recommendation"]["spot"] == 3
    assert data["recommendation"]["commit"] == 4


def test_replicas_become_machines_through_the_plan(use: str, intertie: Runner) -> None:
    data = decided(intertie, use, "--spec", CHAT, "-p", "aws-use1", "--stage", "generate", "--unit", "replicas")
    assert data["machine"] == "p5.48xlarge"
    assert 2.0 <= data["demand"]["mean"] <= 4.0  # two replicas stand on a machine


def test_tokens_become_machines_through_the_throughput(tmp_path: Path, intertie: Runner) -> None:
    start = datetime(2026, 8, 1, tzinfo=UTC)
    rows = [f"{(start + timedelta(hours=hour)).isoformat()},{3600 * 13000}" for hour in range(30 * 24)]
    path = tmp_path / "tokens.csv"
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    data = decided(intertie, str(path), "--spec", CHAT, "-p", "aws-use1", "--stage", "generate", "--unit", "tokens")
    assert data["demand"]["mean"] == 2.0


def test_the_text_says_what_to_do_and_what_has_no_price(use: str, intertie: Runner) -> None:
    shown = intertie("capacity", use, *A3, "--horizon", "7d")
    text = " ".join(shown.out.split())
    assert shown.code == 0
    assert "commit to 8 (committed-use, 1095 days)" in text
    assert "calendar-mode: no source has its price" in text
    assert "cheapest" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say which machines: --cloud, --region and --machine, or --spec"),
        (("--cloud", "gcp", "--region", "us-central1", "--machine", "a3"), "--machine: found 'a3'"),
        (("--cloud", "gcp", "--region", "mars", "--machine", "a3-highgpu-8g"), "--region: found 'mars'"),
        ((*A3, "--unit", "lunches"), "--unit: found 'lunches'; allowed: machines, accelerators"),
        ((*A3, "--unit", "replicas"), "needs --spec, --placement and --stage"),
        ((*A3, "--spot-share", "2"), "--spot-share: found 2; allowed: 0 to 1"),
        (("--spec", CHAT), "--placement: found None; allowed: aws-use1, gcp-euw4, azure-swc"),
        (("--spec", CHAT, "-p", "aws-use1"), "--stage: found None; allowed: moderate, generate"),
    ],
)
def test_what_cannot_be_weighed_is_said(arguments: tuple[str, ...], told: str, use: str, intertie: Runner) -> None:
    shown = intertie("capacity", use, *arguments)
    assert shown.code == 2
    assert told in " ".join(shown.err.split())


@pytest.mark.parametrize("zone", ["us-east1-b", "b, evil: 1", "", "US-CENTRAL1-A", "us-central1-zzz"])
def test_a_zone_of_elsewhere_is_not_proposed(zone: str, use: str, intertie: Runner) -> None:
    shown = intertie("capacity", use, *A3, "--horizon", "7d", "--zone", zone)
    assert shown.code == 2
    assert f"--zone: found {zone!r}; allowed: a zone of us-central1" in shown.err
