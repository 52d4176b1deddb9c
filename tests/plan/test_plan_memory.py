"""What a model needs of memory, and how a replica is spread so that it fits."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from intertie import catalog
from intertie.plan.memory import need_of, overhead_gib, share, usable_gib
from intertie.plan.parallel import degrees, fits, sizing, splits, spread
from intertie.plan.sizing import Room, size
from intertie.spec import ModelSpec, StageSpec
from support.pipelines import planned

LLAMA_70B = {"id": "meta-llama/Llama-3.3-70B-Instruct", "parameters": "70e9", "precision": "fp8", "context": 32768}
SHAPE = {"layers": 80, "kv_heads": 8, "head_dim": 128}


def model(**changes: object) -> ModelSpec:
    return ModelSpec.model_validate({**LLAMA_70B, **changes})


def stage(**changes: object) -> StageSpec:
    data = {"name": "s", "runtime": "vllm", "model": LLAMA_70B, "accelerators": ["h100"], "replicas": 1, **changes}
    return StageSpec.model_validate({key: value for key, value in data.items() if value is not None})


@pytest.mark.parametrize(
    ("precision", "gib"), [("fp32", 260.77), ("bf16", 130.39), ("fp16", 130.39), ("fp8", 65.19), ("int4", 36.67)]
)
def test_weights_are_parameters_times_bytes(precision: str, gib: float) -> None:
    assert need_of(model(precision=precision)).weights_gib == pytest.approx(gib, abs=0.01)


def test_the_cache_follows_the_shape_of_the_catalogue() -> None:
    need = need_of(model())
    assert need.cache_gib == pytest.approx(2 * 80 * 8 * 128 * 2 * 32768 * 16 / 2**30)
    assert need.basis == "shape of meta-llama/Llama-3.3-70B-Instruct from the catalogue"


def test_a_copy_in_a_bucket_has_the_shape_of_the_model_it_is_named_after() -> None:
    assert need_of(model(id="models/llama-3.3-70b-instruct")).cache_gib == need_of(model()).cache_gib


def test_the_users_shape_goes_before_the_catalogues() -> None:
    need = need_of(model(architecture={"layers": 40, "kv_heads": 4, "head_dim": 64}))
    assert need.cache_gib == pytest.approx(2 * 40 * 4 * 64 * 2 * 32768 * 16 / 2**30)
    assert need.basis == "shape from the description"


def test_a_cache_of_lower_precision_is_smaller() -> None:
    assert need_of(model(kv_precision="fp8")).cache_gib == need_of(model()).cache_gib / 2


SIZES = {"7B": 7e9, "8B": 8e9, "14B": 14e9, "32B": 32e9, "70B": 70e9, "72B": 72e9, "405B": 405e9}
DENSE = [
    (shape.id, SIZES[word])
    for shape in catalog.model_shapes()
    for word in SIZES
    if f"-{word}" in shape.id and "-A3" not in shape.id
]


@pytest.mark.parametrize(("known", "parameters"), DENSE)
def test_an_unknown_shape_is_estimated_high_and_said_so(known: str, parameters: float) -> None:
    guessed = need_of(model(id="acme/own", parameters=parameters))
    assert guessed.cache_gib >= need_of(model(id=known, parameters=parameters)).cache_gib
    assert "shape unknown" in guessed.basis
    assert "model.architecture" in guessed.basis


def test_an_estimated_shape_is_noted_with_what_to_write() -> None:
    plan = planned(stage={"model": {"id": "acme/own", "parameters": "8e9", "concurrency": 1}})
    assert any("shape of acme/own" in note and "`model.architecture`" in note for note in plan.notes)
    given = {"layers": 32, "kv_heads": 8, "head_dim": 128}
    plan = planned(stage={"model": {"id": "acme/own", "parameters": "8e9", "concurrency": 1, "architecture": given}})
    assert not any("shape of" in note for note in plan.notes)


def test_overhead_is_larger_on_large_accelerators_and_in_a_group() -> None:
    large, small = usable_gib(catalog.accelerator("h100")), usable_gib(catalog.accelerator("l4"))
    assert overhead_gib(large, 1) > overhead_gib(small, 1)
    assert overhead_gib(large, 2) > overhead_gib(large, 1)


def test_nine_tenths_of_an_accelerator_are_usable() -> None:
    h100 = catalog.accelerator("h100")
    assert usable_gib(h100) == pytest.approx(h100.usable_mib / 1024 * 0.9)


@pytest.mark.parametrize(
    ("most", "heads", "expected"),
    [
        (8, 8, [1, 2, 4, 8]),
        (8, None, [1, 2, 4, 8]),
        (12, 8, [1, 2, 4, 8]),
        (8, 10, [1, 2]),
        (16, 2, [1, 2, 4, 8, 16]),
        (0, 8, []),
    ],
)
def test_tensor_parallelism_is_a_power_of_two_that_fits_the_heads(
    most: int, heads: int | None, expected: list[int]
) -> None:
    assert degrees(most, heads) == expected


def test_a_head_that_is_copied_takes_its_memory_on_every_accelerator() -> None:
    need = need_of(model(architecture={"layers": 80, "kv_heads": 2, "head_dim": 128}))
    assert share(need, 70, 8, 1).cache_gib == share(need, 70, 2, 1).cache_gib
    assert share(need, 70, 8, 1).weights_gib == share(need, 70, 2, 1).weights_gib / 4


def test_layers_that_do_not_split_evenly_count_for_the_fullest_group() -> None:
    need = need_of(model(architecture={"layers": 3, "kv_heads": 8, "head_dim": 128}))
    assert share(need, 70, 1, 2).weights_gib == pytest.approx(need.weights_gib * 2 / 3)


shapes = st.fixed_dictionaries(
    {
        "layers": st.integers(1, 130),
        "kv_heads": st.sampled_from([1, 2, 4, 5, 8, 10, 16, 96]),
        "head_dim": st.sampled_from([64, 128]),
    }
)
models = st.builds(
    lambda parameters, precision, context, concurrency, architecture: model(
        id="acme/own", parameters=parameters, precision=precision, context=context, concurrency=concurrency,
        architecture=architecture,
    ),
    st.integers(1, 2 * 10**12), st.sampled_from(["bf16", "fp8", "int4"]), st.integers(1, 200_000), st.integers(1, 256),
    st.none() | shapes,
)  # fmt: skip
usable_sizes = st.sampled_from([usable_gib(row) for row in catalog.accelerators()])


@given(models, usable_sizes, st.integers(1, 16), st.sampled_from([0, 4, 8, 16]))
def test_what_is_chosen_holds_the_model_and_nothing_smaller_does(
    wanted: ModelSpec, usable: float, in_node: int, with_fabric: int
) -> None:
    assume(with_fabric <= in_node)
    need = need_of(wanted)
    chosen = spread(need, usable, in_node, with_fabric)
    smaller = [degree for degree in degrees(in_node, need.kv_heads) if fits(need, usable, degree, 1)]
    if chosen is None:
        assert not smaller
        return
    made = sizing(need, usable, chosen)
    assert (
        made.weights_gib + made.kv_cache_gib + made.overhead_gib
        <= made.accelerators * made.usable_gib + 0.05 * made.accelerators
    )
    assert share(need, usable, chosen.tensor, chosen.pipeline).total <= usable
    assert splits(chosen.tensor, need.kv_heads)
    assert made.accelerators == made.tensor * made.pipeline
    assert (made.nodes == 1) == bool(smaller)
    if made.nodes > 1:
        assert made.tensor <= with_fabric
        assert not fits(need, usable, made.tensor, made.pipeline - 1)
    else:
        assert made.tensor == min(smaller)


def test_llama_70b_in_fp8_takes_four_h100_for_sixteen_long_sequences() -> None:
    made = size(stage(), catalog.accelerator("h100"), Room(8, 8))
    assert not isinstance(made, str)
    assert (made.tensor, made.pipeline, made.nodes) == (4, 1, 1)


def test_a_model_that_no_machine_holds_is_refused_with_the_figures() -> None:
    reason = size(stage(), catalog.accelerator("l4"), Room(1, 0))
    assert isinstance(reason, str)
    assert "65 GiB of weights and 160 GiB of cache" in reason
    assert "no machine that can be had has a fabric" in reason


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"tensor": 4}, ""),
        ({"tensor": 8}, ""),
        ({"tensor": 2}, "does not hold"),
        ({"tensor": 6}, "neither divides the 8 key-value heads"),
        ({"tensor": 16}, "machines have at most 8"),
        ({"tensor": 4, "pipeline": 2}, "with a fabric between machines have at most 0"),
    ],
)
def test_a_given_parallelism_is_checked_and_not_trusted(given: dict[str, int], says: str) -> None:
    made = size(stage(parallelism=given), catalog.accelerator("h100"), Room(8, 0))
    assert isinstance(made, str) == bool(says)
    if isinstance(made, str):
        assert says in made
    else:
        assert made.tensor == given["tensor"]


def test_more_groups_than_layers_cannot_be() -> None:
    small = {**LLAMA_70B, "architecture": {"layers": 2, "kv_heads": 8, "head_dim": 128}}
    made = size(stage(model=small, parallelism={"tensor": 8, "pipeline": 3}), catalog.accelerator("h100"), Room(8, 8))
    assert isinstance(made, str)
    assert "more than the model's 2 layers" in made


def test_an_image_with_its_own_model_gets_the_accelerators_it_asks_for() -> None:
    own = stage(runtime="custom", image="ghcr.io/acme/own:1", model=None, accelerator_count=2)
    made = size(own, catalog.accelerator("h100"), Room(8, 0))
    assert not isinstance(made, str)
    assert (made.accelerators, made.weights_gib) == (2, 0.0)
    refused = size(own, catalog.accelerator("h100"), Room(1, 0))
    assert isinstance(refused, str)
    assert "asks for 2 accelerators" in refused


@given(models, usable_sizes)
def test_more_room_never_needs_more_accelerators(wanted: ModelSpec, usable: float) -> None:
    need = need_of(wanted)
    small, large = spread(need, usable, 8, 8), spread(need, usable * 2, 8, 8)
    assume(small is not None)
    assert small is not None
    assert large is not None
    assert large.accelerators <= small.accelerators
