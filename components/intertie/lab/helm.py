"""Helm releases of the lab: recorded in the world; the chart's definitions, workloads and controllers installed."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from intertie.errors import OutsideError
from intertie.lab import charts, crds, keys
from intertie.lab.charts import Chart, Release
from intertie.lab.kube import readiness
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kube.readiness import Verdict
from intertie.lab.kube.waiting import Patience, at_work
from intertie.lab.world import Resource, World

TYPE = "kubernetes:helm.sh/v3:Release"
_MANAGER = "helm"
_CONTROLLER_SECONDS = 60.0
_LWS_HOOKS = "/apis/admissionregistration.k8s.io/v1/{}webhookconfigurations/lws-{}-webhook-configuration"


@dataclass
class HelmError(Exception):
    """Helm's refusal, in its words. Nothing was installed."""

    message: str

    def __str__(self) -> str:
        return self.message


def release_of(inputs: Mapping[str, Any]) -> Release:
    """The release that a resource's inputs describe."""
    return Release(
        name=str(inputs["name"]),
        namespace=str(inputs.get("namespace") or "default"),
        chart=str(inputs.get("chart") or ""),
        version=str(inputs.get("version") or ""),
        values=inputs.get("values") or {},
    )


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one cluster. `say` tells the user something; `cluster` is its id in the world, or ""."""

    api: Api
    world: World
    cluster: str
    say: Callable[[str], None]

    def id_of(self, release: Release) -> str:
        return f"{release.namespace}/{release.name}"

    def find(self, id_: str) -> Resource | None:
        return self.world.get(TYPE, self._key(id_))

    def install(self, release: Release, urn: str, *, create_namespace: bool, skip_crds: bool) -> dict[str, Any]:
        """Make everything of a new release. HelmError when Helm would refuse.

        What an update of the same URN began that was killed is gone on with, as in the lab's clouds: Helm itself would
        refuse that too, until somebody uninstalls it.
        """
        there = self.find(self.id_of(release))
        if there is not None and there.urn != urn:
            raise HelmError("cannot re-use a name that is still in use")
        self._namespace(release.namespace, create_namespace)
        self._needed(release)
        return self._apply(release, urn, revision=1, skip_crds=skip_crds)

    def upgrade(self, release: Release, urn: str, *, skip_crds: bool) -> dict[str, Any]:
        """Bring a release to its new chart and values; what it does not have any more goes."""
        before = self.find(self.id_of(release))
        if before is None:
            raise HelmError(f'"{release.name}" has no deployed releases')
        old = release_of(before.inputs)
        known = charts.chart(release.chart)
        wanted = {_name(body) for body in charts.objects(known, release)} if known else set()
        for body in charts.objects(found, old) if (found := charts.chart(old.chart)) else []:
            if _name(body) not in wanted:
                self.api.remove(self.api.path_of(body))
        return self._apply(release, urn, revision=int(before.outputs["revision"]) + 1, skip_crds=skip_crds)

    def uninstall(self, id_: str) -> None:
        """Take a release away, as `helm uninstall` does: its namespace stays."""
        there = self.find(id_)
        if there is None:
            return
        release = release_of(there.inputs)
        if known := charts.chart(release.chart):
            for body in charts.objects(known, release):
                self.api.remove(self.api.path_of(body), propagationPolicy="Background")
            self._controllers(known, add=False)
            if not known.keeps:
                for component in known.definitions:
                    crds.remove(self.api, component)
        self.world.remove(TYPE, self._key(id_))
        self.world.record("helm", "uninstalled", id_, release.chart)

    def wait(self, release: Release, patience: Patience) -> None:
        """Until the release's workloads are ready. TimedOutError when they are not in time."""
        known = charts.chart(release.chart)
        made = charts.objects(known, release) if known else []
        workloads = [body for body in made if body["kind"] != "ConfigMap"]

        def look() -> Verdict:
            found = [readiness.check(self.api, self.api.get(self.api.path_of(body))) for body in workloads]
            waiting = [each for each in found if not each.ready]
            reasons = tuple(reason for each in waiting for reason in each.reasons)
            return Verdict(not waiting, reasons, stuck=any(each.stuck for each in waiting))

        patience.until(look)

    # -- parts

    def _apply(self, release: Release, urn: str, *, revision: int, skip_crds: bool) -> dict[str, Any]:
        known = charts.chart(release.chart)
        notes: list[str] = []
        if known is None:
            notes.append(f"chart {release.chart} is not simulated: it is recorded, and brings nothing")
        else:
            notes += self._definitions(known) if not skip_crds else []
            for body in charts.objects(known, release):
                self.api.apply(body, _MANAGER, force=True)
            self._controllers(known, add=True)
        status = {"name": release.name, "namespace": release.namespace, "chart": release.chart,
                  "version": release.version, "revision": revision, "status": "deployed", "notes": notes}  # fmt: skip
        inputs = {"name": release.name, "namespace": release.namespace, "chart": release.chart,
                  "version": release.version, "values": release.values}  # fmt: skip
        id_ = self.id_of(release)
        self.world.put(Resource(TYPE, self._key(id_), "kubernetes", self.cluster, "", urn, inputs, status))
        action = "installed" if revision == 1 else "upgraded"
        self.world.record("helm", action, id_, "; ".join([f"{release.chart} {release.version}", *notes]))
        for note in notes:
            self.say(note)
        return status

    def _definitions(self, known: Chart) -> list[str]:
        busy = partial(at_work, self.world)
        return [found.note for each in known.definitions if (found := crds.install(self.api, each, busy)).note]

    def _namespace(self, name: str, create: bool) -> None:
        path = f"/api/v1/namespaces/{name}"
        if self.api.find(path) is not None:
            return
        if not create:
            raise HelmError(f'create: failed to create: namespaces "{name}" not found')
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, _MANAGER, force=True)

    def _needed(self, release: Release) -> None:
        """Objects of a chart whose kinds another chart defines: Helm wants the kinds to be there first."""
        known = charts.chart(release.chart)
        for version, kind in (each.rsplit("/", 1) for each in known.needs) if known else ():
            try:
                self.api.served(version, kind)
            except ApiError as error:
                raise HelmError(
                    "unable to build kubernetes objects from release manifest: resource mapping not found for name: "
                    f'"{release.name}" namespace: "{release.namespace}" from "": no matches for kind "{kind}" in '
                    f'version "{version}"\nensure CRDs are installed first'
                ) from error

    def _controllers(self, known: Chart, *, add: bool) -> None:
        """Real controllers run beside the cluster: the lab's supervisor is told, and starts or ends them."""
        if not known.controllers or not self.cluster:
            return
        key = keys.controllers(self.cluster)
        given = set(json.loads(self.world.meta(key) or "[]"))
        given = given | set(known.controllers) if add else given - set(known.controllers)
        self.world.set_meta(key, json.dumps(sorted(given)))
        end = time.monotonic() + _CONTROLLER_SECONDS
        while "lws" in known.controllers and self._hooked() != add:
            if time.monotonic() > end:
                doing = "start" if add else "end"
                raise OutsideError(f"{', '.join(known.controllers)} did not {doing} within {_CONTROLLER_SECONDS:g} s")
            at_work(self.world)
            time.sleep(0.05)

    def _hooked(self) -> bool:
        """Whether the API server asks the LeaderWorkerSet controller."""
        try:
            return self.api.find(_LWS_HOOKS.format("validating", "validating")) is not None
        except ApiError:
            return False

    def _key(self, id_: str) -> str:
        return f"{self.cluster}/{id_}"


def _name(body: Mapping[str, Any]) -> tuple[str, str]:
    return body["kind"], body["metadata"]["name"]
