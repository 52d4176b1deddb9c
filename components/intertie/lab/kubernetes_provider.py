"""The simulated `kubernetes` provider: applies what a stack describes to the API server that its kubeconfig names.

It keeps pulumi-kubernetes v4's conduct where a stack can notice: names, server-side apply and dry runs, what is
replaced, what is waited for and for how long, and the texts of failures. The engine starts it as
`python -m intertie.lab.kubernetes_provider kubernetes [flags] ENGINE`.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from intertie.errors import OutsideError
from intertie.lab import values
from intertie.lab.helm import TYPE as RELEASE
from intertie.lab.kube import session as sessions
from intertie.lab.kube.actions import Actions, FailedError, PartialError
from intertie.lab.kube.client import ApiError
from intertie.lab.kube.difference import Change
from intertie.lab.kube.releases import ReleaseActions
from intertie.lab.servicer import VERSION
from intertie.lab.serving import own_world, serving, until_told
from intertie.lab.world import World

_NO_CHANGE, _CHANGE = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME
_KINDS = provider_pb2.PropertyDiff
_WORDS = {
    ("add", False): _KINDS.ADD, ("add", True): _KINDS.ADD_REPLACE,
    ("delete", False): _KINDS.DELETE, ("delete", True): _KINDS.DELETE_REPLACE,
    ("update", False): _KINDS.UPDATE, ("update", True): _KINDS.UPDATE_REPLACE,
}  # fmt: skip


class KubernetesServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Pulumi's provider protocol on one side, one API server on the other."""

    def __init__(self, world: Path) -> None:
        self._path = world
        self._local = threading.local()
        self._session = sessions.Session()

    @property
    def _world(self) -> World:
        """One connection per thread."""
        if not hasattr(self._local, "world"):
            self._local.world = World(self._path)
        return self._local.world

    def _for(self, urn: str) -> Actions:
        kind = ReleaseActions if urn.split("::")[2].endswith(RELEASE) else Actions
        return kind(self._session, self._world, urn)

    # -- life cycle

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "kubernetes", "version": "{VERSION}"}}')

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, news = (values.revealed(values.decode(each)) for each in (request.old_inputs, request.news))
        changed = sorted(key for key in {*olds, *news} - {"version"} if olds.get(key) != news.get(key))
        replaces = _config_replaces(olds, news, changed)
        return provider_pb2.DiffResponse(
            changes=_CHANGE if changed else _NO_CHANGE, diffs=changed, replaces=sorted(replaces)
        )

    def Configure(self, request: Any, context: Any) -> Any:
        self._session = sessions.configure(values.revealed(values.decode(request.args)), self._world)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self._session.cancelled.set()
        return empty_pb2.Empty()

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:
        news, olds = values.decode(request.news), values.decode(request.olds)
        with _Answer(context):
            inputs = self._for(request.urn).check(request.type, request.name, news, olds, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=values.encode(inputs))

    def Diff(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            changed, first = self._for(request.urn).diff(values.decode(request.olds), values.decode(request.news))
        kept = [each for each in changed if not _ignored(each.path, request.ignoreChanges)]
        fixed = [each.path for each in kept if each.fixed]
        return provider_pb2.DiffResponse(
            changes=_CHANGE if kept else _NO_CHANGE,
            diffs=sorted({_top(each.path) for each in kept}),
            replaces=fixed,
            detailedDiff={each.path: _property_diff(each) for each in kept},
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(fixed) and first,
        )

    def Create(self, request: Any, context: Any) -> Any:
        inputs = values.decode(request.properties)
        with _Answer(context):
            if request.preview:
                return provider_pb2.CreateResponse(properties=values.encode(self._for(request.urn).preview(inputs)))
            id_, state = self._for(request.urn).create(inputs, request.timeout)
        return provider_pb2.CreateResponse(id=id_, properties=values.encode(state))

    def Read(self, request: Any, context: Any) -> Any:
        inputs, state = values.decode(request.inputs), values.decode(request.properties)
        with _Answer(context):
            found = self._for(request.urn).read(request.type, request.id, inputs, state)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=request.id, inputs=values.encode(found[0]), properties=values.encode(found[1])
        )

    def Update(self, request: Any, context: Any) -> Any:
        olds, news = values.decode(request.olds), values.decode(request.news)
        with _Answer(context):
            actions = self._for(request.urn)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=values.encode(actions.preview(news, olds)))
            state = actions.update(request.id, olds, news, request.timeout)
        return provider_pb2.UpdateResponse(properties=values.encode(state))

    def Delete(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            self._for(request.urn).delete(request.id, values.decode(request.properties), request.timeout)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            raise FailedError(f"the lab's kubernetes provider answers no function: {request.tok}")


class _Answer:
    """Turns failures into gRPC statuses. The real provider gives every failure the code UNKNOWN, and so does this."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, PartialError):
            self._half(error)
        if isinstance(error, FailedError | ApiError | OutsideError):
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _half(self, error: PartialError) -> None:
        """It is there, but not as it should be: the engine keeps it, and tries again the next time."""
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
        half = provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=values.encode(error.state),
            inputs=values.encode(error.inputs) if error.inputs is not None else None,
            reasons=[error.message, *error.reasons],
        )
        status.details.add().Pack(half)
        self._context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))


def _config_replaces(olds: dict[str, Any], news: dict[str, Any], changed: Iterable[str]) -> set[str]:
    """Settings whose change makes everything of the provider anew. With an identifier it alone decides."""
    if olds.get("clusterIdentifier") and news.get("clusterIdentifier"):
        return {"clusterIdentifier"} & set(changed)
    unknown = {key for key in ("kubeconfig", "context", "cluster") if values.is_unknown(news.get(key))}
    if unknown:
        return unknown
    return set() if sessions.same_cluster(olds, news) else {"kubeconfig", "context", "cluster"} & set(changed)


def _ignored(path: str, ignored: Iterable[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in ignored)


def _property_diff(change: Change) -> Any:
    return provider_pb2.PropertyDiff(kind=_WORDS[change.kind, change.fixed], inputDiff=change.kind == "delete")


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def serve(world: Path) -> tuple[grpc.Server, int]:
    """A running server on loopback, and its port."""

    def add(server: grpc.Server) -> None:
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(KubernetesServicer(world), server)

    return serving(add, 64)


def main() -> None:
    """Serve until the engine says stop, or has gone."""
    world = own_world("kubernetes provider")
    until_told(lambda: serve(world))


if __name__ == "__main__":
    main()
