"""Inference-pool routing: the pool of a stage's replicas, and how the gateway's proxies ask its picker.

Envoy Gateway does not know pools itself. It asks the picker as an external processor of requests and sends each to the
replica that the answer's header names, which is the protocol of the Gateway API Inference Extension; so the same
gateway serves on every cloud.
"""

import json
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle
from intertie.errors import PlanError, Problem
from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload import canary, picker, picker_certificate
from intertie.workload.entry import entry
from intertie.workload.manifest import Manifest, labels, metadata, selector
from intertie.workload.routing import headers, pooled

API = "inference.networking.k8s.io/v1"
COMPONENT = "inference-pool"
"""The definition's name in `ClusterHandle.provided` and in the table of owners."""
_DEFINITION = "inference-pool-definition"
_ENVOY_API = "gateway.envoyproxy.io/v1alpha1"
_LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"


def objects(plan: Plan, handle: ClusterHandle, *, own_gateway: bool) -> tuple[Manifest, ...]:
    """Definition, certificates, and per stage pool, picker and policies; () where no stage is routed so.

    `own_gateway`: the gateway is the cluster's own, of a release and with settings that nobody here knows. Raises
    PlanError for that, and for a stage that no gateway stands before.
    """
    stages = pooled(plan)
    found = [problem for stage in stages for problem in _problems(plan, stage, own_gateway=own_gateway)]
    if found:
        raise PlanError(plan.placement, found)
    made = [] if not stages or COMPONENT in handle.provided else [_definition(plan)]
    made += picker_certificate.authority(plan) if stages else ()
    for stage in stages:
        made += [_pool(plan, stage), *picker_certificate.objects(plan, stage), *picker.objects(plan, stage, handle)]
        made += [*_asking(plan, stage)]
    return tuple(made)


def _problems(plan: Plan, stage: StagePlan, *, own_gateway: bool) -> list[Problem]:
    here, found = f"stages[{stage.name}].routing", "inference-pool"
    made = []
    if plan.endpoint is None and stage.name == entry(plan).name:
        hint = "name an `endpoint`: pickers are asked by the proxies of a gateway, and nothing calls this stage by one"
        made.append(Problem(here, f"{found} without an endpoint", "a gateway before the stage", hint))
    if own_gateway:
        hint = "take envoy-gateway out of `adopt.provides`, or use least-request: which release and settings the "
        hint += "cluster's own has is not known"
        made.append(Problem(here, f"{found} with the cluster's own gateway", "the pinned Envoy Gateway", hint))
    return made


def _definition(plan: Plan) -> Manifest:
    """As the extension's release publishes it, without the texts."""
    text = files("intertie.workload").joinpath("data", "inference_pool_definition.json").read_text(encoding="utf-8")
    body = json.loads(text)
    return Manifest(_DEFINITION, {**body, "metadata": {**body["metadata"], "labels": labels(plan)}})


def _pool(plan: Plan, stage: StagePlan) -> Manifest:
    """Of a replica over several nodes only the leader takes requests."""
    chosen = selector(plan, stage.name) | ({f"{LABEL}/part": "leader"} if stage.multi_node else {})
    spec = {
        "selector": {"matchLabels": chosen},
        "targetPorts": [{"number": stage.spec.port}],
        "endpointPickerRef": {"name": picker.name(stage), "port": {"number": picker.PORT}, "failureMode": "FailOpen"},
    }
    body = {"apiVersion": API, "kind": "InferencePool", "metadata": metadata(plan, stage.name, stage.name)}
    return Manifest(f"{stage.name}-pool", {**body, "spec": spec}, needs=("namespace", _DEFINITION))


def _asking(plan: Plan, stage: StagePlan) -> tuple[Manifest, ...]:
    """The policies that make the proxies before the stage ask its picker."""
    inside = canary.is_split(plan, stage)
    gateway, listener = (canary.gateway(plan, stage), "http") if inside else (plan.spec.name, "https")
    route = f"{gateway}-route" if inside else "gateway-route"
    asked = _made(plan, stage, "asking", "EnvoyExtensionPolicy", _extension(stage, gateway), route, picker.name(stage))
    open_ = _made(plan, stage, "fail-open", "EnvoyPatchPolicy", _open(plan, stage, gateway, listener), asked.role)
    if not inside:
        return asked, open_
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}
    callers = {"targetRefs": [target], **headers(plan, stage)}
    return asked, open_, _made(plan, stage, "callers", "ClientTrafficPolicy", callers, gateway)


def _extension(stage: StagePlan, route: str) -> dict[str, Any]:
    """Requests alone pass by the picker: one that dies cuts no stream of tokens, and none waits for it.

    The picker answers when it has seen the whole body, which only this mode lets it do.
    """
    asked = {
        "backendRefs": [{"name": picker.name(stage), "port": picker.PORT}],
        "backendSettings": {"timeout": {"tcp": {"connectTimeout": "1s"}}, "retry": {"numRetries": 2}},
        "processingMode": {"request": {"body": "FullDuplexStreamed"}},
    }
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": route}
    return {"targetRefs": [target], "extProc": [asked]}


def _open(plan: Plan, stage: StagePlan, gateway: str, listener: str) -> dict[str, Any]:
    """Where no picker can be reached, requests go to the replica with the fewest.

    Envoy can do that; the extension policy's own `failOpen` is refused together with its mode (Envoy Gateway v1.9,
    EnvoyExtensionPolicy), so the field is set on what the gateway makes of the policy.
    """
    processor = f"envoy.filters.http.ext_proc/envoyextensionpolicy/{plan.namespace}/{_name(stage, 'asking')}/extproc/0"
    operation = {
        "op": "add",
        "jsonPath": f"..http_filters[?(@.name=='{processor}')].typed_config",
        "path": "/failure_mode_allow",
        "value": True,
    }
    patch = {"type": _LISTENER, "name": f"{plan.namespace}/{gateway}/{listener}", "operation": operation}
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}
    return {"targetRef": target, "type": "JSONPatch", "jsonPatches": [patch]}


def _name(stage: StagePlan, part: str) -> str:
    return f"{picker.name(stage)}-{part}"


def _made(plan: Plan, stage: StagePlan, part: str, kind: str, spec: dict[str, Any], *needs: str) -> Manifest:
    name = _name(stage, part)
    body = {"apiVersion": _ENVOY_API, "kind": kind, "metadata": metadata(plan, name, stage.name), "spec": spec}
    return Manifest(name, body, needs=("namespace", "envoy-gateway", *needs))
