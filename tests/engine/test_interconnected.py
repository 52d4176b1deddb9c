"""Two stacks that are connected through the real engine: gateways first, then tunnels, then nothing more to do."""

from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.home import Home
from support.cloud_programs import world
from support.interconnected import KEY, plan_of
from support.interconnected_ends import ends, share, tell
from support.interconnected_stacks import CONNECTION, derived
from support.labs import done

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    return home.create(tmp_path / "lab")


def made(lab: Home) -> list[str]:
    return [each.type for each in world(lab).resources() if each.type in CONNECTION.values()]


@pytest.mark.parametrize(("cloud", "other"), [("aws", "gcp"), ("aws", "azure"), ("azure", "gcp")])
def test_two_ends_of_a_vpn_converge_and_no_state_shows_their_keys(lab: Home, cloud: str, other: str) -> None:
    stacks = ends(lab, cloud, other)
    for placement, far in (("here", "there"), ("there", "here")):
        done(stacks[placement].up())
        share(stacks[placement], far, KEY)
    assert made(lab) == []
    # An end of AWS has addresses when it knows the other's; so it is told first, and tells last.
    for placement, far in (("here", "there"), ("there", "here")):
        published = stacks[far].outputs()["interconnects"][placement]
        tell(stacks[placement], far, published)
        done(stacks[placement].up())

    tunnels = 4 if "aws" in (cloud, other) else 2
    assert made(lab).count(CONNECTION[cloud]) == (2 if cloud == "aws" else tunnels)
    assert made(lab).count(CONNECTION[other]) == tunnels
    secret = (KEY, *derived(plan_of(cloud, other).links[0]))
    for stack in stacks.values():
        again = done(stack.up("--expect-no-changes"))
        shown = repr(stack.state()) + again.text + repr(again.events)
        assert [each for each in secret if each in shown] == []
        assert secret[1] in repr(stack.state(secrets=True)), "it is there, encrypted"
    for stack in stacks.values():
        done(stack.destroy())
    assert [each.type for each in world(lab).resources() if "compute.googleapis" not in repr(each.inputs)] == []


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_two_ends_of_a_peering_converge(lab: Home, cloud: str) -> None:
    stacks = ends(lab, cloud, cloud)
    done(stacks["there"].up())
    tell(stacks["here"], "there", stacks["there"].outputs()["interconnects"]["here"])
    done(stacks["here"].up())
    tell(stacks["there"], "here", stacks["here"].outputs()["interconnects"]["there"])
    done(stacks["there"].up())
    peered = [each.type for each in world(lab).resources() if "Peering" in each.type]
    assert len(peered) == 2
    for stack in stacks.values():
        done(stack.up("--expect-no-changes"))
    for stack in reversed(stacks.values()):
        done(stack.destroy())
