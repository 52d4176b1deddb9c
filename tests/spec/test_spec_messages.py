"""Messages in plain words: what was found, what is allowed, what to do. No word of the libraries beneath."""

from typing import Any

import pytest

from intertie import catalog
from intertie.spec.shape import homes, model_at
from intertie.spec.wording import clean, did_you_mean, path_of, show
from support.descriptions import only, problems_of, small


def with_stage(index: int, **changes: Any) -> dict[str, Any]:
    data = small()
    data["stages"][index] |= changes
    return data


def with_placement(**changes: Any) -> dict[str, Any]:
    data = small()
    data["placements"]["here"] |= changes
    return data


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("replica", "replicas"), ("Image", "image"), ("acelerators", "accelerators"), ("loadTime", "load_time")],
)
def test_a_misspelt_key_is_met_with_the_right_one(wrong: str, right: str) -> None:
    problem = next(p for p in problems_of(with_stage(0, **{wrong: 1})) if p.path == f"stages[0].{wrong}")
    assert problem.found == f'the unknown key "{wrong}"'
    assert f"`{right}`" in problem.hint
    assert "replicas, runtime, model" in problem.allowed


def test_a_key_at_the_wrong_place_is_met_with_the_place_it_belongs_to() -> None:
    assert only(problems_of(with_stage(1, precision="fp8"))).hint == "`precision` belongs to stages[].model"
    assert only(problems_of(small(region="us-east-1"))).hint == "`region` belongs to placements.*"


def test_a_key_like_no_other_lists_the_keys_and_guesses_nothing() -> None:
    problem = only(problems_of(small(zzz=1)))
    assert problem.hint == ""
    assert problem.allowed.startswith("name, owner, cost_center")


@pytest.mark.parametrize(
    ("changes", "path", "hint"),
    [
        ({"environment": "prod"}, "environment", "did you mean `production`?"),
        ({"environment": "PRODUCTION"}, "environment", "did you mean `production`?"),
        ({"environment": "zzz"}, "environment", ""),
        ({"environment": True}, "environment", ""),
        ({"environment": None}, "environment", ""),
    ],
)
def test_a_misspelt_choice_is_met_with_the_right_one(changes: dict[str, Any], path: str, hint: str) -> None:
    problem = only(problems_of({**small(), **changes}))
    assert (problem.path, problem.hint) == (path, hint)
    assert problem.allowed == "one of development, staging, production"


@pytest.mark.parametrize(
    ("wrong", "right"), [("h10O", "h100"), ("A100_80GB", "a100-80gb"), ("a100", "a100-40gb"), ("tpu_v6e", "tpu-v6e")]
)
def test_a_misspelt_accelerator_is_met_with_the_catalogues(wrong: str, right: str) -> None:
    problem = only(problems_of(with_stage(1, accelerators=["l4", wrong])))
    assert problem.path == "stages[1].accelerators[1]"
    assert f"`{right}`" in problem.hint
    assert all(accelerator.name in problem.allowed for accelerator in catalog.accelerators())


@pytest.mark.parametrize(
    ("claim", "path", "found", "hint"),
    [
        ("spt", "kind", '"spt"', "did you mean `spot`?"),
        ("on demand", "kind", '"on demand"', "did you mean `on-demand`?"),
        ({"kind": "ODCR", "id": "cr-1"}, "kind", '"ODCR"', "did you mean `odcr`?"),
        ({"id": "cr-1"}, "kind", "nothing", ""),
        ({"kind": 7}, "kind", "7 (a number)", ""),
        ("odcr", "id", "nothing", ""),
        ({"kind": "odcr"}, "id", "nothing", ""),
        ({"kind": "crg", "id": "x", "zon": "1"}, "zon", 'the unknown key "zon"', "did you mean `zone`?"),
        ({"kind": "spot", "spot": 1}, "spot", 'the unknown key "spot"', ""),
        ({"kind": "odcr", "id": "cr-1", "count": 0}, "count", "0 (a number)", ""),
    ],
)
def test_claims_say_what_they_lack(claim: Any, path: str, found: str, hint: str) -> None:
    problem = only(problems_of(with_placement(capacity={"generate": ["spot", claim]})))
    assert problem.path == f"placements.here.capacity.generate[1].{path}"
    assert (problem.found, problem.hint) == (found, hint)
    if path == "kind":
        assert "on-demand, spot, odcr, capacity-block, crg" in problem.allowed


