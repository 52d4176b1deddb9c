"""A first failover drill: one cloud stops answering, and the placement on another one is brought to full size."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from intertie.drills.ports import Pods, Ports
from intertie.errors import OutsideError

LOOKS_EVERY = 0.5  # seconds

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """What is drilled: `source` on `cloud` goes down, `target` is brought to tier `tier`. `packs` judge its preview."""

    source: str
    cloud: str
    target: str
    tier: str = "hot"
    patience: float = 300.0  # real seconds that pods may take to be ready
    packs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the drill. `real` was measured on the wall; `modelled` is what the simulated clouds would take."""

    name: str
    real: float
    modelled: float
    note: str = ""

    def to_json(self) -> list[dict[str, Any]]:
        """One entry per clock: nobody adds them by accident."""
        clocks = [("real", self.real), ("modelled", self.modelled)]
        return [
            {"name": self.name, "clock": clock, "seconds": round(seconds, 3), "note": self.note}
            for clock, seconds in clocks
            if clock == "real" or seconds
        ]


@dataclass(slots=True)
class Report:
    """What happened. `failure` is empty when the drill went through."""

    drill: Drill
    phases: list[Phase] = field(default_factory=list)
    failure: str = ""

    @property
    def passed(self) -> bool:
        return not self.failure

    @property
    def recovery(self) -> tuple[float, float]:
        """(real, modelled) seconds from the fault to the readiness of every stage at full size."""
        counted = [phase for phase in self.phases if phase.name in RECOVERY]
        return sum(phase.real for phase in counted), sum(phase.modelled for phase in counted)

    def to_json(self) -> dict[str, Any]:
        real, modelled = self.recovery
        return {
            "schema": "intertie.drill.failover/v1",
            "verdict": "pass" if self.passed else "fail",
            "source": self.drill.source,
            "target": self.drill.target,
            "packs": list(self.drill.packs),
            "phases": [entry for phase in self.phases for entry in phase.to_json()],
            "recovery": {"real_s": round(real, 3), "modelled_s": round(modelled, 3)},
            "failure": self.failure,
        }


NOTICE, PREVIEW, DEPLOY, READY = "notice", "preview", "deploy", "ready"
RECOVERY = frozenset({NOTICE, PREVIEW, DEPLOY, READY})
"""Phases between the fault and full size. What comes before and after is preparation and clearing up."""


def run(drill: Drill, ports: Ports, say: Say = lambda _: None) -> Report:
    """Run the drill to its end or its first failure; the cloud is healed in any case."""
    report = Report(drill)
    try:
        _prepare(drill, ports, report, say)
        try:
            _fail_over(drill, ports, report, say)
        finally:
            with _phase("heal", ports, report, say):
                ports.cloud.heal(drill.cloud)
    except OutsideError as error:
        report.failure = str(error)
    return report


def _prepare(drill: Drill, ports: Ports, report: Report, say: Say) -> None:
    for name, placement in (("deploy source", drill.source), ("deploy target", drill.target)):
        with _phase(name, ports, report, say) as note:
            note(_changes(ports.engine.deploy(placement)))
            note(_await(drill, ports, placement))


def _fail_over(drill: Drill, ports: Ports, report: Report, say: Say) -> None:
    with _phase("fault", ports, report, say) as note:
        ports.cloud.fail(drill.cloud)
        note(f"every API of {drill.cloud} refuses, its cluster does not answer")
    with _phase(NOTICE, ports, report, say) as note:
        note(_refusal(drill, ports))
    ports.engine.describe(drill.target, drill.tier)
    with _phase(PREVIEW, ports, report, say) as note:
        note(_changes(ports.engine.preview(drill.target)))
    with _phase(DEPLOY, ports, report, say) as note:
        note(_changes(ports.engine.deploy(drill.target)))
    with _phase(READY, ports, report, say) as note:
        note(_await(drill, ports, drill.target))


def _refusal(drill: Drill, ports: Ports) -> str:
    """What a deployment to the dead cloud says. A drill whose fault nobody notices proves nothing."""
    try:
        ports.engine.preview(drill.source)
    except OutsideError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[-1] if lines else "refused"
    raise OutsideError(f"{drill.cloud} was to refuse, and {drill.source} could still be previewed")


def _await(drill: Drill, ports: Ports, placement: str) -> str:
    """Until the pods of every stage are ready. OutsideError, with what is missing, when they are not in time."""
    end = ports.clock.real() + drill.patience
    while True:
        stages = ports.cluster.stages(placement)
        if stages and all(pods.complete for pods in stages.values()):
            return "ready: " + _counted(stages)
        if ports.clock.real() >= end:
            raise OutsideError(f"{placement}: not ready after {drill.patience:g} s: {_counted(stages)}")
        ports.clock.wait(LOOKS_EVERY)


def _counted(stages: Mapping[str, Pods]) -> str:
    return ", ".join(f"{name} {pods.ready}/{pods.wanted}" for name, pods in stages.items()) or "no stage at all"


def _changes(changes: Mapping[str, int]) -> str:
    """`12 create, 3 update`; what stays as it is does not count."""
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(changes.items()) if kind != "same")
    return counted or "no change"


@contextmanager
def _phase(name: str, ports: Ports, report: Report, say: Say) -> Iterator[Callable[[str], None]]:
    """Measures one phase on both clocks, and tells when it is over, also when it fails."""
    notes: list[str] = []
    say(f"{name} …")
    real, modelled = ports.clock.real(), ports.clock.modelled()
    try:
        yield notes.append
    except OutsideError:
        notes.append("failed")
        raise
    finally:
        phase = Phase(name, ports.clock.real() - real, ports.clock.modelled() - modelled, "; ".join(notes))
        report.phases.append(phase)
        say(f"{name}: real {phase.real:.1f} s, modelled {phase.modelled:.0f} s; {phase.note}")
