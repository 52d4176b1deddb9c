"""What a simulated cloud does when it is asked to make, read, change and delete: the same rules for all three.

Everything happens at once on the wall's clock. The virtual clock moves by what it would have taken: an operation
starts when all that it names was ready, and nothing of this run can start before the run did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab import before, durations, faults, references, values
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill
from intertie.lab.errors import LostAnswerError, NotHealthyError
from intertie.lab.replacement import refused
from intertie.lab.world import Resource, World

_TRIES = 64  # identifiers to try for one URN


@dataclass
class Operations:
    """Operations of one provider process. `since` is the virtual time at which it began."""

    cloud: Cloud
    since: int
    claimed: set[tuple[str, str]] = field(default_factory=set)  # (type, id) that the engine knows of

    def claim(self, type_: str, id_: str) -> None:
        """The engine has this one in its state: whatever else carries its URN is a leftover."""
        self.claimed.add((type_, id_))

    def configure(self, world: World) -> None:
        """Some providers ask the cloud who they are before anything else: then a cloud that is down is noticed."""
        if self.cloud.configures_online:
            kind = Kind(type=f"pulumi:providers:{self.cloud.package}", label="provider")
            before.strike_early(self.cloud, self._request(world, kind, ""), "configure")

    def invoke(self, world: World, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """A function of the provider."""
        request = self._request(world, Kind(type=token, label=token), "", inputs=args)
        before.strike_early(self.cloud, request, "invoke")
        return self.cloud.invoke(world, token, args)

    def preview(self, type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Outputs as far as they are known before anything is made: what the cloud gives is unknown."""
        kind = self.cloud.kind(type_)
        return self.cloud.shape(kind, _hidden(_templates(kind), inputs))

    def create(
        self, world: World, type_: str, urn: str, *, name: str, inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Makes a resource: (id, outputs). CloudError when the cloud refuses."""
        request = self._request(world, self.cloud.kind(type_), urn, name=name, inputs=inputs)
        named = before.prepare(self.cloud, request, "create")
        self.cloud.before(request)
        with world.transaction():
            resource = self._new(request)
            self._settle(request, resource, named, "create")
        late = before.strike_late(self.cloud, request, resource)
        resource = world.get(resource.type, resource.id) or resource
        if late is not None and late.effect == "lost":
            world.put(self.cloud.made(request, replace(resource, urn="")))
            raise LostAnswerError(late.code, late.message)
        return self._finish(request, resource, late)

    def read(self, world: World, type_: str, id_: str, urn: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """(inputs, outputs) of what is there; None when it is gone. An import finds it by its id alone."""
        kind = self.cloud.kind(type_)
        self.claim(type_, id_)
        resource = self.find(world, kind, id_, urn)
        request = self._request(world, kind, urn, inputs=resource.inputs if resource else {})
        before.strike_early(self.cloud, request, "read")
        return (resource.inputs, public(resource.outputs)) if resource else None

    def update(self, world: World, type_: str, id_: str, urn: str, *, inputs: dict[str, Any]) -> dict[str, Any]:
        """Changes a resource: its outputs afterwards."""
        kind = self.cloud.kind(type_)
        self.claim(type_, id_)
        resource = self.find(world, kind, id_, urn)
        request = self._request(world, kind, urn, inputs=inputs, old=resource)
        if resource is None:
            raise self.cloud.refuse(kind, "update", "NotFound|{id} does not exist", request.context.having(id=id_))
        named = before.prepare(self.cloud, request, "update")
        fixed = refused(self.cloud, type_, resource.inputs, inputs)
        if fixed:
            raise self.cloud.refuse(kind, "update", self.cloud.cannot_change(), request.context.having(path=fixed))
        self.cloud.before(request)
        resource = replace(resource, inputs=inputs, outputs=_updated(self.cloud, kind, resource, request))
        with world.transaction():
            world.put(resource)
            self._settle(request, resource, named, "update")
        late = before.strike_late(self.cloud, request, resource)
        return self._finish(request, world.get(resource.type, resource.id) or resource, late)[1]

    def delete(self, world: World, type_: str, id_: str, urn: str) -> None:
        """Deletes a resource, unless something still needs it. What is gone already is as good as deleted."""
        kind = self.cloud.kind(type_)
        resource = self.find(world, kind, id_, urn)
        if resource is None:
            return
        request = self._request(world, kind, urn, inputs=resource.inputs, old=resource)
        request.start = max(request.start, resource.ready)
        before.strike_early(self.cloud, request, "delete")
        self.cloud.may_delete(request, resource)
        going = [*self._beneath(world, kind, resource), resource]
        self._not_in_use(request, going)
        end = request.start + round(durations.of(type_).delete * 1000)
        with world.transaction():
            for each in going:
                references.outlive(world, each, end)
                world.remove(each.type, each.id)
        for each in reversed(going):
            self.cloud.gone(request, each)
        world.reach(end)
        world.record(self.cloud.name, "delete", type_, id_, at=end)

    def find(self, world: World, kind: Kind, id_: str, urn: str) -> Resource | None:
        """The resource with an id: that of the URN, else any of the type (an import does not know the URN)."""
        own = [each for each in world.of_urn(urn) if each.type == kind.type and each.outputs["__id"] == id_]
        if own:
            return own[-1]
        found = references.by_name(world, id_, kind.type, self.cloud.name)
        return found[0] if len(found) == 1 else None

    def _request(
        self,
        world: World,
        kind: Kind,
        urn: str,
        *,
        name: str = "",
        inputs: dict[str, Any] | None = None,
        old: Resource | None = None,
    ) -> Request:
        context = self.cloud.context(world, kind, urn, inputs or {}, old.made if old else 0)
        if old is not None:
            context = context.having(id=old.outputs["__id"])
        zone = context.place.get("zone", "")
        zones = (zone,) if zone else ()
        return Request(world, kind, urn, name, inputs or {}, context, self.since, zones, old)

    def _new(self, request: Request) -> Resource:
        """A place in the world: new, or what an earlier run made of the same URN and never heard of.

        A cloud that is asked twice with one request token answers twice the same. The URN stands for the token.
        """
        world, kind = request.world, request.kind
        leftover = [
            each
            for each in world.of_urn(request.urn)
            if each.type == kind.type and (each.type, each.outputs["__id"]) not in self.claimed
        ]
        if leftover:
            world.record(self.cloud.name, "adopt", kind.type, leftover[-1].outputs["__id"], at=request.start)
        for made in [leftover[-1].made] if leftover else range(_TRIES):
            context, key = self._place(request, made)
            if leftover or world.get(kind.type, key) is None:
                request.context = context
                return self._resource(request, key, made)
            if made == 0 and self._place(request, 1)[1] == key:
                coded = kind.exists or self.cloud.exists()
                raise self.cloud.refuse(kind, "create", coded, context, "ALREADY_EXISTS")
        raise AssertionError(f"{_TRIES} identifiers are taken for {request.urn}")

    def _place(self, request: Request, made: int) -> tuple[Context, str]:
        """The context with an id, and its key in the world, at the `made`th try."""
        kind = request.kind
        context = self.cloud.context(request.world, kind, request.urn, request.inputs, made)
        context = context.having(id=str(fill(kind.id, context)))
        return context, self.cloud.key(kind, context)

    def _resource(self, request: Request, key: str, made: int) -> Resource:
        kind, place = request.kind, request.context.place
        outputs = self.cloud.shape(kind, values.merge(_computed(kind, request.context), request.inputs))
        resource = Resource(
            type=kind.type,
            id=key,
            cloud=self.cloud.name,
            region=str(place.get("region", "")),
            zone=str(place.get("zone", "")),
            urn=request.urn,
            inputs=request.inputs,
            outputs={**outputs, "__id": request.id},
            made=made,
        )
        request.world.put(resource)
        return resource

    def _settle(self, request: Request, resource: Resource, named: list[references.Named], verb: str) -> None:
        """When it is ready, by what it is known, what it uses."""
        world, kind = request.world, request.kind
        times = durations.of(kind.type)
        ready = request.start + round((times.create if verb == "create" else times.update) * 1000)
        visible = ready + (round(times.lag * 1000) if verb == "create" else 0)
        world.query(
            "update resources set ready = ?, visible = max(visible, ?) where type = ? and id = ?",
            ready, visible, resource.type, resource.id,
        )  # fmt: skip
        used = {(each.type, each.id): False for each in references.mentioned(world, request.inputs, self.cloud.name)}
        for each in named:
            used |= {(one.type, one.id): each.reference.holds for one in each.found}
        used.pop((resource.type, resource.id), None)
        names = {request.id, *self.cloud.names_of(resource)}
        names |= {str(value) for path in kind.identifiers for value in values.at(resource.outputs, path)}
        references.publish(world, resource, names, used)
        world.reach(ready)
        message = f"{resource.outputs['__id']} in {(ready - request.start) / 1000:g} s"
        world.record(self.cloud.name, verb, kind.type, message, at=ready)

    def _finish(self, request: Request, resource: Resource, late: faults.Fault | None) -> tuple[str, dict[str, Any]]:
        """What it brings about (clusters, nodes), and what does not come up."""
        world, id_ = request.world, resource.outputs["__id"]
        failure: NotHealthyError | None = None
        try:
            resource = self.cloud.made(request, resource)
        except NotHealthyError as error:
            failure = error
        if late is not None and failure is None:
            verb = "update" if request.old else "create"
            said = self.cloud.refuse(request.kind, verb, f"{late.code}|{late.message}", request.context)
            failure = NotHealthyError(late.code, str(said), "INTERNAL")
        world.put(resource)
        if failure is None:
            return id_, public(resource.outputs)
        world.record(self.cloud.name, "unhealthy", request.kind.type, f"{id_}: {failure.code}")
        failure.id, failure.outputs, failure.inputs = id_, public(resource.outputs), resource.inputs
        raise failure

    def _not_in_use(self, request: Request, going: list[Resource]) -> None:
        keys = {(each.type, each.id) for each in going}
        users = [user for each in going for user in references.users(request.world, each)]
        holders = [user for user in users if (user.type, user.id) not in keys]
        if holders:
            coded = request.kind.in_use or self.cloud.in_use()
            holder = str(holders[0].outputs.get("__id"))
            raise self.cloud.refuse(request.kind, "delete", coded, request.context.having(holder=holder))

    def _beneath(self, world: World, kind: Kind, resource: Resource) -> list[Resource]:
        """What goes with a resource that owns it: everything of a resource group, pools of a cluster."""
        if not kind.owns:
            return []
        prefix = f"{resource.id}/".lower()
        return [each for each in world.resources(cloud=self.cloud.name) if each.id.lower().startswith(prefix)]


def public(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs without the lab's own notes."""
    return {key: value for key, value in outputs.items() if not key.startswith("__")}


def _templates(kind: Kind) -> dict[str, Any]:
    return {**kind.outputs, **({kind.name: "{name}"} if kind.name else {})}


def _computed(kind: Kind, context: Context) -> dict[str, Any]:
    return dict(fill(_templates(kind), context))


def _updated(cloud: Cloud, kind: Kind, resource: Resource, request: Request) -> dict[str, Any]:
    """Outputs after an update: what is asked for now, what the cloud computes, what it computed once and keeps."""
    computed = _computed(kind, request.context)
    computed |= {key: resource.outputs[key] for key in kind.kept if key in resource.outputs}
    outputs = cloud.shape(kind, values.merge(computed, request.inputs))
    return {**outputs, "__id": resource.outputs["__id"]}


def _hidden(computed: Any, asked: Any) -> Any:
    """What was asked for, with what only the cloud can add unknown."""
    if isinstance(computed, Mapping) and isinstance(asked, Mapping):
        return {**asked, **{key: _hidden(each, asked.get(key)) for key, each in computed.items()}}
    return values.UNKNOWN if asked is None else asked
