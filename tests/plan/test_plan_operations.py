"""How a cluster is run, decided: defaults that carry paying traffic, each with its reason, and refusals."""

from typing import Any

import pytest

from intertie.errors import PlanError
from intertie.plan import Plan, resolve
from intertie.spec import read_data
from support.plans import spec_data

CLOSED = {"network": {"egress": "none"}, "registry": "mirror.example.com/acme"}
INSIDE = {"host": "chat.example.com", "access": "private", "auth": "api-key"}
ROLE = "arn:aws:iam::123456789012:role/platform"


def resolved(cloud: str = "aws", here: dict[str, Any] | None = None, **changes: Any) -> Plan:
    region = {"aws": "us-east-1", "azure": "swedencentral", "gcp": "europe-west4"}[cloud]
    placement = {"cloud": cloud, "region": region, "zones": _zones(cloud), **(here or {})}
    return resolve(read_data(spec_data(cloud, placements={"here": placement}, **changes)), "here")


def _zones(cloud: str) -> list[str]:
    return {"aws": ["us-east-1a"], "azure": ["1"], "gcp": ["europe-west4-b"]}[cloud]


def refused(**changes: Any) -> str:
    with pytest.raises(PlanError) as error:
        resolved(**changes)
    return str(error.value)


def why(plan: Plan, path: str) -> str:
    return next(f"{each.chosen}: {each.why}" for each in plan.choices if each.path.endswith(path))


def test_a_window_that_google_finds_too_short_is_said_to_come_on_more_days():
    assert why(resolved("gcp"), "cluster.maintenance").startswith("sunday, monday 02:00 UTC, 6 hours: ")
    assert "48 hours in 32 days" in why(resolved("gcp"), "cluster.maintenance")
    long = resolved("gcp", cluster={"maintenance": {"day": "sunday", "start": "02:00", "hours": 12}})
    assert why(long, "cluster.maintenance") == "sunday 02:00 UTC, 12 hours: `cluster.maintenance`"
    assert why(resolved("azure"), "cluster.maintenance").startswith("sunday 02:00 UTC, 6 hours: ")


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_nothing_said_is_fit_for_production(cloud: str):
    made = resolved(cloud).operations
    assert (made.api, made.api_ranges) == ("public", ("198.51.100.0/24",))
    assert made.deletion_protection is True
    assert (made.log_days, made.flow_logs, made.endpoints, made.egress) == (90, True, True, "nat")
    assert (made.window.day, made.window.start, made.window.hours) == ("sunday", "02:00", 6)
    assert (made.channel, made.generation, made.retiring) == ("regular", 1, ())


def test_the_api_is_open_to_the_ranges_of_the_endpoint_and_says_so():
    assert why(resolved(), "cluster.api").startswith("public, for 198.51.100.0/24: the ranges of the endpoint")


def test_without_any_range_the_api_is_private_and_the_runner_is_asked_for():
    made = resolved(endpoint=None)
    assert made.operations.api == "private"
    assert any("the machine that runs Pulumi must stand in a connected network" in note for note in made.notes)


def test_the_ranges_of_a_private_endpoint_are_not_those_of_people():
    endpoint = {"host": "chat.example.com", "auth": "oidc", "access": "private", "allow": ["10.1.0.0/16"]}
    assert resolved(endpoint=endpoint).operations.api == "private"


def test_in_development_the_sign_in_alone_stands_before_the_api():
    made = resolved(endpoint=None, environment="development").operations
    assert (made.api, made.api_ranges, made.deletion_protection) == ("public", (), False)


def test_named_ranges_win_over_those_of_the_endpoint():
    assert resolved(cluster={"api": {"allow": ["192.0.2.0/24"]}}).operations.api_ranges == ("192.0.2.0/24",)


def test_a_placements_cluster_takes_the_place_of_the_descriptions():
    made = resolved(here={"cluster": {"api": "private"}}, cluster={"log_retention_days": 365}).operations
    assert (made.api, made.log_days) == ("private", 90)


