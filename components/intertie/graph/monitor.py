"""The resource monitor that records: it answers the SDK as the engine does in a preview of an empty stack."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2

from intertie.errors import InputError
from intertie.graph.callbacks import Callbacks
from intertie.graph.echo import echo
from intertie.graph.loop import ORDER
from intertie.graph.redact import pieces, redacted, without
from intertie.graph.types import STACK_TYPE, Graph, Invoke, Message, Resource
from intertie.graph.wire import decode, hide

_SEVERITIES = {engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}
_FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
]


class RecordingMonitor:
    """Implements the methods of Pulumi's `ResourceMonitor` and `Engine` services that programs use."""

    def __init__(self, project: str, stack: str, hidden: Iterable[str] = ()) -> None:
        self.project = project
        self.stack = stack
        self.hidden = pieces(hidden)  # texts that must not appear in anything that is kept
        self.callbacks = Callbacks(self)
        self._resources: dict[str, tuple[int, Resource]] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._places: dict[str, str] = {}
        self._invokes: list[tuple[int, Invoke]] = []
        self._messages: list[Message] = []
        self._lock = threading.Lock()

    def graph(self) -> Graph:
        """What was recorded, in the order of construction."""
        ordered = [resource for _, resource in sorted(self._resources.values(), key=lambda pair: pair[0])]
        stack = next((resource.urn for resource in ordered if resource.type == STACK_TYPE), "")
        invokes = [invoke for _, invoke in sorted(self._invokes, key=lambda pair: pair[0])]
        return Graph(
            project=self.project,
            stack=self.stack,
            resources=tuple(self._shown(resource) for resource in ordered),
            exports=without(self._outputs.get(stack, {}), self.hidden),
            invokes=tuple(Invoke(invoke.token, without(invoke.args, self.hidden)) for invoke in invokes),
            messages=tuple(self._messages),
        )

    def urn(self, parent: str, token: str, name: str) -> str:
        """The URN as the engine forms it: types of all ancestors but the stack, then the resource's own."""
        chain = parent.split("::")[2] if parent else ""
        qualified = token if chain in ("", STACK_TYPE) else f"{chain}${token}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"

    # ------------------------------------------------------------------ ResourceMonitor

    def GetDeploymentInfo(self, _request: Any) -> resource_pb2.DeploymentInfo:  # noqa: N802
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        self.callbacks.transform(request)
        urn = self.urn(request.parent, request.type, request.name)
        self._keep(_registered(urn, request), _place(request.sourcePosition))
        outputs = echo(request.type, request.object, request.additionalSecretOutputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, object=outputs)

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        with self._lock:
            self._outputs[request.urn] = decode(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        urn = self.urn(request.parent, request.type, request.name)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=True,
            parent=request.parent,
            provider=_provider_urn(request.provider),
            depends_on=tuple(sorted(request.dependencies)),
            inputs=decode(request.properties),
            import_id=request.id,
            version=request.version,
            external=True,
        )
        self._keep(resource, _place(request.sourcePosition))
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=request.properties)

    def ExistsResource(self, _request: Any) -> resource_pb2.ExistsResourceResponse:  # noqa: N802
        return resource_pb2.ExistsResourceResponse(unknown=True)

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        with self._lock:
            self._invokes.append((ORDER.get(), Invoke(request.tok, decode(request.args))))
        return resource_pb2.ResourceInvokeResponse(unknown=True)

    def RegisterStackTransform(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        self.callbacks.on_every_resource.append(request.token)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()  # answers are unknown, whatever the arguments are turned into

    def RegisterResourceHook(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def RegisterErrorHook(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def RegisterPackage(  # noqa: N802
        self, request: resource_pb2.RegisterPackageRequest
    ) -> resource_pb2.RegisterPackageResponse:
        return resource_pb2.RegisterPackageResponse(ref=request.parameterization.name or request.name)

    def SignalAndWaitForShutdown(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    # ------------------------------------------------------------------ Engine

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        severity = _SEVERITIES.get(request.severity)
        if severity:
            with self._lock:
                self._messages.append(Message(severity, hide(request.message, self.hidden), request.urn))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, _request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    # ------------------------------------------------------------------ what is kept

    def _keep(self, resource: Resource, place: str) -> None:
        with self._lock:
            if resource.urn in self._resources:
                first = self._places[resource.urn]
                raise InputError(
                    f"{place}: the program registers {resource.type} {resource.name!r} twice; "
                    f"the first one is at {first}\n  → give one of them another name: "
                    f"{resource.urn} must be unique, and carries the types of its parents but not their names"
                )
            self._resources[resource.urn] = (ORDER.get(), resource)
            self._places[resource.urn] = place

    def _shown(self, resource: Resource) -> Resource:
        """The resource with the outputs that were registered for it, and without what is secret."""
        outputs = self._outputs.get(resource.urn)
        if outputs and resource.type != STACK_TYPE:
            resource = replace(resource, outputs=outputs)
        return redacted(resource, self.hidden) if self.hidden else resource


def _registered(urn: str, request: resource_pb2.RegisterResourceRequest) -> Resource:
    return Resource(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        provider=_provider_urn(request.provider),
        depends_on=tuple(sorted(request.dependencies)),
        property_dependencies=_dependencies(request.propertyDependencies),
        inputs=decode(request.object),
        protect=request.protect,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        delete_before_replace=request.deleteBeforeReplace,
        aliases=tuple(_alias(alias) for alias in request.aliases),
        timeouts=_timeouts(request.customTimeouts),
        import_id=request.importId,
        version=request.version,
    )


def _provider_urn(reference: str) -> str:
    """The URN in a provider reference `URN::ID`: the id is unknown in a preview and says nothing."""
    return reference.rpartition("::")[0]


def _dependencies(dependencies: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(value.urns)) for key, value in sorted(dependencies.items()) if value.urns}


def _alias(alias: Any) -> dict[str, Any]:
    if alias.urn:
        return {"urn": alias.urn}
    spec = alias.spec
    fields = {
        "name": spec.name,
        "type": spec.type,
        "stack": spec.stack,
        "project": spec.project,
        "parent": spec.parentUrn,
        "no_parent": spec.noParent,
    }
    return {key: value for key, value in fields.items() if value}


def _timeouts(timeouts: Any) -> dict[str, str]:
    return {key: value for key in ("create", "update", "delete", "read") if (value := getattr(timeouts, key))}


def _place(position: Any) -> str:
    """`file:line` of the code that constructs a resource; the SDK finds it."""
    name = position.uri.rpartition("/")[2]
    return f"{name}:{position.line}" if name else "the program"
