"""What people see when a cloud lets them down: every kind of fault and of shortage, through the real engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from intertie.lab import home
from intertie.lab.engine import Engine
from intertie.lab.faults import EFFECTS
from intertie.lab.home import Home
from support.cloud_programs import inject, small, world

pytestmark = pytest.mark.engine

POOL = {
    "aws": "aws:eks/nodeGroup:NodeGroup",
    "azure": "azure-native:containerservice:AgentPool",
    "gcp": "gcp:container/nodePool:NodePool",
}
RESERVATION = "cr-0a1b2c3d4e5f60718"


@dataclass(frozen=True)
class Case:
    """A scenario, and what `pulumi up` shows of it. `half`: the pool is there, and the state says it is not well."""

    cloud: str
    shown: str
    faults: tuple[Mapping[str, Any], ...] = ()
    limits: tuple[Mapping[str, Any], ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    half: bool = False


def on_pool(cloud: str, **what: Any) -> Mapping[str, Any]:
    return {"where": {"cloud": cloud, "type": POOL[cloud]}, "what": what}


CASES = {
    "refuse": Case(
        "azure",
        'Code="OverconstrainedAllocationRequest" Message="Allocation failed. VM(s) with the following constraints',
        (on_pool("azure", effect="refuse", error="azure-2"),),
    ),
    "unhealthy": Case(
        "gcp",
        'Nodepool "test" has status "RUNNING_WITH_ERROR" with message "us-west1-c: Deploy error',
        (on_pool("gcp", effect="unhealthy", error="gcp-2"),),
        half=True,
    ),
    "lost": Case(
        "azure",
        "the connection was reset",
        (on_pool("azure", effect="lost", code="RequestFailed", message="the connection was reset"),),
    ),
    "throttle": Case(
        "gcp",
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'",
        ({"where": {"cloud": "gcp"}, "when": {"times": "always"}, "what": {"effect": "throttle"}},),
    ),
    "invisible": Case(
        "aws",
        "NoSuchEntity: The role with name",
        ({"where": {"cloud": "aws", "type": "aws:iam/role:Role"}, "what": {"effect": "invisible", "by": "10m"}},),
    ),
    "down": Case("azure", "The service is temporarily unavailable", ({"down": "azure"},)),
    "quota on aws": Case(
        "aws",
        "You have requested more vCPU capacity than your current vCPU limit of 2 allows",
        limits=({"cloud": "aws", "region": "us-east-1", "quota": "Standard", "amount": 2},),
        half=True,
    ),
    "quota on azure": Case(
        "azure",
        "exceeding approved standardDSv5Family Cores quota",
        limits=({"cloud": "azure", "region": "swedencentral", "quota": "standardDSv5Family", "amount": 8},),
    ),
    "quota on gcp": Case(
        "gcp",
        "Insufficient regional quota to satisfy request",
        limits=({"cloud": "gcp", "region": "europe-west4", "quota": "CPUS", "amount": 2},),
    ),
    "capacity of a zone": Case(
        "gcp",
        "The zone 'projects/lab/zones/europe-west4-a' does not have enough resources available",
        limits=({"cloud": "gcp", "region": "europe-west4", "zone": "europe-west4-a", "machine": "e2-standard-4",
                 "nodes": 0},),
        half=True,
    ),
    "spot capacity": Case(
        "aws",
        "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available",
        limits=({"cloud": "aws", "region": "us-east-1", "machine": "m7i.xlarge", "market": "spot", "nodes": 0},),
        config={"market": "SPOT"},
        half=True,
    ),
    "not offered in a zone": Case(
        "aws",
        "Your requested instance type (p5.48xlarge) is not supported in your requested Availability Zone",
        limits=({"cloud": "aws", "region": "us-east-1", "machine": "p5.48xlarge", "offered": False},),
        config={"machine": "p5.48xlarge"},
        half=True,
    ),
    "a reservation that is used up": Case(
        "aws",
        "ReservationCapacityExceeded: The requested reservation does not have sufficient compatible and available",
        limits=({"cloud": "aws", "reservation": RESERVATION, "machine": "m7i.xlarge", "zone": "us-east-1a",
                 "nodes": 0},),
        config={"reservation": RESERVATION},
        half=True,
    ),
}  # fmt: skip


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    return home.create(tmp_path / "lab")


def pool_in_state(engine: Engine, cloud: str) -> list[Mapping[str, Any]]:
    return [each for each in engine.resources() if each["type"] == POOL[cloud] and each["custom"]]


@pytest.mark.parametrize("name", CASES)
def test_what_goes_wrong_is_shown_in_the_clouds_own_words_and_the_state_says_what_is_there(
    lab: Home, name: str
) -> None:
    case = CASES[name]
    engine = small(lab, case.cloud, **case.config)
    inject(lab, *case.faults, limits=list(case.limits))

    outcome = engine.up()

    assert outcome.code != 0
    told = [message for message in outcome.messages("error") if case.shown in message]
    assert told, outcome.text
    assert "Traceback" not in outcome.text
    found = pool_in_state(engine, case.cloud)
    assert [bool(each.get("initErrors")) for each in found] == ([True] if case.half else [])


def test_every_effect_of_a_fault_is_shown_here() -> None:
    slow = {"slow"}  # is no failure: see below
    assert set(EFFECTS) - slow <= CASES.keys()


def test_a_slow_cloud_only_takes_longer_on_the_virtual_clock(lab: Home) -> None:
    engine = small(lab, "gcp")
    inject(lab, on_pool("gcp", effect="slow", by="2h"))

    outcome = engine.up()

    assert outcome.ok, outcome.text
    assert outcome.seconds < 120
    assert world(lab).now() > 2 * 3600 * 1000


def test_throttling_for_a_while_is_seen_in_the_events_only(lab: Home) -> None:
    engine = small(lab, "aws")
    inject(lab, {"where": {"cloud": "aws"}, "when": {"times": 3}, "what": {"effect": "throttle"}})

    outcome = engine.up()

    assert outcome.ok, outcome.text
    assert outcome.messages("error", "warning") == ()
    assert [event[4] for event in world(lab).events()].count("throttle") == 3