def test_a_runner_is_a_way_and_then_nobody_is_asked_for_one():
    runner = {"network": "vpc-0abc12345", "ranges": ["172.16.0.0/24"]}
    made = resolved(cluster={"api": {"access": "private", "runner": runner}})
    assert (made.operations.runner_network, made.operations.runner_ranges) == ("vpc-0abc12345", ("172.16.0.0/24",))
    assert not any("the machine that runs Pulumi" in note for note in made.notes)


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ({"access": "private", "allow": ["192.0.2.0/24"]}, "allowed: nothing: a private API has no public address"),
        ({"access": "private", "runner": {}}, "allowed: `network` and `ranges`, `ranges` alone, or `proxy`"),
        ({"access": "private", "runner": {"network": "vpc-0abc12345"}}, "allowed: the runner's addresses"),
        (
            {"access": "private", "runner": {"network": "projects/acme/global/networks/ci", "ranges": ["10.9.0.0/24"]}},
            "allowed: a network of aws, which starts with vpc-",
        ),
    ],
)
def test_a_way_that_is_none_is_refused(api: dict[str, Any], said: str):
    assert said in refused(cluster={"api": api})


def test_a_runner_within_the_placements_own_range_is_refused():
    api = {"access": "private", "runner": {"ranges": ["10.64.1.0/24"]}}
    text = refused(here={"network": {"cidr": "10.64.0.0/18"}}, cluster={"api": api})
    assert "cluster.api.runner.ranges[0]: found 10.64.1.0/24; allowed: a range apart from 10.64.0.0/18" in text


def test_a_key_of_another_cloud_is_refused():
    assert "allowed: a key of aws, which starts with arn:aws" in refused(cluster={"key": "projects/a/locations/b"})


def test_no_way_out_needs_a_mirror_and_private_endpoints():
    text = refused(here={"network": {"egress": "none", "endpoints": False}})
    assert "`endpoints: true` beside it" in text
    assert "a `registry` of the placement beside it" in text
    made = resolved(here=CLOSED, endpoint=INSIDE)
    assert made.operations.egress == "none"


def test_without_a_way_out_aws_has_no_subnet_for_a_public_load_balancer():
    assert "found none, with a public endpoint; allowed: `nat`, or `endpoint.access: private`" in refused(here=CLOSED)
    assert resolved("gcp", here=CLOSED).operations.egress == "none"


def test_protection_can_be_chosen_either_way():
    assert resolved(cluster={"deletion_protection": False}).operations.deletion_protection is False
    assert resolved(environment="staging", cluster={"deletion_protection": True}).operations.deletion_protection is True


def test_a_team_has_access_where_it_has_a_principal_and_is_told_where_not():
    teams = {"platform": {"role": "admin", "aws": ROLE}, "readers": {"role": "view", "gcp": "group:r@example.com"}}
    made = resolved(teams=teams)
    (team,) = made.operations.teams
    assert (team.name, team.role, team.principals) == ("platform", "admin", (ROLE,))
    assert "teams.readers: no principal on aws, so it gets no access at here" in made.notes
    assert why(made, "teams.platform").startswith("admin of the cluster")


def test_the_deployer_is_who_the_account_names():
    made = resolved(here={"account": {"id": "123456789012", "deployer": ROLE}})
    assert made.operations.deployer == ROLE


def test_an_adopted_cluster_is_run_by_others():
    pools = [{"name": "gpu", "accelerator": "h100", "per_node": 8}, {"name": "workers"}]
    made = resolved(here={"adopt": {"pools": pools}}, cluster={"generation": 3}).operations
    assert (made.generation, made.deletion_protection) == (1, False)


def test_operations_are_part_of_the_plans_json():
    made = resolved().to_json()["operations"]
    assert made["api_ranges"] == ["198.51.100.0/24"]
    assert made["window"] == {"day": "sunday", "start": "02:00", "hours": 6}
