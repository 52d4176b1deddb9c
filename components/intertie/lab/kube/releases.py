"""What the kubernetes provider does with one Helm release. The conduct is pulumi-kubernetes' `helm.v3.Release`."""

import hashlib
from typing import Any

from intertie.lab.helm import HelmError, Releases, release_of
from intertie.lab.kube import objects
from intertie.lab.kube.actions import Actions, FailedError, PartialError, State
from intertie.lab.kube.client import ApiError
from intertie.lab.kube.difference import Change
from intertie.lab.kube.waiting import CancelledError, Patience, TimedOutError

_TIMEOUT = 300
_FIXED = ("name", "namespace")


class ReleaseActions(Actions):
    """One release, by its URN."""

    def check(self, token: str, name: str, news: State, olds: State, seed: bytes) -> State:
        """The inputs with a name, a namespace and a timeout."""
        inputs = objects.without_nulls(news)
        if not inputs.get("chart"):
            raise FailedError("missing required property 'chart'")
        digits = hashlib.sha256(seed or name.encode()).hexdigest()[:8]
        inputs.setdefault("name", olds.get("name") or f"{name}-{digits}")
        inputs.setdefault("namespace", self.session.namespace)
        if not inputs.get("skipAwait"):
            inputs.setdefault("timeout", _TIMEOUT)
        return inputs

    def diff(self, olds: State, news: State) -> tuple[list[Change], bool]:
        """Any input that differs. Another name or namespace is another release."""
        before, after = objects.said_in(olds), objects.without_nulls(news)
        keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        kinds = {key: "add" if key not in before else "delete" if key not in after else "update" for key in keys}
        return [Change(key, kinds[key], key in _FIXED) for key in keys], False

    def preview(self, inputs: State, olds: State | None = None) -> State:
        return inputs

    def create(self, inputs: State, timeout: float) -> tuple[str, State]:
        self._demand_cluster()
        body = objects.without_nulls(inputs)
        release = release_of(body)
        try:
            status = self._releases().install(
                release,
                self.urn,
                create_namespace=bool(body.get("createNamespace")),
                skip_crds=bool(body.get("skipCrds")),
            )
        except (HelmError, ApiError) as error:
            raise FailedError(str(error)) from None
        return self._deployed(body, status, timeout)

    def read(self, token: str, id_: str, inputs: State, kept: State) -> tuple[State, State] | None:
        if self.session.unreachable:
            return super().read(token, id_, inputs, kept)
        there = self._releases().find(id_)
        if there is None:
            return None
        said = objects.without_nulls(inputs) or {**there.inputs, "timeout": _TIMEOUT}
        return said, _state(said, there.outputs)

    def update(self, id_: str, olds: State, news: State, timeout: float) -> State:
        self._demand_cluster()
        body = objects.without_nulls(news)
        try:
            status = self._releases().upgrade(release_of(body), self.urn, skip_crds=bool(body.get("skipCrds")))
        except (HelmError, ApiError) as error:
            raise FailedError(f"error running update: {error}") from None
        return self._deployed(body, status, timeout)[1]

    def delete(self, id_: str, kept: State, timeout: float) -> None:
        if self.session.unreachable:
            raise FailedError(
                f'can\'t delete Helm Release with unreachable cluster. Reason: "{self.session.unreachable}"'
            )
        self._releases().uninstall(id_)

    def _releases(self) -> Releases:
        return Releases(self.session.reachable, self.world, self.session.cluster, lambda _: None)

    def _deployed(self, body: State, status: dict[str, Any], timeout: float) -> tuple[str, State]:
        """Once its workloads are ready, unless nobody waits for them."""
        release, state = release_of(body), _state(body, status)
        id_ = f"{release.namespace}/{release.name}"
        if not body.get("skipAwait"):
            seconds = float(timeout or body.get("timeout") or _TIMEOUT)
            try:
                self._releases().wait(release, Patience(self.world, seconds, self.session.cancelled))
            except (TimedOutError, CancelledError) as error:
                message = (
                    "failed to become available within allocated timeout. Error: Helm Release "
                    f"{id_}: context deadline exceeded"
                )
                raise PartialError(
                    message, id_, {**state, "status": {**status, "status": "failed"}}, error.reasons
                ) from None
        return id_, state


def _state(inputs: State, status: dict[str, Any]) -> State:
    known = {key: value for key, value in status.items() if key != "notes"}
    return {**inputs, "status": known, "__inputs": inputs}
