"""The failover drill as a state machine over ports: order, clocks, failures, and a cloud that is always healed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from intertie.drills.failover import RECOVERY, Drill, run
from intertie.drills.ports import Pods, Ports
from intertie.errors import OutsideError

DRILL = Drill(source="aws-use1", cloud="aws", target="gcp-euw4", patience=10)


@dataclass
class World:
    """Two placements. Everything takes a real second; a deployment takes 100 modelled ones."""

    at: float = 0.0
    modelled_at: float = 0.0
    down: set[str] = field(default_factory=set)
    tier: dict[str, str] = field(default_factory=lambda: {"gcp-euw4": "warm"})
    did: list[str] = field(default_factory=list)
    breaks: str = ""  # what fails: "deploy gcp-euw4", ...
    slow: int = 0  # looks at the cluster until all pods are ready
    outage_is_noticed: bool = True

    def _do(self, what: str) -> None:
        self.did.append(what)
        self.at += 1
        if self.breaks == what:
            raise OutsideError(f"{what} broke")

    # Engine
    def describe(self, placement: str, tier: str) -> None:
        self.tier[placement] = tier

    def preview(self, placement: str) -> Mapping[str, int]:
        self._do(f"preview {placement}")
        if placement == "aws-use1" and "aws" in self.down and self.outage_is_noticed:
            raise OutsideError("pulumi preview failed:\n  error: ServiceUnavailable: try later\n")
        return {"same": 60, "update": 2}

    def deploy(self, placement: str) -> Mapping[str, int]:
        self._do(f"deploy {placement}")
        self.modelled_at += 100
        return {"create": 3} if self.tier.get(placement) != "hot" else {"update": 2, "same": 60}

    # Cluster
    def stages(self, placement: str) -> Mapping[str, Pods]:
        wanted = 2 if self.tier.get(placement) == "hot" else 1
        self.slow -= 1
        return {"prepare": Pods(wanted, wanted), "generate": Pods(wanted if self.slow < 0 else 0, wanted)}

    # Cloud
    def fail(self, cloud: str) -> None:
        self.did.append(f"fail {cloud}")
        self.down.add(cloud)

    def heal(self, cloud: str) -> None:
        self.did.append(f"heal {cloud}")
        self.down.discard(cloud)

    # Clock
    def real(self) -> float:
        return self.at

    def modelled(self) -> float:
        return self.modelled_at

    def wait(self, seconds: float) -> None:
        self.at += seconds


def drill(world: World) -> tuple[World, list[str]]:
    said: list[str] = []
    report = run(DRILL, Ports(world, world, world, world), said.append)
    world.did.append("pass" if report.passed else f"fail: {report.failure}")
    return world, said


def test_the_target_is_previewed_then_deployed_at_full_size_after_the_fault() -> None:
    world, _ = drill(World())
    assert world.did == [
        "deploy aws-use1", "deploy gcp-euw4", "fail aws", "preview aws-use1", "preview gcp-euw4", "deploy gcp-euw4",
        "heal aws", "pass",
    ]  # fmt: skip
    assert world.tier["gcp-euw4"] == "hot"


def test_the_two_clocks_are_told_apart_and_never_added() -> None:
    report = run(DRILL, Ports(*[World()] * 4))
    told = report.to_json()
    assert {phase["clock"] for phase in told["phases"]} == {"real", "modelled"}
    assert told["recovery"] == {"real_s": 3.0, "modelled_s": 100.0}  # not: what was deployed before the fault
    assert {phase["name"] for phase in told["phases"]} >= RECOVERY
    assert (told["schema"], told["verdict"], told["failure"]) == ("intertie.drill.failover/v1", "pass", "")


def test_every_phase_says_what_it_found() -> None:
    _, said = drill(World())
    assert said[0] == "deploy source …"
    assert "notice: real 1.0 s, modelled 0 s; error: ServiceUnavailable: try later" in said
    assert "deploy: real 1.0 s, modelled 100 s; 2 update" in said
    assert "ready: real 0.0 s, modelled 0 s; ready: prepare 2/2, generate 2/2" in said


def test_waiting_for_pods_is_measured() -> None:
    report = run(DRILL, Ports(*[World(slow=6)] * 4))
    assert report.passed
    assert report.phases[0].real == pytest.approx(1 + 6 * 0.5)


@pytest.mark.parametrize("what", ["deploy aws-use1", "deploy gcp-euw4", "preview gcp-euw4"])
def test_what_breaks_ends_the_drill_and_is_told(what: str) -> None:
    world, said = drill(World(breaks=what))
    assert world.did[-1] == f"fail: {what} broke"
    assert world.down == set()
    assert any(line.endswith("failed") for line in said)


def test_pods_that_are_never_ready_end_the_drill_with_what_is_missing() -> None:
    world, _ = drill(World(slow=10_000))
    assert world.did[-1] == "fail: aws-use1: not ready after 10 s: prepare 1/1, generate 0/1"


def test_a_fault_that_nobody_notices_proves_nothing() -> None:
    world, _ = drill(World(outage_is_noticed=False))
    assert world.did[-1] == "fail: aws was to refuse, and aws-use1 could still be previewed"
    assert world.did[-2] == "heal aws"


def test_a_stage_that_wants_no_pods_is_not_ready() -> None:
    assert not Pods(0, 0).complete
    assert Pods(2, 1).complete


def test_the_same_world_gives_the_same_report() -> None:
    reports = [run(DRILL, Ports(*[World(slow=3)] * 4)).to_json() for _ in range(2)]
    assert reports[0] == reports[1]
