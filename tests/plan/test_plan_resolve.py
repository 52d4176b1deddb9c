"""The plan as a whole: names, tags, versions, the endpoint, and what is said when it cannot be."""

import re

import pytest

from intertie import catalog
from intertie.errors import PlanError
from intertie.plan import resolve, survey
from support.pipelines import PREPARE, choice, generate, only_problem, pipeline, planned, problems

ENDPOINT = {"host": "chat.example.com", "access": "public", "auth": "oidc", "allow": ["198.51.100.0/24"]}
PRIVATE = {"host": "chat.example.com", "access": "private", "auth": "api-key"}
ELSEWHERE = {"there": {"cloud": "gcp", "region": "europe-west4", "role": "failover"}}


def test_a_placement_that_is_not_there_is_a_problem_with_the_near_one() -> None:
    with pytest.raises(PlanError, match="did you mean `here`") as caught:
        resolve(pipeline(), "heer")
    assert caught.value.exit_code == 1


def test_all_problems_come_at_once() -> None:
    spec = pipeline(
        "aws",
        residency=["eu"],
        tags={"microsoft-team": "a"},
        where={"zones": ["b"], "network": {"cidr": "10.0.0.0/8"}, "capacity": {"generate": [{"kind": "flex-start"}]}},
        stages=[{**PREPARE, "resources": {"cpu": 500}}, {**generate(), "after": ["prepare"]}],
    )
    assert {problem.path for problem in problems(spec)} == {
        "placements.here.region", "tags.microsoft-team", "placements.here.zones[0]", "placements.here.network.cidr",
        "placements.here.capacity.generate[0].kind", "stages[0].resources",
    }  # fmt: skip


def test_a_description_that_passed_no_reader_is_checked_as_a_document() -> None:
    stages = [{**PREPARE, "after": ["generate"]}, {**generate(), "after": ["prepare"]}]
    found = only_problem(pipeline(stages=stages))
    assert found.path == "stages[0].after"
    assert "cycle" in found.found


def test_names_of_cluster_and_namespace_follow_from_the_description() -> None:
    plan = planned()
    assert (plan.cluster, plan.namespace, plan.placement, plan.platform) == ("chat-here", "chat", "here", "eks")


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-prod"])
def test_a_pipeline_does_not_take_a_namespace_of_kubernetes(name: str) -> None:
    assert only_problem(pipeline(name=name)).path == "name"


@pytest.mark.parametrize(
    ("pipeline_name", "stage"),
    [("chat", "secrets"), ("chat", "intertie-guard"), ("chat", "cluster-autoscaler"), ("intertie", "exporter")],
)
def test_a_stage_is_not_called_like_a_part_of_the_placement(pipeline_name: str, stage: str) -> None:
    """Two objects would have one name, and the update would stop at the second."""
    found = only_problem(pipeline(name=pipeline_name, stages=[{**PREPARE, "name": stage}]))
    assert (found.path, found.found) == ("stages[0].name", stage)
    assert "rename the stage: cluster-autoscaler, " in found.hint
    assert not problems(pipeline(name="chat", stages=[{**PREPARE, "name": "exporter"}]))


def test_tags_are_sorted_and_say_who_answers() -> None:
    plan = planned(tags={"team": "a", "zeta": "z"}, where={"tags": {"team": "b"}})
    assert plan.tags == (
        ("cost_center", "ml-4711"), ("environment", "production"), ("managed_by", "intertie"),
        ("owner", "search-platform"), ("pipeline", "chat"), ("placement", "here"), ("team", "b"), ("zeta", "z"),
    )  # fmt: skip
    assert all(re.fullmatch(r"[a-z0-9_-]{1,63}", word) for pair in plan.tags for word in pair)


@pytest.mark.parametrize("key", ["azure-x", "microsoft_team", "windows", "goog-owner"])
def test_a_tag_that_a_cloud_keeps_for_itself_is_a_problem(key: str) -> None:
    assert only_problem(pipeline(tags={key: "x"})).path == f"tags.{key}"
    assert only_problem(pipeline(where={"tags": {key: "x"}})).path == f"placements.here.tags.{key}"


def test_more_tags_than_a_resource_takes_are_a_problem() -> None:
    assert not problems(pipeline(tags={f"t{index}": "x" for index in range(34)}))
    assert only_problem(pipeline(tags={f"t{index}": "x" for index in range(35)})).allowed == "40 in all"


