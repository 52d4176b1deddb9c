"""What only the whole document shows: names that point nowhere, cycles, fields that do not go together."""

from typing import Any

import pytest

from intertie.spec import CapacityKind, Runtime
from intertie.spec.checks import MANAGED, RESERVED_TAGS
from support.descriptions import SMALL, only, problems_in, problems_of, small

IMAGE = "ghcr.io/acme/step:1.0"


def stages(*after: tuple[str, list[str]]) -> dict[str, Any]:
    """A description of CPU stages that follow one another as given."""
    made = [{"name": name, "image": IMAGE, "replicas": 1, "after": before} for name, before in after]
    return small(stages=made, placements={"here": {"cloud": "aws", "region": "us-east-1"}})


def with_stage(index: int, **changes: Any) -> dict[str, Any]:
    data = small()
    data["stages"][index] = {k: v for k, v in {**data["stages"][index], **changes}.items() if v is not None}
    return data


def with_placements(**placements: Any) -> dict[str, Any]:
    """Placements on AWS, each with changes."""
    base = {"cloud": "aws", "region": "us-east-1"}
    return small(placements={name.replace("_", "-"): {**base, **changes} for name, changes in placements.items()})


def endpoint(**changes: Any) -> dict[str, Any]:
    return small(endpoint={"host": "a.example.com", "auth": "oidc", **changes})


def test_two_stages_of_one_name_are_refused_at_the_second() -> None:
    problem = only(problems_of(stages(("a", []), ("b", []), ("a", []))))
    assert (problem.path, problem.found) == ("stages[2].name", '"a" a second time')


def test_a_stage_after_none_that_exists_is_refused_with_a_guess() -> None:
    problem = only(problems_of(stages(("prepare", []), ("answer", ["prepar"]))))
    assert (problem.path, problem.found) == ("stages[1].after[0]", '"prepar"')
    assert problem.allowed == "another stage: prepare"
    assert problem.hint == "did you mean `prepare`?"


@pytest.mark.parametrize(
    ("after", "path", "cycle"),
    [
        ([("a", ["a"])], "stages[0].after", "a → a"),
        ([("a", ["b"]), ("b", ["a"])], "stages[0].after", "a → b → a"),
        ([("x", []), ("b", ["c"]), ("c", ["d"]), ("d", ["b"])], "stages[1].after", "b → d → c → b"),
    ],
)
def test_a_cycle_is_named_from_the_stage_that_comes_first(after: Any, path: str, cycle: str) -> None:
    problem = only(problems_of(stages(*after)))
    assert (problem.path, problem.found) == (path, f"the cycle {cycle}")


def test_every_cycle_is_named() -> None:
    found = problems_of(stages(("a", ["b"]), ("b", ["a"]), ("c", ["d"]), ("d", ["c"]), ("e", ["a", "c"])))
    assert [problem.found for problem in found] == ["the cycle a → b → a", "the cycle c → d → c"]


def test_of_very_many_cycles_ten_are_named() -> None:
    names = [f"s{number}" for number in range(30)]
    found = problems_of(stages(*((name, [other for other in names if other != name]) for name in names)))
    assert [problem.found.startswith("the cycle") for problem in found] == [True] * 10


def test_very_many_problems_are_told_up_to_a_bound_that_is_said() -> None:
    found = problems_of(stages(("a", [f"gone{number}" for number in range(2_000)])))
    assert len(found) == 501
    assert found[0].found == '"gone0"'
    assert (found[-1].path, found[-1].found) == ("document", "more than 500 problems")


def test_very_many_wrong_fields_are_told_up_to_the_same_bound() -> None:
    found = problems_of({**small(), **{f"field{number}": 1 for number in range(2_000)}})
    assert len(found) == 501
    assert found[-1].found == "more than 500 problems"


def test_a_long_list_of_what_is_known_is_cut_and_counted() -> None:
    problem = only(problems_of(stages(*((f"s{number}", []) for number in range(49)), ("last", ["gone"]))))
    assert problem.allowed.endswith("s48")
    known = {f"p{number:03d}": {"role": "active"} for number in range(80)}
    problem = only(problems_of(with_placements(**known, last={"role": "active", "network": {"interconnects": ["x"]}})))
    assert problem.allowed.endswith("p059 and 20 more")


def test_a_failover_alone_has_nothing_to_stand_in_for() -> None:
    problem = only(problems_of(with_placements(there={"role": "failover"})))
    assert (problem.path, problem.found) == ("placements", "failover placements alone")


def test_a_diamond_is_no_cycle() -> None:
    assert not problems_of(stages(("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"])))


def test_a_cycle_has_its_place_in_the_file() -> None:
    text = SMALL.replace("    image: ghcr", "    after: [generate]\n    image: ghcr")
    assert only(problems_in(text)).where == "small.yaml:8:12"


