"""What is said of a tier that cannot run, and what becomes of the run: a person is told, CI fails."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from intertie.lab import programs
from support import scripts

NO_PROMETHEUS = "promtool and prometheus not found; `python tools/prometheus.py` fetches them on Debian and Ubuntu"
NO_GO = "Go is not installed: install Go 1.26 or later, or name the programs (INTERTIE_PULUMI, ...)"


@pytest.fixture
def tiers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The suite's own hooks on a machine without Go and without the lab's programs."""
    monkeypatch.setattr(programs, "missing", lambda: ("pulumi", "kubernetes", "kwok", "lws"))
    monkeypatch.setattr(programs, "why_not_buildable", lambda: NO_GO)
    monkeypatch.setattr("support.prometheus_programs.tool", lambda: SimpleNamespace(found=dict))
    return scripts.loaded("tests/conftest.py", "tiers_of_the_suite")


def config(marks: str = "not soak") -> Any:
    return SimpleNamespace(getoption=lambda name, default=None: marks)


def reporter(said: list[str], **stats: list[Any]) -> Any:
    """A terminal that writes into `said`, with reports by outcome."""
    return SimpleNamespace(write_line=lambda text, **_: said.append(text), stats=stats)


def ended(tiers: ModuleType, marks: str = "not soak") -> int:
    session: Any = SimpleNamespace(config=config(marks), exitstatus=0)
    tiers.pytest_sessionfinish(session, 0)
    return session.exitstatus


def test_each_tier_that_cannot_run_has_one_line_that_says_why_and_what_to_do(tiers: ModuleType) -> None:
    lines = [line for line in tiers.tier_lines(config()) if "CANNOT RUN" in line]
    needed = "etcd, Kubernetes, KWOK and the LeaderWorkerSet controller not found (kubernetes, kwok, lws)"
    assert lines == [
        f"tier engine: CANNOT RUN: the Pulumi CLI not found (pulumi); {NO_GO}",
        f"tier kubernetes: CANNOT RUN: {needed}; {NO_GO}",
        f"prometheus: CANNOT RUN: {NO_PROMETHEUS}",
    ]


def test_those_lines_come_at_the_end_of_the_run_too(tiers: ModuleType) -> None:
    said: list[str] = []
    tiers.pytest_terminal_summary(reporter(said), config())
    assert [line.partition(": ")[0] for line in said] == ["tier engine", "tier kubernetes", "prometheus"]


def test_figures_that_tests_record_come_at_the_end_of_the_run(tiers: ModuleType) -> None:
    said: list[str] = []
    recorded = [("figures", "score: 92 %"), ("other", "nothing")]
    call, teardown = (SimpleNamespace(when=when, user_properties=recorded) for when in ("call", "teardown"))
    tiers.pytest_terminal_summary(reporter(said, passed=[call], other=[teardown, SimpleNamespace()]), config())
    assert said[3:] == ["score: 92 %"]


def test_a_person_without_go_sees_the_rest_pass(tiers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert ended(tiers) == 0


def test_in_ci_a_tier_that_cannot_run_fails_the_run_unless_it_was_not_asked_for(
    tiers: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(tiers, "without_prometheus", lambda: "")
    assert ended(tiers) == 1
    assert ended(tiers, "not engine and not kubernetes and not soak") == 0


def test_in_ci_a_run_without_prometheus_own_programs_fails(tiers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(programs, "missing", lambda: ())
    assert ended(tiers) == 1
    monkeypatch.setattr(tiers, "without_prometheus", lambda: "")
    assert ended(tiers) == 0


def test_every_tier_says_how_long_it_takes(tiers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "missing", lambda: ())
    assert [line.partition(";")[2].split()[:2] for line in tiers.tier_lines(config()) if line.startswith("tier ")] == [
        ["about", str(minutes)] for minutes in tiers.MINUTES.values()
    ]


def test_tests_of_a_tier_that_cannot_run_are_skipped_with_the_reason(tiers: ModuleType) -> None:
    marked: list[Any] = []
    item: Any = SimpleNamespace(keywords={"engine"}, add_marker=marked.append)
    tiers.pytest_collection_modifyitems(config(), [item, SimpleNamespace(keywords={"unit"}, add_marker=None)])
    assert [mark.kwargs["reason"] for mark in marked] == [
        f"tier engine cannot run: the Pulumi CLI not found (pulumi); {NO_GO}"
    ]