def test_another_kubernetes_version_is_noted() -> None:
    assert planned().kubernetes == catalog.KUBERNETES
    plan = planned(kubernetes="1.34")
    assert plan.kubernetes == "1.34"
    assert any("Kubernetes 1.34 is asked for" in note for note in plan.notes)


def test_oidc_without_an_issuer_is_noted_for_it_refuses_everyone() -> None:
    assert any("refuses every request" in note for note in planned(endpoint=ENDPOINT).notes)
    auth = {"kind": "oidc", "issuer": "https://login.example.com"}
    assert not any("refuses" in note for note in planned(endpoint={**ENDPOINT, "auth": auth}).notes)


def test_the_entry_is_the_only_stage_that_follows_no_other() -> None:
    assert choice(planned(endpoint=ENDPOINT), "endpoint.stage").chosen == "prepare"
    named = planned(endpoint={**ENDPOINT, "stage": "generate"})
    assert choice(named, "endpoint.stage").chosen == "generate"


def test_a_private_endpoint_over_clouds_that_are_not_connected_is_a_problem() -> None:
    spec = pipeline(endpoint=PRIVATE, others=ELSEWHERE)
    for placement in ("here", "there"):
        found = only_problem(spec, placement)
        assert found.path == f"placements.{placement}.network.interconnects"
        assert found.found.endswith("aws; gcp")


@pytest.mark.parametrize("side", ["here", "there"])
def test_an_interconnect_on_either_side_connects_them(side: str) -> None:
    network = {"network": {"interconnects": ["there" if side == "here" else "here"]}}
    where = network if side == "here" else None
    others = {"there": {**ELSEWHERE["there"], **(network if side == "there" else {})}}
    assert not problems(pipeline(endpoint=PRIVATE, where=where, others=others))


def test_a_third_cloud_that_is_left_out_is_found() -> None:
    others = {**ELSEWHERE, "far": {"cloud": "azure", "region": "swedencentral", "role": "failover"}}
    found = only_problem(pipeline(endpoint=PRIVATE, where={"network": {"interconnects": ["there"]}}, others=others))
    assert found.found.endswith("aws + gcp; azure")


def test_two_clusters_that_no_cloud_runs_are_not_taken_for_connected() -> None:
    adopt = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8}, {"name": "cpu", "nodes": 4}]}
    hall = {"cloud": "other", "region": "hall-1", "jurisdiction": "eu", "adopt": adopt}
    others = {"there": {**hall, "role": "failover"}}
    found = only_problem(pipeline("other", where=hall, others=others, endpoint=PRIVATE))
    assert found.found.endswith("not connected: here; there")
    joined = {**hall, "network": {"interconnects": ["there"]}}
    assert not problems(pipeline("other", where=joined, others=others, endpoint=PRIVATE))


def test_a_private_endpoint_on_one_cloud_needs_no_interconnect() -> None:
    others = {"there": {"cloud": "aws", "region": "eu-west-1", "role": "failover"}}
    assert not problems(pipeline(endpoint=PRIVATE, others=others))


def test_every_choice_of_an_accelerator_stage_has_a_reason() -> None:
    plan = planned()
    subjects = {made.path.removeprefix("stages[generate].") for made in plan.choices if "generate" in made.path}
    assert subjects >= {"accelerator", "image", "parallelism", "replicas", "load_time", "throughput",
                        "capacity[0].machine", "capacity[0].count", "capacity[0].zones"}  # fmt: skip
    assert all(made.why and made.chosen for made in plan.choices)


def test_a_long_pipeline_of_placements_is_planned_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What concerns all placements is worked out once for a description, however many plans are made from it."""
    calls: list[str] = []
    original = survey.jurisdiction_of
    monkeypatch.setattr(survey, "jurisdiction_of", lambda where: calls.append(where.region) or original(where))
    others = {
        f"p{index}": {
            "cloud": "aws", "region": "us-east-1", "role": "failover", "network": {"cidr": f"10.{index}.0.0/16"},
        }
        for index in range(60)
    }  # fmt: skip
    spec = pipeline(where={"network": {"cidr": "10.200.0.0/16"}}, others=others)
    for placement in spec.placements:
        resolve(spec, placement)
    assert len(calls) == len(spec.placements)