def test_an_endpoint_at_a_stage_that_does_not_exist_is_refused_with_a_guess() -> None:
    problem = only(problems_of(endpoint(stage="generat")))
    assert (problem.path, problem.hint) == ("endpoint.stage", "did you mean `generate`?")
    assert not problems_of(endpoint(stage="generate"))


def test_an_endpoint_must_name_its_stage_when_several_come_first() -> None:
    data = stages(("a", []), ("b", [])) | {"endpoint": {"host": "a.example.com", "auth": "oidc"}}
    problem = only(problems_of(data))
    assert problem.path == "endpoint.stage"
    assert problem.allowed == "the stage that takes the requests: a, b"
    data["endpoint"]["stage"] = "b"
    assert not problems_of(data)


@pytest.mark.parametrize("allow", [{}, {"allow": []}])
def test_a_public_endpoint_says_who_may_connect(allow: dict[str, Any]) -> None:
    problem = only(problems_of(endpoint(access="public", **allow)))
    assert problem.path == "endpoint.allow"
    assert "0.0.0.0/0 is everyone" in problem.hint
    assert not problems_of(endpoint(access="public", allow=["0.0.0.0/0"]))
    assert not problems_of(endpoint(access="private", **allow))


@pytest.mark.parametrize("runtime", MANAGED)
@pytest.mark.parametrize("field", ["model", "accelerators"])
def test_a_managed_runtime_needs_a_model_and_accelerators(runtime: Runtime, field: str) -> None:
    data = with_stage(1, **{"runtime": runtime, field: None})
    data["placements"]["here"].pop("capacity")
    problem = only(problems_of(data))
    assert (problem.path, problem.found) == (f"stages[1].{field}", "nothing")
    assert f"`runtime: {runtime}` needs it" in problem.allowed


def test_every_runtime_is_either_managed_or_custom() -> None:
    assert set(Runtime) == {*MANAGED, Runtime.CUSTOM}


def test_a_managed_runtime_takes_no_command_but_arguments() -> None:
    problem = only(problems_of(with_stage(1, command=["vllm"])))
    assert problem.path == "stages[1].command"
    assert "`args`" in problem.hint
    assert not problems_of(with_stage(1, args=["--max-num-seqs=8"]))
    assert not problems_of(with_stage(0, command=["serve"]))


def test_a_custom_stage_needs_an_image_for_every_accelerator() -> None:
    assert only(problems_of(with_stage(0, image=None))).path == "stages[0].image"
    custom = {"runtime": "custom", "model": None, "image": None}
    assert only(problems_of(with_stage(1, **custom, images={"l4": IMAGE}))).path == "stages[1].image"
    assert not problems_of(with_stage(1, **custom, images={"l4": IMAGE, "a10": IMAGE}))


@pytest.mark.parametrize(
    ("index", "changes", "allowed"),
    [
        (1, {}, "nothing: for `runtime: vllm` the plan computes it"),
        (1, {"runtime": "custom", "image": IMAGE}, "nothing: with a `model`, the plan computes it"),
        (0, {}, "`accelerators` beside it: a stage without them runs on CPU"),
    ],
)
def test_a_count_of_accelerators_is_for_custom_stages_without_a_model(
    index: int, changes: dict[str, Any], allowed: str
) -> None:
    problem = only(problems_of(with_stage(index, accelerator_count=2, **changes)))
    assert (problem.path, problem.allowed) == (f"stages[{index}].accelerator_count", allowed)
    assert not problems_of(with_stage(1, accelerator_count=2, runtime="custom", image=IMAGE, model=None))


@pytest.mark.parametrize(("field", "value"), [("images", IMAGE), ("throughput", 900)])
def test_what_is_given_per_accelerator_is_for_the_stages_own(field: str, value: Any) -> None:
    problem = only(problems_of(with_stage(1, **{field: {"l4": value, "h100": value}})))
    assert problem.path == f"stages[1].{field}.h100"
    assert problem.allowed == "one of the stage's accelerators: l4, a10"


def test_an_accelerator_twice_is_refused() -> None:
    problem = only(problems_of(with_stage(1, accelerators=["l4", "a10", "l4"])))
    assert (problem.path, problem.found) == ("stages[1].accelerators[2]", '"l4" a second time')


def test_the_pools_of_an_adopted_cluster_have_accelerators_of_the_catalogue() -> None:
    pools = [{"name": "gpu", "accelerator": "l40", "per_node": 1}]
    problem = only(problems_of(with_placements(here={"adopt": {"pools": pools}})))
    assert problem.path == "placements.here.adopt.pools[0].accelerator"
    assert problem.hint == "did you mean `l40s`?"


