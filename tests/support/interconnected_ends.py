"""Both ends of a connection as stacks of their own through the real engine: network and connection, without a cluster.

Each program calls the platform's own modules; what an end publishes is carried to the other one by the test, as a
person would do it, with `pulumi config set`.
"""

import json
from pathlib import Path
from typing import Any

from intertie.lab.engine import Engine
from intertie.lab.home import Home
from support import programs
from support.cloud_programs import having
from support.interconnected import described
from support.labs import done

_PROGRAM = """
import json, pulumi
from intertie.contract import BuildOptions
from intertie.plan import resolve
from intertie.plan.peers import peers_of
from intertie.spec import read_data

config = pulumi.Config()
plan = resolve(read_data(json.loads(config.require("spec"))), config.require("placement"))
parent = pulumi.ComponentResource("test:index:End", "end")
keys = config.get_secret_object("interconnect_keys")
peers = peers_of(plan, config.get_object("peers"))
options = BuildOptions(parent=parent, name="end", peers=peers, keys=keys)
{build}
pulumi.export("interconnects", made)
"""
_BUILDS = {
    "aws": """
from intertie.platforms.eks import interconnect, network
made = interconnect.build(plan, options, network.build(plan, options))
""",
    "azure": """
from intertie.platforms.aks import interconnect, network
place = network.place(plan, options)
made = interconnect.build(place, network.nodes(place))
""",
    "gcp": """
from pulumi_gcp import projects
from intertie.platforms.gke import interconnect, network
api = projects.Service("compute", service="compute.googleapis.com", disable_on_destroy=False)
made = interconnect.build(plan, options, network.network(plan, options, [api]).network)
""",
}
_SETTINGS = {
    "aws": {"aws:region": "us-east-1"},
    "azure": {"azure-native:location": "swedencentral"},
    "gcp": {"gcp:project": "acme"},
}


def ends(lab: Home, cloud: str, other: str) -> dict[str, Engine]:
    """`here` and `there`, each a project with a new stack that knows nothing of the other one."""
    data = json.dumps(described(cloud, other).model_dump(mode="json", exclude_unset=True))
    made: dict[str, Engine] = {}
    for placement, mine in (("here", cloud), ("there", other)):
        folder = programs.project(lab.folder.parent / placement, _PROGRAM.format(build=_BUILDS[mine]))
        engine = programs.engine(lab, Path(folder), f"{placement}-dev")
        made[placement] = having(engine, **_SETTINGS[mine], spec=data, placement=placement)
    return made


def tell(engine: Engine, other: str, published: list[Any]) -> None:
    """What the other end publishes, in this end's settings."""
    for index, value in enumerate(published):
        done(engine.run("config", "set", "--path", f"peers.{other}[{index}]", str(value)))


def share(engine: Engine, other: str, key: str) -> None:
    """The key of the connection, a secret of the stack."""
    done(engine.run("config", "set", "--secret", "--path", f"interconnect_keys.{other}", key))
