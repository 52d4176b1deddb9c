"""Tokens per second: measured before published, published derated, and unknown never taken for zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.catalog import Fact, Throughput
from intertie.plan.throughput import throughput
from intertie.spec import StageSpec
from support.pipelines import choice, generate, only_problem, pipeline, planned

LLAMA = {"id": "meta-llama/Llama-3.3-70B-Instruct", "parameters": "70e9", "precision": "fp8", "concurrency": 4}


def row(
    figure: float, tokens_in: int | None = 1000, tokens_out: int | None = 1000, together: int | None = 2
) -> Throughput:
    return Throughput(
        "m", "fp8", "h100", together, tokens_in, tokens_out, figure, "max-load", Fact("a benchmark", "2026-01-01")
    )


def stage(**changes: object) -> StageSpec:
    return StageSpec.model_validate(generate(**changes))


def test_the_users_own_figure_is_taken_as_it_is() -> None:
    made = throughput(stage(throughput={"h100": 900}, objective={"tokens_per_second": 4000}), "h100", 4, [row(9999)])
    assert (made.per_replica, made.basis, made.derate, made.replicas_for_objective) == (900, "measured", 1.0, 5)


def test_a_figure_for_another_accelerator_is_not_taken() -> None:
    assert throughput(stage(throughput={"h200": 900}), "h100", 4, []).basis == "unknown"


def test_a_published_figure_counts_four_fifths_per_accelerator() -> None:
    made = throughput(stage(), "h100", 4, [row(1000)])
    assert (made.per_replica, made.basis, made.derate) == (3200, "published", 0.8)
    assert "a benchmark (1000 tokens in, 1000 tokens out, max-load)" in made.source


@pytest.mark.parametrize(("ttft", "derate"), [("499ms", 0.5), ("500ms", 0.8), ("2s", 0.8)])
def test_a_tight_objective_for_the_first_token_leaves_half(ttft: str, derate: float) -> None:
    assert throughput(stage(objective={"ttft_p95": ttft}), "h100", 1, [row(1000)]).derate == derate


def test_the_figure_with_the_nearest_lengths_is_taken() -> None:
    rows = [row(1000), row(400, 8192, 1024), row(5, None, None)]
    long = stage(objective={"input_tokens": 6000, "output_tokens": 800})
    assert throughput(long, "h100", 1, rows).per_replica == 320
    assert throughput(stage(), "h100", 1, rows).per_replica == 800


def test_of_figures_with_the_same_lengths_the_one_of_as_many_accelerators_is_taken() -> None:
    rows = [row(3000, together=1), row(2500, together=2), row(2000, together=8), row(9000, together=None)]
    taken = [throughput(stage(), "h100", count, rows).per_replica for count in (1, 2, 16)]
    assert taken == [3000 * 0.8, 2500 * 2 * 0.8, 2000 * 16 * 0.8]


def test_of_figures_that_are_alike_the_lower_one_is_taken() -> None:
    assert throughput(stage(), "h100", 1, [row(1000), row(900), row(1100)]).per_replica == 720


def test_the_figures_of_a_stage_can_be_computed_again_from_what_is_explained() -> None:
    plan = planned(stage={"model": LLAMA, "objective": {"tokens_per_second": 4000}})
    told, stage_plan = choice(plan, "stages[generate].throughput"), plan.stage("generate")
    assert stage_plan.sizing is not None
    each = float(told.source.split("): ")[1].split(" tokens/s")[0])
    assert told.chosen == f"{each * stage_plan.sizing.accelerators * 0.8:g} tokens/s per replica"
    assert f"times {stage_plan.sizing.accelerators} accelerator" in told.why
    assert "80% of it counted" in told.why


def test_no_figure_is_unknown_and_not_zero() -> None:
    made = throughput(stage(objective={"tokens_per_second": 4000}), "h100", 1, [])
    assert (made.per_replica, made.basis, made.replicas_for_objective) == (None, "unknown", None)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(1, 64))
def test_the_replicas_reach_the_objective_and_one_less_does_not(wanted: float, figure: float, count: int) -> None:
    made = throughput(stage(objective={"tokens_per_second": wanted}), "h100", count, [row(figure)])
    assert made.replicas_for_objective is not None
    each = figure * count * 0.8
    assert made.replicas_for_objective * each >= wanted * (1 - 1e-9)
    assert (made.replicas_for_objective - 1) * each < wanted


def test_more_replicas_than_described_are_a_problem_with_the_arithmetic() -> None:
    found = only_problem(pipeline(stage={"model": LLAMA, "objective": {"tokens_per_second": 1e6}}))
    assert found.path == "stages[1].replicas.max"
    assert found.found == "8"
    assert "1e+06 tokens/s" in found.hint
    assert "(published)" in found.hint


def test_a_ladder_too_short_for_the_objective_is_a_problem() -> None:
    changes = {"model": LLAMA, "objective": {"tokens_per_second": 20_000}, "replicas": {"min": 1, "max": 40}}
    ladder = [{"kind": "on-demand", "count": 1}]
    found = only_problem(pipeline(stage=changes, where={"capacity": {"generate": ladder}}))
    assert found.path == "placements.here.capacity.generate"
    assert "raise `count`" in found.hint


def test_a_ladder_that_just_holds_the_objective_is_enough() -> None:
    ladder = {"capacity": {"generate": [{"kind": "on-demand", "machine": "p5.48xlarge", "count": 1}]}}
    stage = {"throughput": {"h100": 100}, "replicas": {"min": 1, "max": 8}}
    plan = planned(stage={**stage, "objective": {"tokens_per_second": 800}}, where=ladder)
    found = plan.stage("generate").throughput
    assert found is not None
    assert found.replicas_for_objective == 8


def test_an_objective_without_a_figure_is_noted_with_how_to_supply_one() -> None:
    plan = planned(stage={"model": {**LLAMA, "id": "acme/own"}, "objective": {"tokens_per_second": 100}})
    assert any("write `throughput: {h100: <tokens per second>}` in stages[1]" in note for note in plan.notes)
    assert choice(plan, "stages[generate].throughput").chosen == "unknown"


@pytest.mark.parametrize(("tokens", "noted"), [(1000, False), (8192, False), (16_383, False), (16_384, True)])
def test_a_figure_for_much_shorter_prompts_is_noted(tokens: int, noted: bool) -> None:
    objective = {"tokens_per_second": 100, "input_tokens": tokens}
    plan = planned(stage={"model": LLAMA, "objective": objective})
    assert any("for prompts of 8192 tokens" in note for note in plan.notes) is noted


def test_an_own_measurement_is_not_doubted() -> None:
    objective = {"tokens_per_second": 100, "input_tokens": 100_000}
    plan = planned(stage={"model": LLAMA, "objective": objective, "throughput": {"h100": 500}})
    assert not any("prompts" in note for note in plan.notes)


def test_a_mirror_of_a_model_has_its_published_figures() -> None:
    plan = planned(stage={"model": {**LLAMA, "id": "weights/llama-3.3-70b-instruct"}})
    found = plan.stage("generate").throughput
    assert found is not None
    assert found.basis == "published"


def test_the_time_to_the_first_token_is_not_promised() -> None:
    plan = planned(stage={"objective": {"ttft_p95": "800ms"}})
    assert any("cannot be derived from a description" in note and "800ms" in note for note in plan.notes)