def test_a_ladder_is_for_a_stage_with_accelerators() -> None:
    unknown = only(problems_of(with_placements(here={"capacity": {"generat": ["spot"]}})))
    assert (unknown.path, unknown.hint) == ("placements.here.capacity.generat", "did you mean `generate`?")
    on_cpu = only(problems_of(with_placements(here={"capacity": {"prepare": ["spot"]}})))
    assert on_cpu.found == '"prepare", which runs on CPU'


def test_interconnects_join_other_placements() -> None:
    active = {"role": "active"}
    problems = problems_of(with_placements(a=active, b={**active, "network": {"interconnects": ["a", "b", "c"]}}))
    assert [problem.path for problem in problems] == [
        "placements.b.network.interconnects[1]",
        "placements.b.network.interconnects[2]",
    ]
    assert problems[0].allowed == "another placement: a"


def test_a_connection_that_is_made_names_another_placement_and_its_kind() -> None:
    active = {"role": "active"}
    joined = [{"to": "c", "kind": "vpn"}, {"to": "a"}, {"to": "a", "kind": "vnp"}]
    problems = problems_of(with_placements(a=active, b={**active, "network": {"interconnects": joined}}))
    assert sorted((problem.path.partition("interconnects")[2], problem.allowed) for problem in problems) == [
        ("[0].to", "another placement: a"),
        ("[1].kind", "one of external, peering, vpn"),
        ("[2].kind", "one of external, peering, vpn"),
    ]


def test_only_tunnels_have_addresses_inside() -> None:
    active, inside = {"role": "active"}, {"inside": "169.254.21.16/28"}
    peering = {"interconnects": [{"to": "a", "kind": "peering", **inside}]}
    problem = only(problems_of(with_placements(a=active, b={**active, "network": peering})))
    assert (problem.path, problem.allowed) == (
        "placements.b.network.interconnects[0]",
        "`inside` with `kind: vpn` alone",
    )


def test_there_is_at_most_one_primary() -> None:
    problem = only(problems_of(with_placements(a={}, b={"role": "active"}, c={})))
    assert (problem.path, problem.allowed) == ("placements.c.role", "failover or active")
    assert problem.hint == "without a role, a placement is the primary"
    assert only(problems_of(with_placements(a={}, b={"role": "primary"}))).hint == ""


def test_somebody_serves() -> None:
    failover = {"role": "failover"}
    assert only(problems_of(with_placements(a=failover, b=failover))).found == "failover placements alone"
    assert not problems_of(with_placements(a=failover, b={"role": "active"}))
    assert not problems_of(with_placements(a={"role": "active"}, b={"role": "active"}))


@pytest.mark.parametrize("tag", RESERVED_TAGS)
def test_tags_that_intertie_writes_are_reserved(tag: str) -> None:
    assert only(problems_of(small(tags={tag: "x", "team": "y"}))).path == f"tags.{tag}"
    assert only(problems_of(with_placements(here={"tags": {tag: "x"}}))).path == f"placements.here.tags.{tag}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.256/16", ""),
        ("10.0.0.0/33", ""),
        ("010.0.0.0/16", ""),
        ("10.0.0.1/16", "write 10.0.0.0/16, or 10.0.0.1/32 for one address"),
        ("10.0.0/16", ""),
        ("ten", ""),
    ],
)
def test_ranges_are_real(text: str, hint: str) -> None:
    assert only(problems_of(endpoint(access="public", allow=["198.51.100.0/24", text]))).path == "endpoint.allow[1]"
    for field in ("cidr", "pods"):
        problem = only(problems_of(with_placements(here={"network": {field: text}})))
        assert (problem.path, problem.hint) == (f"placements.here.network.{field}", hint)


def test_checks_speak_while_the_models_refuse_something_else() -> None:
    data = stages(("a", ["b"]), ("b", ["a"])) | {"owner": 7, "tags": {"owner": "x"}}
    assert {problem.path for problem in problems_of(data)} == {"stages[0].after", "owner", "tags.owner"}


@pytest.mark.parametrize("value", [None, 7, "text", [], {}, [[]], [{}], {"a": 7}, {"a": []}, [None], True])
@pytest.mark.parametrize("field", ["stages", "placements", "endpoint", "tags", "residency"])
def test_checks_take_nothing_for_granted(field: str, value: Any) -> None:
    problems_of(small() | {field: value})  # whatever is found, no other exception


def test_every_kind_of_claim_is_read_by_its_own_name() -> None:
    for kind in CapacityKind:
        claim = {"kind": kind, "id": "cr-1"} if kind not in ("on-demand", "spot", "flex-start") else kind
        assert not problems_of(with_placements(here={"capacity": {"generate": claim}}))
