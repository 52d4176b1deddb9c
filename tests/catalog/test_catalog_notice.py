"""Where the data come from is said once for people, beside the licence."""

from pathlib import Path

from intertie import catalog

ROOT = Path(__file__).parents[2]
FILES = sorted(path.name for path in (Path(catalog.__file__).parent / "data").iterdir())


def test_the_notice_names_every_data_file_and_no_other() -> None:
    named = [line for line in (ROOT / "NOTICE").read_text(encoding="utf-8").splitlines() if line.endswith(".csv")]
    assert sorted(named) == FILES


def test_every_repository_that_rows_name_as_source_is_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    for word in ("karpenter-provider-aws", "karpenter-provider-azure", "karpenter-provider-gcp", "skypilot-catalog",
                 "cluster-toolkit", "cfn-lint", "tensorrt-llm", "vllm", "sglang"):  # fmt: skip
        assert word in notice


def test_sources_under_a_licence_that_we_may_pass_on_say_which() -> None:
    for row in catalog.machines():
        for part in row.fact.source.split("; "):
            assert (
                "documentation" in part
                or "user guide" in part
                or not part.startswith(("karpenter", "skypilot"))
                or ("(Apache-2.0)" in part)
            ), row.fact.source
