"""Stages are planned in an order in which each follows those it comes after."""

from hypothesis import given
from hypothesis import strategies as st

from intertie.plan.order import ordered
from intertie.spec import PipelineSpec
from support.pipelines import pipeline, planned


def _stages(after: dict[str, list[str]]) -> PipelineSpec:
    return pipeline(
        stages=[
            {"name": name, "image": "ghcr.io/acme/step:1.0", "replicas": 1, "after": before}
            for name, before in after.items()
        ]
    )


def _names(after: dict[str, list[str]]) -> list[str]:
    return [stage.name for stage in ordered(_stages(after).stages)]


def test_a_stage_that_is_written_before_those_it_follows_is_planned_after_them() -> None:
    assert _names({"last": ["first", "middle"], "middle": ["first"], "first": []}) == ["first", "middle", "last"]


def test_where_the_graph_leaves_a_choice_the_order_of_the_description_holds() -> None:
    assert _names({"c": [], "a": [], "b": []}) == ["c", "a", "b"]


@given(
    st.integers(1, 12).flatmap(lambda n: st.lists(st.sets(st.integers(0, n - 1)), min_size=n, max_size=n)), st.randoms()
)
def test_every_stage_comes_once_and_after_its_own(edges: list[set[int]], random: object) -> None:
    after = {f"s{i}": sorted(f"s{j}" for j in before if j < i) for i, before in enumerate(edges)}
    shuffled = dict(sorted(after.items(), key=lambda _: random.random()))  # type: ignore[attr-defined]
    names = _names(shuffled)
    assert sorted(names) == sorted(after)
    assert all(names.index(before) < names.index(name) for name, befores in after.items() for before in befores)


def test_the_plan_holds_the_stages_in_that_order() -> None:
    plan = planned(
        stages=[
            {"name": "answer", "image": "ghcr.io/acme/answer:1.0", "replicas": 1, "after": ["prepare"]},
            {"name": "prepare", "image": "ghcr.io/acme/prepare:1.0", "replicas": 1},
        ]
    )
    assert [stage.name for stage in plan.stages] == ["prepare", "answer"]
