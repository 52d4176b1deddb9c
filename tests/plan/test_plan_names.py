"""Names are legal on every cloud, differ when their words differ, and depend on nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from intertie.plan.naming import cluster_name, pool_name, safe_name

slugs = st.from_regex(r"\A[a-z]([a-z0-9-]{0,28}[a-z0-9])?\Z")


@given(slugs, slugs)
def test_a_cluster_name_is_legal_on_all_clouds(pipeline: str, placement: str) -> None:
    name = cluster_name(pipeline, placement)
    assert len(name) <= 40
    assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name)
    assert name.startswith(f"{pipeline}-{placement}"[:32].rstrip("-"))


def test_a_short_cluster_name_is_the_two_words() -> None:
    assert cluster_name("chat", "aws-use1") == "chat-aws-use1"


def test_names_that_begin_alike_stay_apart_when_they_are_cut() -> None:
    start = "a-pipeline-with-a-very-long-na"
    first, second = (
        cluster_name(start, "a-placement-with-a-long-name-1"),
        cluster_name(start, "a-placement-with-a-long-name-2"),
    )
    assert first != second
    assert first[:30] == second[:30]


@given(st.text(alphabet="ab-", min_size=1, max_size=60), st.integers(12, 50))
def test_a_name_that_fits_is_left_as_it_is(text: str, limit: int) -> None:
    assert (safe_name(text, limit) == text) == (len(text) <= limit)
    assert len(safe_name(text, limit)) <= limit


@given(slugs, st.integers(0, 7), st.none() | st.integers(0, 49))
def test_a_pool_name_fits_the_strictest_cloud(stage: str, rank: int, part: int | None) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]{0,11}", pool_name(stage, rank, part))


@given(st.lists(st.tuples(slugs, st.integers(0, 7)), unique=True, min_size=2, max_size=30))
def test_pools_of_different_stages_and_steps_have_different_names(pools: list[tuple[str, int]]) -> None:
    assert len({pool_name(stage, rank) for stage, rank in pools}) == len(pools)


def test_a_stage_name_that_fits_can_be_read_in_the_pool_name() -> None:
    assert pool_name("generate", 0) == "generate0"


def test_a_hyphen_does_not_make_two_stages_meet() -> None:
    assert pool_name("embed-a", 0) != pool_name("embeda", 0)


def test_parts_of_one_step_have_names_of_their_own() -> None:
    assert len({pool_name("generate", 1, part) for part in range(50)}) == 50


def test_names_of_live_pools_stay_what_they_are() -> None:
    """A pool that is called otherwise is another pool: the live one would be replaced, with everything on it."""
    assert pool_name("embed-text", 0) == "embed39a750"
    assert pool_name("generate", 0, 3) == "genea6e8ad0"
    assert cluster_name("a" * 30, "b" * 30) == f"{'a' * 30}-b-0d5805a"
