"""What a drill needs of the world, given by a lab: Pulumi through its Automation API, real API servers, two clocks."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import Stack

from intertie.drills.ports import Pods, Ports
from intertie.errors import InputError, OutsideError
from intertie.lab import automation, keys, scenario
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.session import Lab
from intertie.lab.world import World

_STAGE = "intertie.dev/stage"  # label of a stage's workloads


class LabEngine:
    """Stacks of a project that may be written into, one per placement, all of one description.

    `packs` are folders of policy packs; they judge every preview.
    """

    def __init__(self, lab: Lab, project: Path, spec: str, packs: tuple[Path, ...] = ()) -> None:
        self._lab = lab
        self._project = project
        self._spec = project / "stacks" / "specs" / spec
        self._packs = packs
        self._stacks: dict[str, Stack] = {}

    def describe(self, placement: str, tier: str) -> None:
        self.edit(lambda data: data["placements"][placement].update(tier=tier))

    def preview(self, placement: str) -> Mapping[str, int]:
        return automation.preview(self._stack(placement), self._packs)

    def deploy(self, placement: str) -> Mapping[str, int]:
        return automation.up(self._stack(placement))

    def edit(self, change: Any) -> None:
        """Change the description. InputError when it has no such place."""
        data = yaml.safe_load(self._spec.read_text())
        try:
            change(data)
        except (KeyError, IndexError, StopIteration) as error:
            raise InputError(f"{self._spec.name} has no {error}") from None
        self._spec.write_text(yaml.safe_dump(data, sort_keys=False))

    def _stack(self, placement: str) -> Stack:
        if placement not in self._stacks:
            self._stacks[placement] = automation.create(self._lab.home, self._project, placement)
        return self._stacks[placement]


@dataclass(frozen=True)
class LabCluster:
    """Asks the API server of a placement. No operator of KEDA runs in a lab: here its part is played, the floor."""

    lab: Lab
    namespace: str

    def stages(self, placement: str) -> Mapping[str, Pods]:
        api = self._api(placement)
        try:
            self._keep_floor(api)
            found = api.items(f"/apis/apps/v1/namespaces/{self.namespace}/deployments")
        except ApiError as error:
            raise OutsideError(f"{placement}: {error}") from None
        finally:
            api.close()
        return {
            each["metadata"]["labels"][_STAGE]: Pods(
                each.get("status", {}).get("readyReplicas", 0), each["spec"]["replicas"]
            )
            for each in found
            if _STAGE in each["metadata"].get("labels", {})
        }

    def _keep_floor(self, api: Api) -> None:
        """KEDA never lets a workload have fewer replicas than its ScaledObject says."""
        for each in api.items(f"/apis/keda.sh/v1alpha1/namespaces/{self.namespace}/scaledobjects"):
            name, floor = each["spec"]["scaleTargetRef"]["name"], each["spec"].get("minReplicaCount", 0)
            target = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"
            if api.get(target)["spec"]["replicas"] < floor:
                api.patch(f"{target}/scale", {"spec": {"replicas": floor}})

    def _api(self, placement: str) -> Api:
        named = f"{self.namespace}-{placement}"
        found = [each for each in self.lab.status().clusters if each.name == named and each.endpoint]
        if not found:
            raise OutsideError(f"{placement} has no cluster that answers")
        return Api(Access(found[0].endpoint, found[0].ca, self.lab.home.token_file.read_text()))


@dataclass(frozen=True)
class LabWorld:
    """The simulated clouds, which can be taken down, APIs and API servers alike; and their clock beside the wall's."""

    lab: Lab

    @cached_property
    def _world(self) -> World:
        return World(self.lab.home.world)

    def fail(self, cloud: str) -> None:
        scenario.apply(self._world, scenario.parse({"faults": [{"down": cloud}]}, f"{cloud} is down"))
        self._world.set_meta(keys.down(cloud), "1")

    def heal(self, cloud: str) -> None:
        scenario.clear(self._world)
        self._world.set_meta(keys.down(cloud), "")

    def real(self) -> float:
        return time.monotonic()

    def modelled(self) -> float:
        return self._world.now() / 1000

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        self._world.close()


def ports(lab: Lab, engine: LabEngine, namespace: str) -> Ports:
    """The ports of a lab that is up, for a pipeline whose objects live in `namespace`."""
    world = LabWorld(lab)
    return Ports(engine, LabCluster(lab, namespace), world, world)
