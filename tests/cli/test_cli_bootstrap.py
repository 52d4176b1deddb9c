"""`intertie bootstrap`: says first, writes a program that previews, the same every time, and refuses the unsafe."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml

from intertie.graph import record
from support.command import Ran, run
from support.stacks import ROOT

CHAT = str(ROOT / "stacks/specs/chat.yaml")
ASKED = ("bootstrap", "aws-use1", "--spec", CHAT, "--account", "123456789012")
TRUSTED = ("--subject", "repo:acme/inference:environment:aws-use1")
Cli = Callable[..., Ran]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return partial(run, capsys, monkeypatch)


def test_it_says_what_it_would_make_and_writes_nothing(cli: Cli, tmp_path: Path):
    shown = cli(*ASKED, *TRUSTED, "--format", "json")
    assert shown.code == 0, shown.err
    told = json.loads(shown.out)
    assert (told["schema"], told["written"]) == ("intertie.bootstrap/v1", None)
    assert "aws:s3/bucket:Bucket" in {each["type"] for each in told["resources"]}
    assert list(tmp_path.iterdir()) == []


def test_the_program_that_it_writes_previews_offline_to_what_it_said(cli: Cli, tmp_path: Path):
    out = tmp_path / "bootstrap"
    shown = cli(*ASKED, *TRUSTED, "--out", str(out), "--format", "json")
    assert shown.code == 0, shown.err
    config = yaml.safe_load((out / "Pulumi.aws-use1.yaml").read_text())["config"]
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    graph = record(out / "__main__.py", "bootstrap", "aws-use1", texts)
    real = [each.name for each in graph if not each.type.startswith(("pulumi:", "intertie:"))]
    assert real == [each["name"] for each in json.loads(shown.out)["resources"]]


def test_a_second_run_writes_the_same_bytes(cli: Cli, tmp_path: Path):
    out = tmp_path / "bootstrap"
    cli(*ASKED, *TRUSTED, "--out", str(out))
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert cli(*ASKED, *TRUSTED, "--out", str(out)).code == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    assert sorted(first) == ["Pulumi.aws-use1.yaml", "Pulumi.yaml", "__main__.py"]


def test_a_folder_with_another_program_is_left_alone(cli: Cli, tmp_path: Path):
    (tmp_path / "__main__.py").write_text("print('mine')\n")
    shown = cli(*ASKED, *TRUSTED, "--out", str(tmp_path))
    assert shown.code == 2
    assert "exists and is not what would be written" in shown.err
    assert (tmp_path / "__main__.py").read_text() == "print('mine')\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--subject", "repo:acme/*"), "must be one subject in full"),
        ((*TRUSTED, "--issuer", "http://ci.example.com"), "must be an address that starts with https://"),
    ],
)
def test_what_would_let_others_in_is_refused(cli: Cli, words: tuple[str, ...], said: str):
    shown = cli(*ASKED, *words)
    assert shown.code == 2
    assert said in shown.err


def test_an_account_must_be_known(cli: Cli):
    shown = cli("bootstrap", "aws-use1", "--spec", CHAT, *TRUSTED)
    assert shown.code == 2
    assert "no account is known: give --account" in shown.err


def test_an_adopted_cluster_has_nothing_to_prepare(cli: Cli):
    shown = cli("bootstrap", "datacentre", "--spec", str(ROOT / "stacks/specs/existing.yaml"), *TRUSTED)
    assert shown.code == 2
    assert "adopts a cluster" in shown.err


@pytest.mark.parametrize("account", ["", "1\n  aws:profile: other", '1"', "../1", "\u00b9", "a" * 129])
def test_an_account_that_is_none_is_refused(cli: Cli, account: str, tmp_path: Path):
    shown = cli(*ASKED, "--account", account, *TRUSTED, "--out", str(tmp_path))
    assert shown.code == 2
    assert "must be an account, subscription or project" in shown.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_says_what_was_given_whatever_its_letters(cli: Cli, tmp_path: Path):
    issuer = 'https://ci.example.com/a"b\\c: #d'
    assert cli(*ASKED, *TRUSTED, "--issuer", issuer, "--out", str(tmp_path)).code == 0
    config = yaml.safe_load((tmp_path / "Pulumi.aws-use1.yaml").read_text())["config"]
    assert config["bootstrap:issuer"] == issuer
