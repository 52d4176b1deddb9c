"""Transforms of a program, run in the process that records: no server, no port.

The SDK hands transforms to the engine as callbacks over gRPC; the engine runs them on each registration: the
resource's own first, then those of its parents, then the stack's.
Source: pulumi/pulumi `pkg/resource/deploy/source_eval.go`.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

from google.protobuf.message import Message
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _sync_await

_OPTIONS = {  # field of a registration → field of a transform's options
    "dependencies": "depends_on",
    "protect": "protect",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "version": "version",
    "aliases": "aliases",
    "provider": "provider",
    "customTimeouts": "custom_timeouts",
    "pluginDownloadURL": "plugin_download_url",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "deleteBeforeReplace": "delete_before_replace",
    "additionalSecretOutputs": "additional_secret_outputs",
    "providers": "providers",
    "importId": "import",
    "replace_with": "replace_with",
}


class Callbacks(_CallbackServicer):
    """Keeps a program's callbacks and calls them directly."""

    def __init__(self, monitor: Any) -> None:
        # The base class would start a gRPC server here and list it for the whole process.
        self._monitor = monitor
        self._urn: Callable[[str, str, str], str] = monitor.urn
        self._callbacks = {}
        self._transforms = {}
        self._state_migrations = {}
        self._target = ""
        self.on_every_resource: list[str] = []
        self._of_resource: dict[str, tuple[str, list[str]]] = {}  # URN → (parent URN, tokens)

    def transform(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """Runs all transforms that hold for a registration and writes what they return into it."""
        own = [callback.token for callback in request.transforms]
        urn = self._urn(request.parent, request.type, request.name)
        self._of_resource[urn] = (request.parent, own)
        for token in (*own, *self._inherited(request.parent), *self.on_every_resource):
            _write(request, self._run(token, request))

    def _inherited(self, parent: str) -> Iterator[str]:
        while parent:
            parent, tokens = self._of_resource.get(parent, ("", []))
            yield from tokens

    def _run(self, token: str, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.TransformResponse:
        message = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=request.object,
            options=_options(request),
        )

        async def call() -> Any:
            return await self._callbacks[token](message.SerializeToString())

        return _sync_await(asyncio.ensure_future(call()))


def _options(request: resource_pb2.RegisterResourceRequest) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions()
    for ours, theirs in _OPTIONS.items():
        _copy(request, ours, options, theirs)
    return options


def _write(request: resource_pb2.RegisterResourceRequest, response: resource_pb2.TransformResponse) -> None:
    request.object.CopyFrom(response.properties)
    for key in [key for key in request.propertyDependencies if key not in response.properties.fields]:
        del request.propertyDependencies[key]
    if not response.HasField("options"):
        return
    for ours, theirs in _OPTIONS.items():
        request.ClearField(cast("Any", ours))
        _copy(response.options, theirs, request, ours)


def _copy(source: Any, source_field: str, target: Any, target_field: str) -> None:
    """Copies one field between two kinds of message, where it is set."""
    value = getattr(source, source_field)
    if hasattr(value, "extend"):
        getattr(target, target_field).extend(value)
    elif hasattr(value, "items"):
        getattr(target, target_field).update(value)
    elif isinstance(value, Message):
        if source.HasField(source_field):
            getattr(target, target_field).CopyFrom(value)
    elif not source.DESCRIPTOR.fields_by_name[source_field].has_presence or source.HasField(source_field):
        setattr(target, target_field, value)
