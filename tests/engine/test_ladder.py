"""A ladder on GKE, through the real engine and the real scheduler: a later step grows when an earlier one cannot."""

from collections import Counter
from pathlib import Path

import pytest

from intertie.lab import scenario
from intertie.lab.kube.client import Api
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.session import Lab
from intertie.lab.world import World
from support.lab_clusters import is_ready, wait_for
from support.labs import done, sample

pytestmark = [pytest.mark.engine, pytest.mark.kubernetes, pytest.mark.timeout(300)]

STAGE = "/apis/apps/v1/namespaces/summarize/deployments/generate"
CLASS = "/apis/cloud.google.com/v1/computeclasses/ladder-generate"
MACHINE = {"cloud": "gcp", "region": "us-east5", "machine": "ct6e-standard-1t"}


def api_of(lab: Lab) -> Api:
    (cluster,) = lab.status().clusters
    return Api(Access(cluster.endpoint, cluster.ca, lab.home.token_file.read_text()))


def running(api: Api) -> dict[str, int]:
    """Replicas that are ready, by the pool of their node."""
    pools = {each["metadata"]["name"]: each["metadata"]["labels"] for each in api.items("/api/v1/nodes")}
    pods = api.items("/api/v1/namespaces/summarize/pods", labelSelector="intertie.dev/stage=generate")
    return dict(Counter(pools[each["spec"]["nodeName"]]["intertie.dev/pool"] for each in pods if is_ready(each)))


def scaled(api: Api, replicas: int) -> dict[str, int]:
    """Where the replicas are when the stage has this many: as KEDA would ask for them."""
    api.patch(f"{STAGE}/scale", {"spec": {"replicas": replicas}})
    wait_for(lambda: sum(running(api).values()) == replicas, 60, lambda: running(api))
    return running(api)


def capacity(lab: Lab, nodes: int) -> None:
    """Each zone of the ladder's has so many machines on demand, and no end of spot machines."""
    world = World(lab.home.world)
    zones = [f"us-east5-{letter}" for letter in "abc"]
    told = [{**MACHINE, "zone": zone, "nodes": nodes if zone == zones[0] else 0} for zone in zones]
    scenario.apply(world, scenario.parse({"limits": told}, "capacity"))
    world.close()


def grown(lab: Lab) -> list[str]:
    return [event[-1] for event in lab.events() if event[3:5] == ("autoscaler", "grows")]


def test_the_second_step_grows_when_the_first_has_no_machines_and_not_before(organisation: Lab, tmp_path: Path) -> None:
    done(sample(organisation, tmp_path / "project", "tpu-use5").up())
    api = api_of(organisation)
    assert scaled(api, 1) == {"generate0": 1}

    assert scaled(api, 2) == {"generate0": 2}, "spot costs less, and is not the first step"
    capacity(organisation, 2)
    assert scaled(api, 3) == {"generate0": 2, "generate1": 1}
    assert [text.split()[0] for text in grown(organisation)] == ["generate0", "generate1"]

    api.patch(CLASS, {"spec": {"priorities": [{"nodepools": ["generate1"]}, {"nodepools": ["generate0"]}]}})
    capacity(organisation, 9)
    assert scaled(api, 4) == {"generate0": 2, "generate1": 2}, "the order is what the class says"
    api.close()