@pytest.mark.parametrize("claim", [7, True, None, ["spot"]])
def test_a_claim_of_another_kind_of_value_names_the_short_forms(claim: Any) -> None:
    problem = only(problems_of(with_placement(capacity={"generate": ["spot", claim]})))
    assert problem.allowed == "on-demand, spot, flex-start, or a mapping with `kind`"


def test_one_claim_stands_for_a_ladder_of_one_in_paths_too() -> None:
    problem = only(problems_of(with_placement(capacity={"generate": {"kind": "odcr"}})))
    assert problem.path == "placements.here.capacity.generate.id"


@pytest.mark.parametrize(
    ("changes", "path", "allowed", "hint"),
    [
        ({"residency": "us"}, "residency", "a list: entries that start with `- `, or [a, b]", "write [us]"),
        ({"residency": []}, "residency", "at least 1", ""),
        ({"residency": None, "stages": []}, "stages", "at least 1", ""),
        ({"placements": {}}, "placements", "at least 1", ""),
        ({"tags": ["a"]}, "tags", "a mapping: `name: value`", ""),
        ({"budget": 7}, "budget", "a mapping with monthly_usd", ""),
        ({"budget": {"monthly_usd": 0}}, "budget.monthly_usd", "an amount of dollars above 0, at most 1,000,000,", ""),
        ({"kubernetes": 1.35}, "kubernetes", 'a minor version in quotes, such as "1.35"', 'write it in quotes: "1.35"'),
        ({"name": "a" * 31}, "name", "1 to 30 lower case letters", "it has 31 characters; the most is 30"),
        ({"tags": {"Team A": "x"}}, 'tags["Team A"]', "1 to 63 lower case letters", "write team-a"),
    ],
)  # fmt: skip
def test_values_of_another_shape_say_what_they_should_be(
    changes: dict[str, Any], path: str, allowed: str, hint: str
) -> None:
    problem = next(p for p in problems_of({**small(), **changes}) if p.path == path)
    assert problem.allowed.startswith(allowed)
    assert problem.hint == hint


def test_a_long_list_with_a_wrong_entry_is_not_called_too_short() -> None:
    assert [problem.path for problem in problems_of(small(residency=["us", 7]))] == ["residency[1]"]


@pytest.mark.parametrize("replicas", ["many", "1..x", "1-8", [1, 8], True, None])
def test_replicas_name_their_three_forms(replicas: Any) -> None:
    problem = only(problems_of(with_stage(0, replicas=replicas)))
    assert problem.allowed == "a count such as 3, a range such as 1..8, or `min` and `max`"


@pytest.mark.parametrize("auth", [True, None, 7, ["oidc"]])
def test_authentication_names_its_forms(auth: Any) -> None:
    problem = only(problems_of(small(endpoint={"host": "a.example.com", "auth": auth})))
    assert problem.allowed == "oidc, api-key, or a mapping with `kind`"


def test_there_is_no_open_endpoint() -> None:
    problem = only(problems_of(small(endpoint={"host": "a.example.com", "auth": "none"})))
    assert (problem.path, problem.allowed) == ("endpoint.auth.kind", "one of oidc, api-key")


@pytest.mark.parametrize(
    ("memory", "hint"),
    [
        ("16gi", "did you mean 16Gi?"),
        ("16 XB", "XB is not one of its units"),
        ("lots", ""),
        (0, "zero is not an amount"),
        ("1e30T", "no cloud has that much"),
        (-1, ""),
        (True, ""),
    ],
)
def test_memory_says_which_unit_was_meant(memory: Any, hint: str) -> None:
    problem = only(problems_of(with_stage(0, resources={"memory": memory})))
    assert (problem.path, problem.hint) == ("stages[0].resources.memory", hint)
    assert problem.allowed == "an amount of memory or disk, such as 16Gi"


