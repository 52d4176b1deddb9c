"""What the runtimes would refuse is said before anything runs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie import catalog
from intertie.errors import Problem
from intertie.plan.types import Plan
from intertie.workload import check_args
from support import plans
from support.workloads import generate, pinned, spanning, stage_spec, staged

WORD = st.from_regex(r"\A[a-z][a-z-]{2,20}[a-z]\Z")


def problems(plan: Plan) -> tuple[Problem, ...]:
    return check_args(generate(plan))


def given_args(*args: str, runtime: str = "vllm") -> tuple[Problem, ...]:
    return problems(stage_spec(pinned(plans.plan(), runtime), "generate", args=list(args)))


def test_a_stage_without_arguments_is_fine() -> None:
    plan = pinned(plans.plan())
    assert [check_args(stage) for stage in plan.stages] == [(), ()]


def test_options_of_the_release_are_fine_however_they_are_written() -> None:
    assert not given_args("--enforce-eager", "--max_num_seqs", "64", "--max-num-batched-tokens=8192")
    assert not given_args("-O3", "-cc.mode", "3", "--compilation-config.cudagraph_mode=FULL")
    assert not given_args("--no-enable-prefix-caching", "--seed", "-1")
    assert not given_args("--chunked-prefill-size", "4096", runtime="sglang")


def test_a_misspelt_option_is_found_with_the_one_that_is_meant() -> None:
    (problem,) = given_args("--enforce-eager", "--max-num-sequences", "64")
    assert problem.path == "stages[generate].args[1]"
    assert problem.found == "--max-num-sequences"
    assert problem.allowed.endswith("options of vllm 0.29.0")
    assert problem.hint.startswith("did you mean '--max-num-")
    assert problem.source == "vllm 0.29.0 package"


def test_an_option_that_is_like_no_other_names_where_they_are_listed() -> None:
    (problem,) = given_args("--zzzzzzzz")
    assert problem.hint == "vllm/vllm-openai:v0.29.0 --help lists them"


def test_an_option_of_another_release_is_not_taken() -> None:
    neuron = pinned(plans.plan(), "vllm", "inferentia2", "neuron")
    (problem,) = problems(stage_spec(neuron, "generate", args=["--shutdown-timeout-x"]))
    assert "vllm 0.16.0" in problem.allowed


def test_an_option_of_another_runtime_is_not_taken() -> None:
    (problem,) = given_args("--mem-fraction-static", "0.8")
    assert problem.found == "--mem-fraction-static"


@given(word=WORD)
@settings(max_examples=100, deadline=None)
def test_whatever_is_not_an_option_of_the_release_is_refused(word: str) -> None:
    option = f"--{word}"
    known = catalog.runtime_options("vllm", "0.29.0")
    assert bool(given_args(option)) == (option not in known)


@pytest.mark.parametrize(
    ("runtime", "args", "field"),
    [
        ("vllm", ["--tensor-parallel-size", "2"], "parallelism.tensor"),
        ("vllm", ["-tp=2"], "parallelism.tensor"),
        ("vllm", ["--max_model_len=4096"], "model.context"),
        ("vllm", ["--port", "1"], "port"),
        ("vllm", ["--api-key", "k"], "endpoint.auth"),
        ("sglang", ["--tp-size", "2"], "parallelism.tensor"),
        ("sglang", ["--context-length", "4096"], "model.context"),
        ("triton", ["--http-port", "9"], "port"),
    ],
)
def test_what_the_plan_decides_cannot_be_contradicted(runtime: str, args: list[str], field: str) -> None:
    (problem,) = given_args(*args, runtime=runtime)
    assert problem.allowed == "options that the plan does not decide"
    assert problem.hint.startswith(f"set by {field}")


def test_what_the_plan_decides_exists_in_the_release() -> None:
    from intertie.workload.runtimes import runtime_module

    for runtime in ("vllm", "sglang"):
        assert runtime_module(runtime).OWNED.keys() <= catalog.runtime_options(runtime)


def test_options_of_an_image_that_the_user_brings_are_the_users_own() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", args=["--only-in-our-fork"])
    assert not problems(staged(plan, "generate", image="registry.example.com/acme/vllm:1"))
    assert problems(plan)


def test_arguments_of_an_own_program_are_not_looked_at() -> None:
    plan = stage_spec(plans.plan(), "prepare", args=["--anything", "--port", "9"])
    assert not check_args(plan.stage("prepare"))


def test_a_cache_precision_that_the_runtime_lacks_is_refused() -> None:
    model = {"id": "acme/m", "parameters": "8e9", "kv_precision": "int4"}
    (problem,) = problems(stage_spec(pinned(plans.plan()), "generate", model=model))
    assert problem.path == "stages[generate].model.kv_precision"
    assert problem.allowed == "fp8, bf16, fp16"


@pytest.mark.parametrize(("accelerator", "vendor"), [("trainium2", "neuron"), ("tpu-v6e", "google")])
def test_a_replica_over_several_nodes_is_refused_where_it_cannot_start(accelerator: str, vendor: str) -> None:
    (problem,) = problems(spanning(pinned(plans.plan(), "vllm", accelerator, vendor)))
    assert problem.found == f"a replica over 2 nodes of {accelerator} with vllm"
    assert "nvidia or amd" in problem.allowed


@pytest.mark.parametrize(
    ("runtime", "accelerator", "vendor"), [("vllm", "mi300x", "amd"), ("sglang", "h200", "nvidia")]
)
def test_a_replica_over_several_nodes_is_fine_where_it_can(runtime: str, accelerator: str, vendor: str) -> None:
    assert not problems(spanning(pinned(plans.plan(), runtime, accelerator, vendor)))


def test_a_floor_of_zero_is_refused_because_nothing_would_wake_it() -> None:
    (problem,) = problems(stage_spec(pinned(plans.plan()), "generate", replicas={"min": 0, "max": 4}))
    assert problem.path == "stages[generate].replicas.min"
    assert "none could wake the first" in problem.hint


def test_a_queue_that_the_image_does_not_have_is_refused() -> None:
    plan = stage_spec(plans.plan(), "prepare", scaling={"metric": "queue"})
    (problem,) = check_args(plan.stage("prepare"))
    assert problem.found == "queue for runtime custom"


def test_all_problems_of_a_stage_are_said_at_once() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", args=["--nonsense", "--port=9"], replicas={"min": 0, "max": 4})
    assert len(problems(plan)) == 3
