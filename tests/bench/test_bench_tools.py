"""The bench measures the right things: what exceeds its limit fails it, and a bare program is joined as ours is."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Load = Callable[[str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """A module of the bench, as the bench itself finds it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module


def test_what_exceeds_its_limit_fails_the_bench_at_its_end(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = load("run")
    monkeypatch.setattr(run, "exceeded", [])
    monkeypatch.setattr(sys, "argv", ["run.py", "lab"])
    monkeypatch.setattr(run, "of_the_lab", lambda *_: (run.hold("one", 1.2, 1.2), run.hold("other", 1.21, 1.2)))
    with pytest.raises(SystemExit, match=r"^bench: exceeded: other 1.21 > 1.2$"):
        run.main()
    assert "one   1.20   (held to 1.2)" in capsys.readouterr().out


def test_a_part_that_there_is_not_is_told(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "warmth"])
    with pytest.raises(SystemExit, match="no part is called warmth; there are cold, warm, growth, "):
        load("run").main()


def test_figures_of_the_lab_that_cannot_be_had_are_said_to_be_missing(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = load("run")
    monkeypatch.setattr(run.programs, "missing", lambda: ("kwok",))
    said: list[str] = []
    run.of_the_lab(said.append, {"lab"})
    assert said == ["lab   NOT MEASURED: kwok not found; run `make tools`"]


VPC, SUBNET = ("urn:pulumi:s::p::aws:ec2/vpc:Vpc::net", "urn:pulumi:s::p::aws:ec2/subnet:Subnet::a")
STATE: tuple[dict[str, Any], ...] = (
    {"urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", "type": "pulumi:pulumi:Stack", "custom": False},
    {"urn": VPC, "type": "aws:ec2/vpc:Vpc", "custom": True, "id": "vpc-0123456789",
     "inputs": {"cidrBlock": "10.0.0.0/16"},
     "outputs": {"id": "vpc-0123456789", "arn": "arn:aws:ec2:vpc/vpc-0123456789"}},
    {"urn": SUBNET, "type": "aws:ec2/subnet:Subnet", "custom": True, "id": "subnet-1",
     "inputs": {"vpcId": "vpc-0123456789", "cidrBlock": "10.0.0.0/24",
                "tags": {"of": "arn:aws:ec2:vpc/vpc-0123456789!", "by": {"4dabf18193072939515e22adb298388d": "s",
                                                                         "plaintext": '"me"'}}},
     "dependencies": [VPC], "propertyDependencies": {"vpcId": [VPC], "tags": [VPC]},
     "customTimeouts": {"create": 90, "update": 0}},
)  # fmt: skip


def test_a_bare_program_takes_from_other_resources_what_ours_takes(load: Load) -> None:
    vpc, subnet = load("bare_listing").listing(STATE)
    assert (vpc["class"], vpc["arguments"], vpc["depends"]) == ("Vpc", {"cidr_block": "10.0.0.0/16"}, [])
    assert subnet["arguments"] == {
        "vpc_id": {"$parts": [{"of": VPC, "path": ["id"]}]},
        "cidr_block": "10.0.0.0/24",
        "tags": {"of": {"$parts": [{"of": VPC, "path": ["arn"]}, "!"]}, "by": "me"},
    }
    assert (subnet["depends"], subnet["timeouts"]) == ([VPC], {"create": "90s"})
