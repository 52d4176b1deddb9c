"""Placement and stage on the command line, where a description has one and where it has several."""

from pathlib import Path

import pytest

from intertie.cli.described import accelerated, only, planned
from intertie.errors import InputError
from support.stacks import ROOT

SPECS = ROOT / "stacks" / "specs"


def test_the_only_one_need_not_be_named() -> None:
    assert only("--placement", None, ["one"]) == "one"
    assert accelerated(planned(SPECS / "pilot.yaml", "pilot-gcp"), None).name == "generate"


@pytest.mark.parametrize("given", [None, "", "aws", "AWS-USE1"])
def test_one_of_several_has_to_be_named_as_it_is(given: str | None) -> None:
    with pytest.raises(InputError, match=f"--placement: found {given!r}; allowed: aws-use1, gcp-euw4, azure-swc"):
        planned(SPECS / "chat.yaml", given)


def test_what_there_is_none_of_is_said_to_be_none() -> None:
    with pytest.raises(InputError, match="--stage: found 'a'; allowed: none: the description has none"):
        only("--stage", "a", [])


def test_a_stage_on_cpu_has_no_accelerators(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--stage: found 'prepare'; allowed: moderate, generate"):
        accelerated(planned(SPECS / "chat.yaml", "aws-use1"), "prepare")
