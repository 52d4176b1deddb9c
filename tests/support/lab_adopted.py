"""The cluster that an adopting stack finds: somebody else's, with the pools and the plugin that are described."""

import json

from intertie.lab import crds, keys
from intertie.lab.engine import Engine
from intertie.lab.kube.client import Api
from intertie.lab.kube.kubeconfig import Access, document
from intertie.lab.session import Lab
from intertie.lab.world import Cluster, World
from intertie.plan import Plan, resolve
from intertie.spec import read_file
from support.lab_clusters import START_SECONDS, wait_for
from support.lab_pools import adopted, collecting
from support.lab_samples import METAL, OWN_PLUGIN
from support.labs import done
from support.stacks import ROOT, config_of

THEIRS = "theirs"


def found_clusters(lab: Lab, engine: Engine) -> tuple[str, ...]:
    """Clusters that are there before the stack is: none, or the one that it adopts, whose kubeconfig it then has."""
    config = config_of(engine.stack)
    plan = resolve(read_file(ROOT / "stacks" / config["inference:spec"]), config["inference:placement"])
    if plan.platform != "existing":
        return ()
    access = _made(lab, plan)
    Api(access).apply(OWN_PLUGIN, "their-own", force=True)
    kubeconfig = document(THEIRS, access.server, access.authority, access.token)
    done(engine.run("config", "set", "--secret", "kubeconfig", json.dumps(kubeconfig)))
    return (THEIRS,)


def _made(lab: Lab, plan: Plan) -> Access:
    world = World(lab.home.world)
    described = plan.spec.placements[plan.placement].model_dump(mode="json")
    try:
        for pool in adopted(described, THEIRS, METAL):
            world.put_pool(pool)
        world.set_meta(keys.brings(THEIRS), json.dumps(collecting(described)))
        world.put_cluster(Cluster(THEIRS, plan.cloud, plan.region, THEIRS, "wanted"))
        wait_for(lambda: _running(world), START_SECONDS)
        access = _access(lab, world)
        wait_for(lambda: all(crds.are_served(Api(access), each) for each in collecting(described)), START_SECONDS)
        return access
    finally:
        world.close()


def _access(lab: Lab, world: World) -> Access:
    there = world.cluster(THEIRS)
    assert there is not None
    return Access(there.endpoint, there.ca, lab.home.token_file.read_text())


def _running(world: World) -> bool:
    there = world.cluster(THEIRS)
    assert there is not None
    assert not there.error, there.error
    return there.state == "running"
