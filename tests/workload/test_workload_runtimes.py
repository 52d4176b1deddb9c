"""The commands that start the runtimes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie import catalog
from intertie.catalog.tables import runtime_images
from intertie.contract import StorageBinding
from intertie.errors import PlanError
from intertie.plan.types import Plan
from intertie.workload.manifest import Joined, join
from intertie.workload.runtimes import launch_of, runtime_module
from intertie.workload.runtimes import pinned as pinned_row
from intertie.workload.runtimes.launch import given_options, quantized_name
from support import plans
from support.workloads import generate, handle, option, pinned, spanning, stage_spec, staged

BUCKET = StorageBinding("s3://chat-weights")
EVERY = sorted(
    (row.runtime, row.vendor, accelerator)
    for row in runtime_images()
    if row.runtime != "triton"  # no package publishes its options
    for accelerator in row.accelerators or ({"nvidia": "h100", "amd": "mi300x"}[row.vendor],)
)


def launched(plan: Plan, **changes):
    return launch_of(generate(plan), handle(plan, **changes))


def args(plan: Plan, **changes) -> list:
    return list(launched(plan, **changes).args)


def modelled(plan: Plan, **fields) -> Plan:
    model = {"id": "acme/model-8b", "parameters": "8e9", **fields}
    return stage_spec(plan, "generate", model=model)


PRECISIONS = st.sampled_from(["fp32", "bf16", "fp16", "fp8", "int8", "fp4", "int4"])
MODELS = st.builds(
    dict,
    precision=PRECISIONS,
    kv_precision=st.sampled_from([None, "fp8", "bf16", "fp16"]),
    revision=st.sampled_from([None, "6f6073b"]),
)


@pytest.mark.parametrize(("runtime", "vendor", "accelerator"), EVERY)
@given(model=MODELS, storage=st.sampled_from([StorageBinding(), BUCKET]), nodes=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_every_option_that_is_written_is_one_of_the_pinned_release(runtime, vendor, accelerator, **drawn) -> None:
    plan = modelled(pinned(plans.plan(), runtime, accelerator, vendor), **drawn["model"])
    plan = spanning(plan, drawn["nodes"]) if drawn["nodes"] > 1 else plan
    row = pinned_row(generate(plan))
    assert row is not None
    launch = launched(plan, storage=drawn["storage"])
    assert launch.command == row.entrypoint
    known = catalog.runtime_options(runtime, row.version)
    assert known
    for each in (launch.args, launch.worker_args):
        written = [text for _, text in given_options([text for text in each if isinstance(text, str)])]
        assert written
        assert set(written) <= known


def test_vllm_serves_the_model_under_its_name_at_its_revision() -> None:
    given = args(pinned(plans.plan()))
    assert given[0] == "meta-llama/Llama-3.3-70B-Instruct"
    assert option(given, "--served-model-name") == "meta-llama/Llama-3.3-70B-Instruct"
    assert option(given, "--revision") == "6f6073b"
    assert option(given, "--max-model-len") == "32768"
    assert option(given, "--max-num-seqs") == "16"
    assert option(given, "--tensor-parallel-size") == "4"
    assert option(given, "--gpu-memory-utilization") == "0.9"
    assert option(given, "--port") == "8000"


def test_weights_are_streamed_from_the_bucket_where_the_release_can() -> None:
    given = args(pinned(plans.plan()), storage=BUCKET)
    assert given[0] == "s3://chat-weights/meta-llama/Llama-3.3-70B-Instruct/6f6073b"
    assert option(given, "--load-format") == "runai_streamer"
    assert "--revision" not in given
    assert not launched(pinned(plans.plan()), storage=BUCKET).downloads


@pytest.mark.parametrize(("accelerator", "vendor"), [("trainium2", "neuron"), ("tpu-v6e", "google")])
def test_weights_come_from_the_hub_where_streaming_is_not_documented(accelerator: str, vendor: str) -> None:
    launch = launched(pinned(plans.plan(), "vllm", accelerator, vendor), storage=BUCKET)
    assert launch.args[0] == "meta-llama/Llama-3.3-70B-Instruct"
    assert launch.downloads


def test_an_own_image_is_started_with_options_that_every_release_has() -> None:
    plan = staged(pinned(plans.plan()), "generate", image="registry.example.com/acme/vllm:1")
    launch = launched(plan, storage=BUCKET)
    assert launch.command == ("vllm", "serve")
    assert launch.args[0] == "meta-llama/Llama-3.3-70B-Instruct"
    assert "--shutdown-timeout" not in launch.args


@pytest.mark.parametrize(
    ("precision", "model", "expected"),
    [
        ("bf16", "acme/m", ("--dtype", "bfloat16")),
        ("fp16", "acme/m", ("--dtype", "float16")),
        ("fp8", "acme/m", ("--quantization", "fp8")),
    ],
)
def test_precision_becomes_the_runtimes_words(precision: str, model: str, expected: tuple[str, str]) -> None:
    for runtime in ("vllm", "sglang"):
        given = args(modelled(pinned(plans.plan(), runtime), id=model, precision=precision))
        assert option(given, expected[0]) == expected[1]


@pytest.mark.parametrize("model", ["acme/m-FP8", "acme/m-FP8-dynamic", "acme/m-AWQ", "acme/m.w8a8", "acme/m-GPTQ-Int4"])
def test_a_checkpoint_that_is_stored_quantized_is_read_as_it_says_itself(model: str) -> None:
    for runtime in ("vllm", "sglang"):
        assert "--quantization" not in args(modelled(pinned(plans.plan(), runtime), id=model, precision="fp8"))


@pytest.mark.parametrize(
    "model", ["acme/fp8less-wonder", "acme/sawqrd", "meta-llama/Llama-3.1-8B-Instruct", "acme/int42"]
)
def test_letters_within_a_word_do_not_make_a_name_quantized(model: str) -> None:
    assert not quantized_name(model)


def test_the_cache_may_be_held_in_another_precision() -> None:
    assert option(args(modelled(pinned(plans.plan()), kv_precision="fp8")), "--kv-cache-dtype") == "fp8"
    sglang = modelled(pinned(plans.plan(), "sglang"), kv_precision="fp8")
    assert option(args(sglang), "--kv-cache-dtype") == "fp8_e4m3"


@pytest.mark.parametrize(("accelerator", "cores"), [("inferentia2", "8"), ("trainium1", "8"), ("trainium2", "16")])
def test_neuron_counts_cores_and_not_accelerators(accelerator: str, cores: str) -> None:
    given = args(pinned(plans.plan(), "vllm", accelerator, "neuron"))
    assert option(given, "--tensor-parallel-size") == cores
    assert "--gpu-memory-utilization" not in given


def test_compiling_is_waited_for_as_long_as_the_startup_probe_does() -> None:
    plan = staged(pinned(plans.plan(), "vllm", "trainium2", "neuron"), "generate", load_seconds=1800)
    assert launched(plan).env["VLLM_NEURON_COMPILATION_TIMEOUT"] == "1800"


def test_sglang_shows_the_metrics_that_it_is_scaled_on() -> None:
    given = args(pinned(plans.plan(), "sglang"))
    assert "--enable-metrics" in given
    assert option(given, "--model-path") == "meta-llama/Llama-3.3-70B-Instruct"
    assert option(given, "--context-length") == "32768"
    assert option(given, "--max-running-requests") == "16"


def test_sglang_joins_its_group_at_the_leaders_address() -> None:
    given = args(spanning(pinned(plans.plan(), "sglang")))
    assert option(given, "--dist-init-addr") == "$(LWS_LEADER_ADDRESS):20000"
    assert option(given, "--nnodes") == "$(LWS_GROUP_SIZE)"
    assert option(given, "--pp-size") == "2"


def test_the_users_options_replace_defaults_and_follow_the_rest() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", args=["--max_num_seqs=64", "--enforce-eager"])
    given = args(plan)
    assert "--max-num-seqs" not in given
    assert given[-2:] == ["--max_num_seqs=64", "--enforce-eager"]


def test_triton_serves_the_repository_in_the_bucket() -> None:
    plan = modelled(pinned(plans.plan(), "triton"), id="acme/ranker", revision="3")
    assert option(args(plan, storage=BUCKET), "--model-repository") == "s3://chat-weights/acme/ranker/3"


def test_triton_without_a_repository_is_refused_with_the_remedy() -> None:
    with pytest.raises(
        PlanError, match=r"stages\[generate\]\.runtime: found triton on a cluster without a weights bucket"
    ):
        launched(pinned(plans.plan(), "triton"))
    own = stage_spec(pinned(plans.plan(), "triton"), "generate", args=["--model-repository=/models"])
    assert args(own)[-1] == "--model-repository=/models"


def test_an_own_program_is_started_as_the_description_says() -> None:
    plan = stage_spec(plans.plan(), "prepare", command=["python", "serve.py"], args=["--fast"])
    launch = launch_of(plan.stage("prepare"), handle(plan, storage=BUCKET))
    assert (launch.command, launch.args) == (("python", "serve.py"), ("--fast",))
    assert launch.env == {"PORT": "8080"}


def test_an_own_program_on_accelerators_is_told_where_the_weights_are() -> None:
    plan = stage_spec(plans.plan(), "generate", runtime="custom", image="ghcr.io/acme/own:1")
    launch = launched(staged(plan, "generate", image="ghcr.io/acme/own:1"), storage=BUCKET)
    assert launch.env["WEIGHTS_URI"] == "s3://chat-weights"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--max_model_len=8", "--max-model-len"),
        ("--max-model-len", "--max-model-len"),
        ("-tp=8", "-tp"),
        ("-cc.mode", "-cc"),
        ("--compilation-config.cudagraph_mode=FULL", "--compilation-config"),
        ("-O3", "--optimization-level"),
        ("-O.mode", "--optimization-level"),
    ],
)
def test_vllms_ways_to_write_an_option_mean_the_same(written: str, meant: str) -> None:
    assert runtime_module("vllm").canonical(written) == meant


def test_values_that_look_like_options_are_not_options() -> None:
    assert given_options(["--seed", "-1", "--x", "-.5", "-", "--"]) == [(0, "--seed"), (2, "--x")]


def test_parts_that_are_known_are_joined_at_once() -> None:
    assert join("a", "b") == "ab"
    later = object()
    assert join(later, "b") == Joined((later, "b"))


def test_a_model_without_a_revision_lies_under_its_name() -> None:
    plan = modelled(pinned(plans.plan()))
    assert args(plan, storage=BUCKET)[0] == "s3://chat-weights/acme/model-8b"


def test_a_stage_without_a_model_cannot_be_served() -> None:
    plan = pinned(plans.plan())
    bare = replace(generate(plan), spec=generate(plan).spec.model_copy(update={"model": None}))
    with pytest.raises(ValueError, match="has no model"):
        launch_of(bare, handle(plan))
