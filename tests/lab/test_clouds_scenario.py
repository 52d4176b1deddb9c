"""Scenario files: what they bring, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.lab import scenario
from support.clouds import (
    Provider,
)


def test_a_scenario_file_is_read_and_applied(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "name: drill\nassume: false\n"
        "limits:\n  - {cloud: aws, region: us-east-1, quota: P, amount: 192}\n"
        "faults:\n  - {down: azure, when: {after: 10m, for: 1h}}\n"
    )
    aws = Provider("aws", tmp_path)
    scenario.apply(aws.world, scenario.read(file))
    assert aws.world.meta("assume") == "no"
    assert aws.world.query("select what, amount from limits") == [("quota:P", 192)]
    assert aws.world.query("select cloud, starts, ends from faults") == [("azure", 600_000, 4_200_000)]


def test_everything_that_is_wrong_with_a_scenario_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "faults:\n"
        "  - {where: {cloud: aw}, what: {effect: explode}}\n"
        "  - {where: {cloud: aws}, what: {effect: refuse, error: aws-99}}\n"
        "  - {where: {cloud: aws}, what: {effect: slow}}\n"
        "  - {down: aws, what: {effect: throttle}}\n"
        "  - {down: gcp, when: {after: soon}}\n"
        "limits:\n  - {cloud: aws, machine: p5.48xlarge}\n  - {cloud: aws, quota: P}\n"
        "nodes: 3\n"
    )
    with pytest.raises(InputError) as error:
        scenario.read(file)
    said = str(error.value)
    for part in (
        "faults[0].where.cloud: found 'aw'",
        "faults[0].what.effect: found 'explode'",
        "no error is called 'aws-99'; there are aws-1,",
        "slow needs `by`, how long",
        "`down` says where and what by itself",
        "faults[4].when.after: found 'soon'; allowed: a number of seconds, or a number with ms, s, m, h or d",
        "limits[0]: found",
        "a machine needs `nodes`, or `offered`",
        "a quota needs `amount`",
        "nodes: found 3; allowed: no such field",
    ):
        assert part in said, said


@pytest.mark.parametrize(
    ("text", "said"), [("- a\n", "a mapping with `limits`"), ("a: [", "is not YAML"), (None, "No such file")]
)
def test_what_is_no_scenario_at_all_is_said_without_a_traceback(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "scenario.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=said):
        scenario.read(file)


def test_every_error_has_a_code_a_text_and_a_place_where_it_was_seen() -> None:
    for row in scenario.errors().values():
        assert row["code"]
        assert row["text"]
        assert row["source"]
    assert {f"{cloud}-{kind}" for cloud in ("aws", "azure", "gcp") for kind in ("down", "throttle")} <= set(
        scenario.errors()
    )