def test_a_duration_without_a_unit_is_refused() -> None:
    problem = only(problems_of(with_stage(0, grace=30)))
    assert problem.hint == "give the unit: seconds and minutes look the same without"


def test_another_cloud_needs_its_cluster_described() -> None:
    problem = only(problems_of(with_placement(cloud="other")))
    assert (problem.path, problem.found) == ("placements.here", "a mapping with cloud, region, capacity")
    assert "`adopt`" in problem.allowed


def test_a_cluster_that_no_cloud_runs_says_under_which_law_it_stands() -> None:
    adopt = {"pools": [{"name": "cpu"}]}
    assert problems_of(with_placement(cloud="other", capacity={}, adopt=adopt))
    assert not problems_of(with_placement(cloud="other", capacity={}, adopt=adopt, jurisdiction="us"))


def test_text_from_a_file_is_shown_escaped_and_short() -> None:
    problem = only(problems_of(small(owner="\u202e" + "x" * 500)))
    assert problem.found == '"\\u202e' + "x" * 58 + '…"'
    forged = only(problems_of(small(owner="me\nname: found nothing")))
    assert "\n" not in forged.found


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ((), "document"),
        (("stages", 1, "model", "precision"), "stages[1].model.precision"),
        (("placements", "aws-use1"), "placements.aws-use1"),
        (("tags", "a.b"), 'tags["a.b"]'),
        (("", "x"), '[""].x'),
        (("tags", "a\nb"), 'tags["a\\nb"]'),
    ],
)
def test_paths_are_written_as_they_are_read(loc: tuple[str | int, ...], path: str) -> None:
    assert path_of(loc) == path


def test_a_near_miss_is_guessed_and_a_far_one_is_not() -> None:
    assert did_you_mean("enviroment", ["environment", "name"]) == "did you mean `environment`?"
    assert did_you_mean("h-100", ["h100", "h200"]) == "did you mean `h100` or `h200`?"
    assert did_you_mean("FP_8", ["fp-8", "fp8"]) == "did you mean `fp-8`?"
    assert did_you_mean("a100", ["a100-80gb", "b200"]) == "did you mean `a100-80gb`?"
    assert did_you_mean("x", ["environment"]) == ""
    assert did_you_mean("", ["environment"]) == ""
    assert did_you_mean("y" * 10**6, ["environment"]) == ""
    many = [f"placement-{number}" for number in range(301)]
    assert did_you_mean("plaxement-7", many[:300]) == "did you mean `placement-7` or `placement-97`?"
    assert did_you_mean("plaxement-7", many) == ""  # too many to compare each
    assert did_you_mean("PLACEMENT_7", many) == "did you mean `placement-7`?"


def test_values_are_shown_in_plain_words() -> None:
    shown = [show(value) for value in (None, True, 1, 1.5, "", "a", [], [1], {}, {"a": 1}, 2**80)]
    assert shown == [
        "nothing (an empty value)", "true (true or false)", "1 (a number)", "1.5 (a number)", "empty text", '"a"',
        "an empty list", "a list of 1", "an empty mapping", "a mapping with a", "a number of 81 bits",
    ]  # fmt: skip
    assert clean("a\tb") == "a\\tb"


def test_every_field_has_a_home_and_a_description() -> None:
    for name, places in homes().items():
        assert places, name
    for loc in ((), ("stages", 0), ("stages", 0, "model"), ("placements", "x"), ("endpoint",), ("endpoint", "auth")):
        model = model_at(loc)
        assert model is not None, loc
        assert all(field.description for field in model.model_fields.values() if field.annotation is not None), loc
    assert model_at(("stages", 0, "nowhere")) is None
    assert model_at(("placements", "x", "capacity", "s", 0)) is None  # which of nine, only `kind` tells
