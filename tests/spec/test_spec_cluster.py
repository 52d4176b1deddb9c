"""`cluster`, `teams` and the network's switches: shorthand, and what is refused with the words that help."""

from typing import Any

import pytest

from intertie.errors import InputError
from intertie.spec import ApiAccess, read_data
from support.plans import spec_data


def problem(**changes: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_data(spec_data(**changes))
    return str(refused.value)


def placed(**fields: Any) -> dict[str, Any]:
    return {"placements": {"here": {"cloud": "aws", "region": "us-east-1", **fields}}}


def test_one_word_stands_for_the_access_of_the_api():
    assert read_data(spec_data(cluster={"api": "private"})).cluster.api.access is ApiAccess.PRIVATE


def test_one_principal_stands_for_a_list_of_one():
    role = "arn:aws:iam::123456789012:role/platform"
    assert read_data(spec_data(teams={"platform": {"role": "admin", "aws": role}})).teams["platform"].aws == (role,)


@pytest.mark.parametrize(
    ("changes", "place", "allowed"),
    [
        ({"cluster": {"api": "open"}}, "cluster.api", "public"),
        ({"cluster": {"api": {"allow": ["10.0.0.0/40"]}}}, "cluster.api.allow[0]", "a length up to 32"),
        ({"cluster": {"api": {"runner": {"ranges": ["10.9.0.1/24"]}}}}, "api.runner.ranges[0]", "first address"),
        ({"cluster": {"maintenance": {"day": "caturday"}}}, "cluster.maintenance.day", "one of monday, tuesday"),
        ({"cluster": {"maintenance": {"start": "2 am"}}}, "cluster.maintenance.start", "a time of day in quotes"),
        ({"cluster": {"maintenance": {"hours": 2}}}, "cluster.maintenance.hours", "a whole number from 4 to 12"),
        ({"cluster": {"deletion_protection": "yes"}}, "cluster.deletion_protection", "true or false"),
        ({"cluster": {"log_retention_days": 7}}, "cluster.log_retention_days", "a whole number from 30 to 365"),
        ({"cluster": {"generation": 0}}, "cluster.generation", "a whole number from 1 to 999"),
        ({"cluster": {"channel": "weekly"}}, "cluster.channel", "one of stable, regular, rapid, extended"),
        ({"teams": {"a": {"role": "owner"}}}, "teams.a.role", "one of view, edit, admin"),
        ({"teams": {"a": {"role": "view", "aws": "bob"}}}, "teams.a.aws", "an IAM role or user"),
        ({"teams": {"a": {"role": "view", "azure": "bob"}}}, "teams.a.azure", "the object id of an Entra group"),
        ({"teams": {"a": {"role": "view", "gcp": "bob"}}}, "teams.a.gcp", "group:platform@example.com"),
        (placed(network={"egress": "vpn"}), "placements.here.network.egress", "one of nat, none"),
        (placed(network={"endpoints": 1}), "placements.here.network.endpoints", "true or false"),
        (placed(account={"id": "123456789012", "deployer": "bob"}), "here.account.deployer", "ARN of a role"),
        (placed(cluster={"api": {"allow": ["x"]}}), "placements.here.cluster.api.allow[0]", "an IPv4 range"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_what_can(changes: dict[str, Any], place: str, allowed: str):
    said = problem(**changes)
    assert place in said
    assert allowed in said
