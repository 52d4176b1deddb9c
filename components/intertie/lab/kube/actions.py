"""What the kubernetes provider does with one object: check, compare, preview, make, read, change, delete."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.lab import values
from intertie.lab.kube import difference, objects, readiness
from intertie.lab.kube.client import ApiError, NoKindError
from intertie.lab.kube.difference import Change
from intertie.lab.kube.readiness import Verdict
from intertie.lab.kube.session import Session
from intertie.lab.kube.waiting import COLLECTION_SECONDS, CancelledError, Patience, TimedOutError
from intertie.lab.world import World

_RETRIES = (0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between attempts when a namespace or a definition is not there yet. The real provider doubles from 1 s."""
_CONFLICT = (
    "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help\n"
    ": "
)
_NO_KIND = (
    "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify "
    "that any required CRDs have been created"
)
_GONE_ENV = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)

State = dict[str, Any]


@dataclass
class FailedError(Exception):
    """Nothing was made or changed."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass
class PartialError(FailedError):
    """It is there, but did not become what it should be. `inputs` only where reading found others."""

    id: str
    state: State
    reasons: tuple[str, ...]
    inputs: State | None = None


@dataclass(slots=True)
class Actions:
    """One resource, by its URN."""

    session: Session
    world: World
    urn: str

    # -- without touching anything

    def check(self, token: str, name: str, news: State, olds: State, seed: bytes) -> State:
        """The inputs with what the provider fills in."""
        inputs = objects.identified(token, objects.without_nulls(news))
        if str(inputs["kind"]).endswith("List"):
            raise FailedError(
                "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created "
                "directly. Use the underlying resource type instead"
            )
        inputs = objects.named(inputs, objects.without_nulls(olds), name, seed)
        if self.session.apply and (inputs.get("metadata") or {}).get("generateName"):
            raise FailedError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
        return objects.placed(inputs, self.session.namespace, self._namespaced(inputs))

    def diff(self, olds: State, news: State) -> tuple[list[Change], bool]:
        """What an update would change; and whether a replacement must wait until the old object has gone."""
        live, news = objects.live_in(olds), objects.without_nulls(news)
        found = difference.changes(live, objects.said_in(olds), news, mutable=self.session.mutable)
        about, old = news.get("metadata") or {}, live.get("metadata") or {}
        same_place = (about.get("name"), about.get("namespace")) == (old.get("name"), old.get("namespace"))
        return found, same_place and not objects.is_set(news, objects.AUTONAMED)

    def preview(self, inputs: State, olds: State | None = None) -> State:
        """What the API server would make of it, if it can be asked: a dry run, which refuses what an update would."""
        body = objects.without_nulls(inputs)
        if objects.open_values(body) or self.session.unreachable or not self._served(body):
            return inputs
        manager = objects.manager_in(olds or {})
        try:
            live = self.session.reachable.apply(body, manager, force=True, dry_run=True)
        except ApiError as error:
            if error.about_namespace or error.code in (403, 409):
                return inputs
            raise FailedError(self._refused(error)) from None
        live.pop("status", None)
        return objects.state(inputs, live, manager)

    # -- for real

    def create(self, inputs: State, timeout: float) -> tuple[str, State]:
        """(id, state) of a new object that is ready. PartialError when it does not become so."""
        self._demand_cluster()
        body = objects.without_nulls(inputs)
        manager = objects.manager_in({})
        try:
            live = self._again(lambda: self._apply(body, manager))
        except NoKindError as error:
            kind = f"{body['apiVersion']}/{body['kind']}"
            raise FailedError(f'creation of resource "{self.urn}" with kind {kind} {_NO_KIND}: {error}') from None
        except ApiError as error:
            raise FailedError(self._refused(error)) from None
        self.world.record("kubernetes", "created", f"{body['kind']} {objects.id_of(live)}")
        live, error = self._settled(body, live, timeout)
        id_, state = objects.id_of(live), objects.state(inputs, live, manager)
        if error is not None:
            message = (
                f'resource "{self.urn}" was successfully created, but the Kubernetes API server reported that it '
                f"failed to fully initialize or become live: {_ended(live, error)}"
            )
            raise PartialError(message, id_, state, error.reasons)
        return id_, state

    def read(self, token: str, id_: str, inputs: State, kept: State) -> tuple[State, State] | None:
        """(inputs, state) of an object as it is; None when it has gone."""
        if self.session.unreachable:
            if self.session.delete_unreachable:
                return None
            if self.session.skip_update_unreachable:
                return inputs, kept
            raise FailedError(f"failed to read resource state due to unreachable cluster. {_GONE_ENV}")
        said = objects.without_nulls(inputs)
        namespace, name = objects.split_id(id_)
        body = objects.identified(token, said or {"metadata": {}})
        body["metadata"] = {
            **(body.get("metadata") or {}),
            "name": name,
            **({"namespace": namespace} if namespace else {}),
        }
        try:
            live = self.session.reachable.find(self.session.reachable.path_of(body))
        except NoKindError:
            return None
        if live is None:
            return None
        known = difference.prune(live, said) if said else objects.imported(live)
        state = objects.state(known, live, objects.manager_in(kept))
        verdict = self._verdict(live) if said and not objects.is_set(said, objects.SKIP_AWAIT) else Verdict(True)
        if not verdict.ready:
            message = f"Resource '{name}' was created but failed to initialize"
            raise PartialError(message, id_, state, verdict.reasons, known)
        return known, state

    def update(self, id_: str, olds: State, news: State, timeout: float) -> State:
        """The state of an object that was changed and is ready again."""
        self._demand_cluster()
        body = objects.without_nulls(news)
        manager = objects.manager_in(olds)
        try:
            live = self._apply(body, manager)
        except NoKindError as error:
            raise FailedError(f'update of resource "{self.urn}" {_NO_KIND}: {error}') from None
        except ApiError as error:
            raise FailedError(f'update of resource "{self.urn}" failed: {_told(error)}') from None
        self.world.record("kubernetes", "updated", f"{body['kind']} {id_}")
        live, error = self._settled(body, live, timeout)
        state = objects.state(news, live, manager)
        if error is not None:
            message = (
                f'the Kubernetes API server reported that "{id_}" failed to fully initialize or become live: '
                f"{_ended(live, error)}"
            )
            raise PartialError(message, id_, state, error.reasons)
        return state

    def delete(self, id_: str, kept: State, timeout: float) -> None:
        """Until it has gone."""
        if self.session.unreachable:
            if self.session.delete_unreachable:
                return
            raise FailedError(f"configured Kubernetes cluster is unreachable. {_GONE_ENV}")
        said = objects.said_in(kept) or objects.live_in(kept)
        api = self.session.reachable
        namespace, name = objects.split_id(id_)
        try:
            served = api.served(str(said["apiVersion"]), str(said["kind"]))
        except NoKindError:
            return
        path = served.path(namespace, name)
        if not api.remove(path, propagationPolicy="Foreground"):
            return
        if objects.is_set(said, objects.SKIP_AWAIT) and readiness.waits_for(served.api_version, served.kind):
            return
        left = f'Timed out waiting for deletion of {served.api_version}/{served.kind} "{name}"'
        seconds = self._seconds(said, timeout, 300)
        patience = Patience(self.world, seconds, self.session.cancelled, at_least=COLLECTION_SECONDS)
        try:
            patience.until(lambda: readiness.gone(api.find(path), left))
        except (TimedOutError, CancelledError) as error:
            raise FailedError("; ".join(error.reasons)) from None
        self.world.record("kubernetes", "deleted", f"{served.kind} {id_}")
        if served.kind == "CustomResourceDefinition":
            api.forget_kinds()

    # -- parts

    def _demand_cluster(self) -> None:
        if self.session.unreachable:
            raise FailedError(f"configured Kubernetes cluster is unreachable: {self.session.unreachable}")

    def _apply(self, body: State, manager: str) -> State:
        live = self.session.reachable.apply(body, manager, force=objects.is_set(body, objects.PATCH_FORCE))
        if body["kind"] == "CustomResourceDefinition":
            self.session.reachable.forget_kinds()
        return live

    def _again(self, act: Callable[[], State]) -> State:
        """Again for a while, when a namespace or a definition is still to come: objects need not be in order."""
        for pause in _RETRIES:
            try:
                return act()
            except ApiError as error:
                if error.code != 404 or self.session.cancelled.is_set():
                    raise
                self.session.reachable.forget_kinds()
                time.sleep(pause)
        return act()

    def _settled(self, body: State, live: State, timeout: float) -> tuple[State, TimedOutError | CancelledError | None]:
        """The object when it is ready; or when nobody waits any more, and why."""
        if objects.annotations(body).get(objects.WAIT_FOR):
            raise FailedError(f"the lab's kubernetes provider does not know {objects.WAIT_FOR}")
        api, path = self.session.reachable, self.session.reachable.path_of(live)
        failure: TimedOutError | CancelledError | None = None
        if not objects.is_set(body, objects.SKIP_AWAIT) and readiness.waits_for(live["apiVersion"], live["kind"]):
            seconds = self._seconds(body, timeout, readiness.timeout_of(live["kind"]))
            try:
                Patience(self.world, seconds, self.session.cancelled).until(lambda: self._verdict(api.get(path)))
            except (TimedOutError, CancelledError) as error:
                failure = error
                said = "; ".join(error.reasons)[:500]
                self.world.record("kubernetes", "unready", f"{live['kind']} {objects.id_of(live)}", said)
        return api.find(path) or live, failure

    def _verdict(self, live: Mapping[str, Any]) -> Verdict:
        return readiness.check(self.session.reachable, live)

    def _seconds(self, body: State, timeout: float, default: float) -> float:
        marked = str(objects.annotations(body).get(objects.TIMEOUT, ""))
        return timeout or (float(marked) if marked.isdigit() else default)

    def _namespaced(self, body: State) -> bool:
        if not self.session.unreachable and not values.is_unknown(body["apiVersion"]):
            try:
                return self.session.reachable.served(str(body["apiVersion"]), str(body["kind"])).namespaced
            except ApiError:
                pass  # a definition that is still to come
        return objects.probably_namespaced(str(body["kind"]))

    def _served(self, body: State) -> bool:
        try:
            self.session.reachable.served(str(body["apiVersion"]), str(body["kind"]))
        except ApiError:
            return False
        return True

    def _refused(self, error: ApiError) -> str:
        return f'resource "{self.urn}" was not successfully created by the Kubernetes API server: {_told(error)}'


def _told(error: ApiError) -> str:
    return f"{_CONFLICT}{error}" if error.code == 409 else str(error)


def _ended(live: State, error: TimedOutError | CancelledError) -> str:
    name = live["metadata"]["name"]
    if isinstance(error, CancelledError):
        return f'Resource operation was cancelled for "{name}"'
    return f"'{name}' timed out waiting to be Ready"
