"""Which tiers run here. One that was asked for and cannot run says so loudly at both ends of the run; in CI that fails.

1. in-process: needs only the Python packages, so it always runs. `make check` runs the quick part of it.
2. engine: the real Pulumi engine against simulated clouds; needs the Pulumi CLI that `make tools` builds.
3. kubernetes: real control planes; needs etcd, Kubernetes, KWOK and the LeaderWorkerSet controller, built the same way.

Beside them, Prometheus' own programs judge rules and scrape the exporter: `tools/prometheus.py` takes them out of
Debian's package, without installing it. Where they cannot be had that is said as of a tier, and CI fails.

`make test` runs all three, over one sample per cloud where all would take too long; `make soak` runs them over every
sample, and more often. `make unit` runs the first alone.
"""

import os
import signal
from pathlib import Path

import pytest

from intertie.lab import programs
from support import prometheus_programs

TIERS = {"engine": ("pulumi",), "kubernetes": ("kubernetes", "kwok", "lws", "registry")}
MINUTES = {"in-process": 9, "engine": 12, "kubernetes": 4}
"""How long each takes with two workers on 2 quiet cores."""
NEEDS = {"engine": "the Pulumi CLI", "kubernetes": "etcd, Kubernetes, KWOK and the LeaderWorkerSet controller"}


def missing(tier: str) -> str:
    """Why a tier cannot run; empty when it can."""
    families = sorted(set(TIERS[tier]) & set(programs.missing()))
    if not families:
        return ""
    remedy = programs.why_not_buildable() or "run `make tools` (about 12 minutes, once)"
    return f"{NEEDS[tier]} not found ({', '.join(families)}); {remedy}"


def without_prometheus() -> str:
    """Why Prometheus' own programs cannot be asked; empty when they can."""
    if prometheus_programs.tool().found():
        return ""
    return "promtool and prometheus not found; `python tools/prometheus.py` fetches them on Debian and Ubuntu"


def asked_for(tier: str, config: pytest.Config) -> bool:
    """Whether this run's marker expression leaves the tier in."""
    return f"not {tier}" not in str(config.getoption("markexpr", ""))


def unable(config: pytest.Config) -> list[str]:
    """Tiers that were asked for and cannot run."""
    return [tier for tier in TIERS if asked_for(tier, config) and missing(tier)]


def tier_lines(config: pytest.Config) -> list[str]:
    lines = [f"tier in-process: runs; about {MINUTES['in-process']} minutes on 2 quiet cores, all of it"]
    for tier in TIERS:
        reason = missing(tier)
        runs = f"runs; about {MINUTES[tier]} minutes on 2 quiet cores, all of it without the long runs"
        state = "not part of this run: see `make test`" if not asked_for(tier, config) else runs
        lines.append(f"tier {tier}: {f'CANNOT RUN: {reason}' if tier in unable(config) else state}")
    reason = without_prometheus()
    lines.append(f"prometheus: {f'CANNOT RUN: {reason}' if reason else 'runs'}")
    return lines


def pytest_configure(config: pytest.Config) -> None:
    """What a shell starts in its background ignores Ctrl-C, and hands that on to all that tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return tier_lines(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = {tier: missing(tier) for tier in TIERS}
    for item in items:
        for tier, reason in reasons.items():
            if reason and tier in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"tier {tier} cannot run: {reason}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in tier_lines(config):
        if "CANNOT RUN" in line:
            terminalreporter.write_line(line, red=True, bold=True)
    for figures in measured(terminalreporter):
        terminalreporter.write_line(figures)


def measured(terminalreporter: pytest.TerminalReporter) -> list[str]:
    """What tests recorded as `figures`: what a worker prints is lost, what it records comes with its report."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    calls = [report for report in reports if getattr(report, "when", "") == "call"]  # the teardown's repeats them
    return [str(value) for report in calls for name, value in report.user_properties if name == "figures"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI every tier that is asked for must run: a skipped tier that looks green is a lie."""
    if os.environ.get("CI") and exitstatus == 0 and (unable(session.config) or without_prometheus()):
        session.exitstatus = 1


@pytest.fixture(autouse=True)
def _no_cloud_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person's cloud or Pulumi setup reaches a test, and no test reaches a cloud."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "ARM_", "AZURE_", "GOOGLE_", "GCLOUD_", "PULUMI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def project() -> Path:
    """The project's folder, unchanged."""
    return Path(__file__).parents[1]
