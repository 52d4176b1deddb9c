"""The catalogue's rows about runtimes and models, and the script that reads a release's options from its package."""

import ast
import csv
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from intertie import catalog
from intertie.catalog.tables import runtime_images
from support import scripts

DATA = Path(catalog.__file__).parent / "data"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return scripts.loaded("tools/extract_runtime_options.py")


def test_no_image_is_called_latest_and_each_says_its_release() -> None:
    for row in runtime_images():
        tag = row.image.rpartition(":")[2]
        assert re.search(r"\d+\.\d+", tag), row.image
        assert row.version in tag, row.image
        assert row.entrypoint
        assert row.precisions


def test_the_options_of_every_pinned_release_are_known() -> None:
    for row in runtime_images():
        if row.runtime != "triton":  # no package publishes its options
            assert len(catalog.runtime_options(row.runtime, row.version)) > 250, row.image


def test_releases_are_told_apart() -> None:
    assert "--shutdown-timeout" in catalog.runtime_options("vllm", "0.29.0")
    assert "--shutdown-timeout" not in catalog.runtime_options("vllm", "0.16.0")
    assert catalog.runtime_options("vllm", "0.0.1") == frozenset()
    assert catalog.runtime_options("vllm") > catalog.runtime_options("vllm", "0.29.0")


def test_only_releases_that_an_image_is_pinned_to_are_kept() -> None:
    with (DATA / "runtime_options.csv").open(encoding="utf-8") as file:
        kept = {(row["runtime"], row["version"]) for row in csv.DictReader(file)}
    assert kept == {(row.runtime, row.version) for row in runtime_images() if row.runtime != "triton"}


def test_runtimes_compute_in_no_precision_that_no_accelerator_of_the_vendor_has() -> None:
    for row in runtime_images():
        for name in row.accelerators:
            assert set(row.precisions) & set(catalog.accelerator(name).precisions), f"{row.image} on {name}"
            assert catalog.accelerator(name).vendor == row.vendor


@pytest.mark.parametrize(
    ("model", "layers", "kv_heads", "head_dim"),
    [
        ("meta-llama/Llama-3.1-405B-Instruct", 126, 8, 128),
        ("meta-llama/Llama-3.3-70B-Instruct", 80, 8, 128),
        ("Qwen/Qwen3-235B-A22B", 94, 4, 128),
        ("openai/gpt-oss-120b", 36, 8, 64),
    ],
)
def test_shapes_are_those_of_the_published_models(model: str, layers: int, kv_heads: int, head_dim: int) -> None:
    shape = catalog.model_shape(model)
    assert shape is not None
    assert (shape.layers, shape.kv_heads, shape.head_dim) == (layers, kv_heads, head_dim)


def test_models_whose_cache_is_compressed_have_no_shape_of_heads() -> None:
    """Latent attention keeps one compressed vector per layer: heads × size would be wrong many times over."""
    assert catalog.model_shape("deepseek-ai/DeepSeek-V3") is None
    assert catalog.model_shape("deepseek-ai/DeepSeek-R1") is None


def test_options_are_read_from_calls_with_their_short_names_and_negations(script: ModuleType) -> None:
    source = """
class EngineArgs:
    trust_remote_code: bool = False
    max_model_len: int | None = None
    enforce_eager: bool = False

    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--trust-remote-code", **kwargs["trust_remote_code"])
        parser.add_argument("--max-model-len", **kwargs["max_model_len"])
        parser.add_argument("--tensor-parallel-size", "-tp", **kwargs["tp"])
        parser.add_argument("--enforce-eager", action="store_true")
        parser.add_argument("--log-requests", action=argparse.BooleanOptionalAction)
        parser.add_argument("model_tag", nargs="?")
"""
    assert set(script.vllm_options(ast.parse(source))) == {
        "--trust-remote-code", "--no-trust-remote-code", "--max-model-len", "--tensor-parallel-size", "-tp",
        "--enforce-eager", "--log-requests", "--no-log-requests",
    }  # fmt: skip


def test_options_that_are_added_in_a_loop_are_read_from_the_fields(script: ModuleType) -> None:
    source = """
class BaseFrontendArgs:
    chat_template: str | None = None

class FrontendArgs(BaseFrontendArgs):
    allow_credentials: bool = False
"""
    assert set(script.vllm_options(ast.parse(source))) == {
        "--chat-template", "--allow-credentials", "--no-allow-credentials",
    }  # fmt: skip


def test_options_are_read_from_annotated_fields_with_their_aliases(script: ModuleType) -> None:
    source = """
class ServerArgs:
    model_path: A[str, Arg(help="Path.", aliases=["--model"])]
    tp_size: A[int, Arg(help="Size.", cli_name="--tensor-parallel-size"), NS("parallel")] = 1
    host: A[str, "Host.", NS("serving")] = "127.0.0.1"
    long_help: A[int, "One " "two.", NS("x")] = 1
    metrics: A[bool, Arg(help="On.", action=argparse.BooleanOptionalAction)] = True
    injected: A[str, Arg(help="Inside.", no_cli=True)] = ""
    plain: int = 3

    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--config", type=str)
"""
    assert set(script.sglang_options(ast.parse(source))) == {
        "--model-path", "--model", "--tensor-parallel-size", "--host", "--long-help", "--metrics", "--no-metrics",
        "--config",
    }  # fmt: skip


def test_a_package_that_defines_its_command_line_in_another_way_is_refused(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vllm/engine").mkdir(parents=True)
    (tmp_path / "vllm/engine/arg_utils.py").write_text("parser.add_argument('--only-one')")
    monkeypatch.setattr(script, "unpacked", lambda *_: tmp_path)
    with pytest.raises(SystemExit, match=r"only 1 options in .*defined in another way"):
        script.options_of("vllm", "9.9.9")


def test_the_script_writes_rows_that_the_catalogue_reads(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "options.csv"
    monkeypatch.setattr(script, "options_of", lambda package, version: frozenset({"--b", "--a"}))
    monkeypatch.setattr(sys, "argv", ["x", "vllm==1.2.3", "--as-of", "2026-11-22", "--out", str(out)])
    assert script.main() == 0
    lines = out.read_text().splitlines()
    assert lines[0] == (DATA / "runtime_options.csv").read_text().splitlines()[0]
    assert [line.split(",")[:3] for line in lines[1:]] == [["vllm", "1.2.3", "--a"], ["vllm", "1.2.3", "--b"]]
