"""`intertie doctor --placement`: everything from the plan, nothing from the cloud."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from support.command import Ran, run
from support.stacks import ROOT

CHAT = str(ROOT / "stacks/specs/chat.yaml")
Cli = Callable[..., Ran]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return partial(run, capsys, monkeypatch)


@pytest.mark.parametrize(
    ("placement", "quota", "service", "tool"),
    [
        ("aws-use1", "L-417A185B", None, "aws"),
        ("azure-swc", "lowPriorityCores", "Microsoft.ContainerService", "kubelogin"),
        ("gcp-euw4", "GPUS-ALL-REGIONS-per-project", "container.googleapis.com", "gke-gcloud-auth-plugin"),
    ],
)
def test_quotas_services_and_tools_of_each_cloud(cli: Cli, placement: str, quota: str, service: str | None, tool: str):
    shown = cli("doctor", "--placement", placement, "--spec", CHAT, "--format", "json")
    assert shown.code == 0, shown.err
    told = json.loads(shown.out)
    assert told["schema"] == "intertie.doctor-placement/v1"
    assert quota in {each["code"] for each in told["quotas"]}
    assert service is None or service in told["services"]
    assert tool in {each["name"] for each in told["tools"]}
    assert told["deployer"] == {"named": None, "actions": told["deployer"]["actions"]}
    assert told["deployer"]["actions"] > 100
    assert {"api", "dns", "certificate"} <= {each["kind"] for each in told["prerequisites"]}


def test_people_get_the_words_of_the_request(cli: Cli):
    shown = cli("doctor", "-p", "aws-use1", "-s", CHAT)
    assert shown.code == 0
    assert "request-service-quota-increase --service-code ec2 --quota-code L-417A185B --desired-value" in shown.out
    assert "cr-0a1b2c3d4e5f60718" in shown.out


def test_half_a_question_is_refused(cli: Cli):
    shown = cli("doctor", "--placement", "aws-use1")
    assert shown.code == 2
    assert "--placement and --spec belong together" in shown.err


def test_an_unknown_placement_is_refused_with_those_that_are_there(cli: Cli):
    shown = cli("doctor", "--placement", "nowhere", "--spec", CHAT)
    assert shown.code == 2
    assert "it has: aws-use1, gcp-euw4, azure-swc" in shown.err


def test_an_adopted_cluster_asks_for_tools_alone(cli: Cli):
    shown = cli("doctor", "-p", "datacentre", "-s", str(ROOT / "stacks/specs/existing.yaml"), "-f", "json")
    told = json.loads(shown.out)
    assert (told["quotas"], told["services"], told["deployer"]["actions"]) == ([], [], 0)
