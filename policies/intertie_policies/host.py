"""Serves a pack to Pulumi: `pulumi preview --policy-pack` and `pulumi up --policy-pack`.

Every rule is a policy of its own, with its level, schema and documentation, so that people see and configure it as any
other. What differs from `pulumi_policy.PolicyPack` is how they run, for two reasons. The SDK reads the properties of a
resource anew for every policy, and once more for all of the stack, which takes seconds with fifty rules; here they are
read once. And there a policy that touches an unknown ends as an advisory note; here unknown is a violation.

Stack rules see what the program wrote (the inputs), not the outputs that the engine hands over: those of an update
are in each cloud's own spelling, and those of a preview may be missing.
"""

# ruff: noqa: ARG002, N802  (methods and parameters are the protocol's)

import sys
import threading
from collections.abc import Mapping
from concurrent import futures
from dataclasses import replace
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from intertie.errors import InputError
from intertie_policies import config, describe, registry, wire_changes
from intertie_policies.config import Configuration
from intertie_policies.config.reading import SETTINGS_KEY
from intertie_policies.engine import Judge
from intertie_policies.region import LIES_WITH
from intertie_policies.resources import Index, Node, Stack, kind_of
from intertie_policies.results import Result
from intertie_policies.rule import Level, Rule, Scope

VERSION = "0.1.0"
_WORKERS = 4
_LARGEST_MESSAGE = 400 * 2**20  # as the SDKs allow
_LEVELS = {
    Level.ADVISORY: analyzer_pb2.ADVISORY,
    Level.MANDATORY: analyzer_pb2.MANDATORY,
    Level.REMEDIATE: analyzer_pb2.REMEDIATE,
    Level.DISABLED: analyzer_pb2.DISABLED,
}
_NAMES = {number: level for level, number in _LEVELS.items()}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """One pack as the engine sees it. Calls come from several threads at once."""

    def __init__(self, pack: str) -> None:
        self._pack = pack
        self._configuration = Configuration()
        self._judge = Judge(pack)
        self._seen: dict[str, Node] = {}
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ what the pack is

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        info = analyzer_pb2.AnalyzerInfo(name=f"intertie-{self._pack}", version=VERSION, supportsConfig=True)
        info.displayName, info.description = f"Intertie {self._pack}", describe.PACKS[self._pack]
        settings = info.policies.add(name=SETTINGS_KEY, description="The settings of all rules of this pack.")
        settings.enforcementLevel, settings.policy_type = analyzer_pb2.DISABLED, analyzer_pb2.POLICY_TYPE_STACK
        settings.configSchema.properties.update(config.schema())
        for rule in registry.rules():
            _describe(info.policies.add(), rule, self._pack)
        return info

    # ------------------------------------------------------------------ what it is told

    def Configure(self, request: Any, context: Any) -> Any:
        """The configuration. What is wrong with it stops the run, with every problem."""
        data: dict[str, Any] = {}
        for name, policy in request.policyConfig.items():
            if name == SETTINGS_KEY:
                data[name] = json_format.MessageToDict(policy.properties)
            elif name in registry.ids():
                level = _NAMES.get(policy.enforcementLevel)
                if level is not None and level is not registry.find(name).level(self._pack):
                    data[name] = level.value
        try:
            read = config.read(data, registry.ids(), f"configuration of the policy pack intertie-{self._pack}")
        except InputError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            raise
        self._configuration = read
        self._judge = replace(self._judge, configuration=read)
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        """What the run is about; it comes before or after the configuration."""
        self._judge = Judge(
            self._pack,
            self._configuration,
            stack=request.stack,
            project=request.project,
            stack_config=dict(request.config),
            applying=not request.dry_run,
        )
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    # ------------------------------------------------------------------ what it is asked

    def Remediate(self, request: Any, context: Any) -> Any:
        response = analyzer_pb2.RemediateResponse()
        changes = self._judge.changes(_node(request)) if self._judge.rules_for(_kind(request)) else []
        for rule, change in changes:
            wire_changes.apply(request.properties, change)
            response.remediations.add(
                policyName=rule.id,
                policyPackName=f"intertie-{self._pack}",
                policyPackVersion=VERSION,
                description=rule.description,
                properties=request.properties,
            )
        return response

    def Analyze(self, request: Any, context: Any) -> Any:
        node = _node(request)
        with self._lock:
            self._seen[node.urn] = node
        return self._answer(self._judge.resource(node, self._before(node))[0], {node.urn})

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        nodes = tuple(self._of_stack(each) for each in request.resources)
        return self._answer(self._judge.whole(Index(nodes))[0], {node.urn for node in nodes})

    def _before(self, node: Node) -> Stack | None:
        """What was asked about before, for what lies where something else lies: its cluster was among it."""
        if node.kind not in LIES_WITH:
            return None
        with self._lock:
            return Stack(Index(tuple(self._seen.values())), None, self._judge.stack_config, self._judge.stack)

    def _of_stack(self, request: Any) -> Node:
        """The resource as the program wrote it, with the relations that only the engine knows at the end."""
        seen = self._seen.get(request.urn)
        return _node(request, seen.props if seen else None, seen.provider_node if seen else None)

    def _answer(self, results: list[Result], urns: set[str]) -> Any:
        response = analyzer_pb2.AnalyzeResponse()
        for result in results:
            rule = registry.find(result.rule)
            level = Level.ADVISORY if result.waived else result.level
            response.diagnostics.add(
                policyName=result.rule,
                policyPackName=f"intertie-{self._pack}",
                policyPackVersion=VERSION,
                description=rule.description,
                message=describe.message(result, rule),
                enforcementLevel=_LEVELS[level],
                urn=result.urn if result.urn in urns else "",
            )
        return response


def serve(pack: str) -> NoReturn:
    """Serve a pack until the engine ends the process: the whole of a pack's `__main__.py`."""
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=options)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(pack), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
    sys.exit(0)


def _kind(request: Any) -> str:
    return kind_of(request.type)


def _node(request: Any, props: Any = None, provider_node: Node | None = None) -> Node:
    """A resource of the engine's protocol as plain data; unknown and secret values stay wire values."""
    if provider_node is None and request.HasField("provider"):
        told = request.provider
        own = json_format.MessageToDict(told.properties)
        provider_node = Node(told.type, told.name, told.urn, own)
    relations: Mapping[str, Any] = {}
    if isinstance(request, analyzer_pb2.AnalyzerResource):
        relations = {
            "depends_on": tuple(request.dependencies),
            "property_dependencies": {key: tuple(each.urns) for key, each in request.propertyDependencies.items()},
        }
    return Node(
        type=request.type,
        name=request.name,
        urn=request.urn,
        props=json_format.MessageToDict(request.properties) if props is None else props,
        parent=getattr(request, "parent", "") or request.options.parent,
        protect=request.options.protect,
        ignore_changes=tuple(request.options.ignoreChanges),
        provider_node=provider_node,
        **relations,
    )


def _describe(info: Any, rule: Rule, pack: str) -> None:
    info.name, info.description, info.displayName = rule.id, rule.description, rule.id
    info.enforcementLevel = _LEVELS[rule.level(pack)]
    info.remediation_steps = rule.remediation
    info.tags.append(rule.subject)
    stack = rule.scope is Scope.STACK
    info.policy_type = analyzer_pb2.POLICY_TYPE_STACK if stack else analyzer_pb2.POLICY_TYPE_RESOURCE


__all__ = ["Analyzer", "serve"]
