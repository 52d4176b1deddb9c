"""Pulumi's provider protocol on one side, a simulated cloud on the other.

One process serves one provider resource (the engine starts one per region or account), so that a call needs not say
where it belongs. Secrets arrive plain, because the handshake says that envelopes are not understood; the engine marks
them again by name.
"""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from intertie.lab import values
from intertie.lab.check import Checker
from intertie.lab.clouds.cloud import Cloud
from intertie.lab.errors import CloudError, NotHealthyError
from intertie.lab.operations import Operations
from intertie.lab.replacement import replaced
from intertie.lab.world import World

VERSION = "999.0.0"
"""At least what any program asks for, so that the engine warns of nothing."""

_NO_CHANGE, _CHANGE = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME
_WHERE = ("region", "project", "location", "subscriptionId", "zone")
"""Settings of a provider whose change makes everything of it anew."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """`make` builds the cloud from the provider's configuration."""

    def __init__(self, make: Callable[[Mapping[str, Any]], Cloud], world: Path) -> None:
        self._make = make
        self._path = world
        self._local = threading.local()
        self._operations = Operations(make({}), self._world.now())
        self._checker = Checker(self._operations.cloud)

    @property
    def _world(self) -> World:
        """One connection per thread."""
        if not hasattr(self._local, "world"):
            self._local.world = World(self._path)
        return self._local.world

    # -- life cycle

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:
        name = self._operations.cloud.package
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": name, "version": VERSION}))

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        changed = _changed(values.decode(request.old_inputs), values.decode(request.news), ())
        changed = [key for key in changed if key != "version"]
        replaces = [key for key in changed if key in _WHERE]
        return provider_pb2.DiffResponse(changes=_CHANGE if changed else _NO_CHANGE, diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:
        cloud = self._make(_settings(values.decode(request.args)))
        self._operations = Operations(cloud, self._operations.since)
        self._checker = Checker(cloud)
        with _Answer(context):
            problem = cloud.problem_with_settings()
            if problem:
                raise CloudError("InvalidConfiguration", problem, "INVALID_ARGUMENT")
            self._operations.configure(self._world)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:
        news, olds = values.decode(request.news), values.decode(request.olds)
        inputs, failures = self._checker.check(request.type, request.name, news, olds, request.randomSeed)
        answer = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in failures]
        return provider_pb2.CheckResponse(inputs=values.encode(inputs), failures=answer)

    def Diff(self, request: Any, context: Any) -> Any:
        self._operations.claim(request.type, request.id)
        olds, news = values.decode(request.old_inputs), values.decode(request.news)
        paths = _changed(olds, news, request.ignoreChanges)
        cloud = self._operations.cloud
        again = replaced(cloud, request.type, paths, olds, news)
        detail = {path: _kind_of_change(olds, news, path, path in again) for path in paths}
        return provider_pb2.DiffResponse(
            changes=_CHANGE if paths else _NO_CHANGE,
            diffs=sorted({_top(path) for path in paths}),
            replaces=sorted({_top(path) for path in again}),
            detailedDiff=detail,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(again) and cloud.keeps_name(request.type, request.urn.split("::")[-1], olds, news),
        )

    def Create(self, request: Any, context: Any) -> Any:
        inputs = values.decode(request.properties)
        if request.preview:
            outputs = self._operations.preview(request.type, inputs)
            return provider_pb2.CreateResponse(properties=values.encode(outputs))
        with _Answer(context):
            id_, outputs = self._operations.create(
                self._world, request.type, request.urn, name=request.name, inputs=inputs
            )
        return provider_pb2.CreateResponse(id=id_, properties=values.encode(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            found = self._operations.read(self._world, request.type, request.id, request.urn)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        inputs, outputs = found
        return provider_pb2.ReadResponse(id=request.id, inputs=values.encode(inputs), properties=values.encode(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        inputs = values.decode(request.news)
        if request.preview:
            outputs = values.merge(values.decode(request.olds), inputs)
            return provider_pb2.UpdateResponse(properties=values.encode(outputs))
        with _Answer(context):
            outputs = self._operations.update(self._world, request.type, request.id, request.urn, inputs=inputs)
        return provider_pb2.UpdateResponse(properties=values.encode(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            self._operations.delete(self._world, request.type, request.id, request.urn)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        with _Answer(context):
            answer = self._operations.invoke(self._world, request.tok, values.decode(request.args))
        fields: dict[str, Any] = {"return": values.encode(answer)}  # the name is a keyword
        return provider_pb2.InvokeResponse(**fields)


class _Answer:
    """Turns a refusal into a gRPC status, with what was made all the same when there is something."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, CloudError):
            return
        status = getattr(grpc.StatusCode, error.status)
        if isinstance(error, NotHealthyError):
            detail = status_pb2.Status(code=status.value[0], message=error.message)
            half = provider_pb2.ErrorResourceInitFailed(
                id=error.id,
                properties=values.encode(error.outputs or {}),
                inputs=values.encode(error.inputs or {}),
                reasons=[error.message],
            )
            detail.details.add().Pack(half)
            self._context.set_trailing_metadata((("grpc-status-details-bin", detail.SerializeToString()),))
        self._context.abort(status, error.message)


def _settings(args: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's configuration: everything but text travels as JSON in a string."""
    found: dict[str, Any] = {}
    for key, value in args.items():
        found[key] = value
        if isinstance(value, str) and value[:1] in "[{tf":
            try:
                found[key] = json.loads(value)
            except ValueError:
                continue
    return found


def _changed(olds: Any, news: Any, ignored: Any, path: str = "") -> list[str]:
    """Paths at which two values differ, as deep as both are objects."""
    if path and any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in ignored):
        return []
    if isinstance(olds, Mapping) and isinstance(news, Mapping):
        keys = sorted({*olds, *news} - {"__defaults"})
        return [
            found
            for key in keys
            for found in _changed(olds.get(key), news.get(key), ignored, f"{path}.{key}" if path else key)
        ]
    return [] if olds == news else [path]


def _kind_of_change(olds: Mapping[str, Any], news: Mapping[str, Any], path: str, again: bool) -> Any:
    kinds = provider_pb2.PropertyDiff
    before, after = values.one(olds, path) is not None, values.one(news, path) is not None or _is_open(news, path)
    if not before:
        kind = kinds.ADD_REPLACE if again else kinds.ADD
    elif not after:
        kind = kinds.DELETE_REPLACE if again else kinds.DELETE
    else:
        kind = kinds.UPDATE_REPLACE if again else kinds.UPDATE
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)


def _is_open(news: Mapping[str, Any], path: str) -> bool:
    """Whether the value at a path is there but unknown."""
    value: Any = news
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return values.is_unknown(value)


def _top(path: str) -> str:
    return path.partition(".")[0]
