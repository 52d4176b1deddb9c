"""A recorded stack's Kubernetes objects, applied to a real API server by the lab's own provider, without an engine."""

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intertie.graph import Graph, Resource
from intertie.lab import values
from intertie.lab.helm import TYPE as RELEASE
from intertie.lab.kube import session as sessions
from intertie.lab.kube.actions import Actions, PartialError
from intertie.lab.kube.releases import ReleaseActions
from intertie.lab.kube.session import Session
from intertie.lab.world import World
from support.lab_pools import kubernetes_objects

_UNKNOWN = "s3://known-at-apply/meta-llama/weights"
"""Stands for whatever only the cloud can give: buckets, registries, identities."""


@dataclass
class Deployed:
    """What became of a stack's objects: ids and states of those that came up, failures of the others, by name."""

    ids: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)


def known(value: Any) -> Any:
    """The value with everything unknown in it known."""
    if isinstance(value, Mapping):
        return {key: known(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [known(each) for each in value]
    return _UNKNOWN if values.is_unknown(value) else value


def connect(kubeconfig: Mapping[str, Any], world: Path) -> Session:
    """A provider that is configured for a cluster."""
    import json

    found = sessions.configure({"kubeconfig": json.dumps(kubeconfig)}, World(world))
    assert not found.unreachable, found.unreachable
    return found


def actions(session: Session, world: Path, resource: Resource) -> Actions:
    kind = ReleaseActions if resource.type == RELEASE else Actions
    return kind(session, World(world), resource.urn)


def deploy(graph: Graph, session: Session, world: Path, *, skip: tuple[str, ...] = ()) -> Deployed:
    """Applies all objects, as the engine does: each after those that it depends on, and what can be side by side is."""
    done = Deployed()
    waiting = {each.urn: each for each in kubernetes_objects(graph) if each.name not in skip}
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(64) as pool:
        while waiting or running:
            open_ones = {*waiting, *running.values()}
            for each in [each for each in waiting.values() if not open_ones.intersection(each.depends_on)]:
                del waiting[each.urn]
                running[pool.submit(_make, each, session, world, done)] = each.urn
            assert running, "objects depend on each other"
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                del running[future]
                future.result()
    return done


def _make(resource: Resource, session: Session, world: Path, done: Deployed) -> None:
    act = actions(session, world, resource)
    inputs = act.check(resource.type, resource.name, known(resource.inputs), {}, resource.urn.encode())
    try:
        done.ids[resource.name], done.states[resource.name] = act.create(
            inputs, _seconds(resource.timeouts.get("create"))
        )
    except PartialError as error:
        done.ids[resource.name], done.states[resource.name] = error.id, error.state
        done.failures[resource.name] = error
    except Exception as error:  # noqa: BLE001  every refusal is looked at
        done.failures[resource.name] = error


def _seconds(text: str | None) -> float:
    return float((text or "0").rstrip("s"))
