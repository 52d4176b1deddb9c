"""What a simulated cloud does when it is asked to make, read, change and delete: the same rules for all three.

Everything happens at once on the wall's clock. The virtual clock moves by what it would have taken: an operation
starts when all that it names was ready, and nothing of this run can start before the run did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab import durations, faults, references, values
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill
from intertie.lab.errors import CloudError, Lost, NotHealthy
from intertie.lab.world import Resource, World

_TRIES = 64  # identifiers to try for one URN
_LONGEST_WAIT_MS = 20_000  # between two attempts
_GERUND = {"create": "creating", "read": "reading", "update": "updating", "delete": "deleting"}


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
            self._strike_early(self._request(world, kind, "", "", {}), "configure")

    def invoke(self, world: World, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """A function of the provider."""
        self._strike_early(self._request(world, Kind(type=token, label=token), "", "", args), "invoke")
        return self.cloud.invoke(world, token, args)

    # -- the five operations

    def preview(self, world: World, type_: str, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Outputs as far as they are known before anything is made: what the cloud gives is unknown."""
        kind = self.cloud.kind(type_)
        context = self.cloud.context(world, kind, urn, inputs).having(id="")
        computed = {key: value for key, value in _computed(kind, context).items() if value is not None}
        return self.cloud.shape(kind, {**_hidden(computed, inputs)})

    def create(
        self, world: World, type_: str, urn: str, name: str, inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Makes a resource: (id, outputs). CloudError when the cloud refuses."""
        kind = self.cloud.kind(type_)
        request = self._request(world, kind, urn, name, inputs)
        named = self._prepare(request, "create")
        self.cloud.before(request)
        with world.transaction():
            request, resource = self._new(request)
            self._settle(request, resource, named, "create")
        late = self._strike_late(request, resource)
        resource = world.get(resource.type, resource.id) or resource
        if late is not None and late.effect == "lost":
            world.put(replace(resource, urn=""))
            self.cloud.made(request, resource)
            raise Lost(late.code, late.message)
        return self._finish(request, resource, late)

    def read(self, world: World, type_: str, id_: str, urn: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """(inputs, outputs) of what is there; None when it is gone. An import finds it by its id alone."""
        kind = self.cloud.kind(type_)
        self.claim(type_, id_)
        resource = self.find(world, kind, id_, urn)
        request = self._request(world, kind, urn, "", resource.inputs if resource else {})
        self._strike_early(request, "read")
        return (resource.inputs, resource.outputs) if resource else None

    def update(
        self, world: World, type_: str, id_: str, urn: str, name: str, inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Changes a resource: its outputs afterwards."""
        kind = self.cloud.kind(type_)
        self.claim(type_, id_)
        resource = self.find(world, kind, id_, urn)
        request = self._request(world, kind, urn, name, inputs, resource)
        if resource is None:
            raise self.cloud.refuse(kind, "update", "NotFound|{id} does not exist", request.context.having(id=id_))
        named = self._prepare(request, "update")
        self.cloud.before(request)
        outputs = _updated(self.cloud, kind, resource, request)
        resource = replace(resource, inputs=inputs, outputs=outputs)
        with world.transaction():
            world.put(resource)
            self._settle(request, resource, named, "update")
        late = self._strike_late(request, resource)
        resource = world.get(resource.type, resource.id) or resource
        return self._finish(request, resource, late)[1]

    def delete(self, world: World, type_: str, id_: str, urn: str) -> None:
        """Deletes a resource, unless something still needs it. What is gone already is as good as deleted."""
        kind = self.cloud.kind(type_)
        resource = self.find(world, kind, id_, urn)
        if resource is None:
            return
        request = self._request(world, kind, urn, "", resource.inputs, resource)
        request.start = max(request.start, resource.ready)
        self._strike_early(request, "delete")
        self.cloud.may_delete(request, resource)
        self._not_in_use(request, resource)
        end = request.start + round(durations.of(type_).delete * 1000)
        with world.transaction():
            gone = [*self._beneath(world, kind, resource), resource]
            for each in gone:
                references.outlive(world, each, end)
                world.remove(each.type, each.id)
        for each in reversed(gone):
            self.cloud.gone(request, each)
        world.reach(end)
        world.record(self.cloud.name, "delete", type_, id_, at=end)

    # -- finding

    def find(self, world: World, kind: Kind, id_: str, urn: str) -> Resource | None:
        """The resource with an id: that of the URN, else any of the type (an import does not know the URN)."""
        own = [each for each in world.of_urn(urn) if each.type == kind.type and each.outputs.get("__id", id_) == id_]
        if own:
            return own[-1]
        found = references.by_name(world, id_, kind.type, self.cloud.name)
        return found[0] if len(found) == 1 else None

    def _request(
        self,
        world: World,
        kind: Kind,
        urn: str,
        name: str,
        inputs: dict[str, Any],
        old: Resource | None = None,
    ) -> Request:
        context = self.cloud.context(world, kind, urn, inputs, old.made if old else 0)
        if old is not None:
            context = context.having(id=old.outputs["__id"])
        zone = context.place.get("zone", "")
        return Request(world, kind, urn, name, inputs, context, self.since, (zone,) if zone else (), old)

    # -- before

    def _prepare(self, request: Request, verb: str) -> list[references.Named]:
        """Faults, what must exist, and the moment at which the operation can start."""
        kind, world = request.kind, request.world
        named = references.declared(world, kind, request.inputs, self.cloud.name)
        needed = [*self._needed(request, verb), *(each for one in named for each in one.found)]
        before = [*needed, *references.mentioned(world, request.inputs, self.cloud.name)]
        own = [request.old.ready] if request.old else []
        request.start = max([request.start, *own, *(each.ready for each in before)])
        self._strike_early(request, verb)
        for each in named:
            self._exists(request, each, verb)
        self._wait_for(request, named, needed, verb)
        return named

    def _needed(self, request: Request, verb: str) -> list[Resource]:
        """What must be there without being named, such as an enabled API."""
        found: list[Resource] = []
        for type_, template in request.kind.needs:
            wanted = str(fill(template, request.context))
            there = references.by_name(request.world, wanted, type_, self.cloud.name)
            if not there:
                context = request.context.having(value=wanted, **self.cloud.need(wanted))
                raise self.cloud.refuse(request.kind, verb, self.cloud.missing_need(), context)
            found += there
        return found

    def _exists(self, request: Request, named: references.Named, verb: str) -> None:
        if named.found or self.cloud.is_given(named.value):
            return
        context = request.context.having(value=named.value)
        if named.reference.assumed and request.world.meta("assume", "yes") == "yes":
            request.world.record(self.cloud.name, "assume", named.value, "taken to have been there before the lab")
            return
        raise self.cloud.refuse(request.kind, verb, named.reference.missing or self.cloud.missing(), context)

    def _wait_for(self, request: Request, named: list[references.Named], needed: list[Resource], verb: str) -> None:
        """Waits, as the provider does, for what exists but is not visible everywhere yet."""
        latest = max([request.start, *(each.visible for each in needed)])
        waited = latest - request.start
        if waited > self.cloud.patience_s * 1000:
            late = next((each for each in named if any(one.visible == latest for one in each.found)), None)
            text = (late.reference.missing if late else "") or self.cloud.missing()
            value = late.value if late else ""
            raise self.cloud.refuse(request.kind, verb, text, request.context.having(value=value))
        if waited:
            message = f"waited {waited / 1000:g} s for what it names to be visible"
            request.world.record(self.cloud.name, "wait", request.kind.type, message, at=latest)
        request.start = latest

    def _strike_early(self, request: Request, verb: str) -> None:
        """Faults that come before anything happens. A throttled call is made again, later and later."""
        if not faults.any_left(request.world):
            return
        for attempt in range(self.cloud.attempts):
            call = self._call(request, verb)
            slow = faults.strike(request.world, call, ["slow"])
            if slow is not None:
                request.start += round(slow.seconds * 1000)
            fault = faults.strike(request.world, call, ["refuse", "throttle"])
            if fault is None:
                return
            request.world.record(self.cloud.name, fault.effect, request.kind.type, fault.code, at=request.start)
            last = attempt == self.cloud.attempts - 1
            if fault.effect == "refuse" or last:
                coded = f"{fault.code}|{fault.message}"
                raise self.cloud.refuse(request.kind, verb, coded, request.context, "UNAVAILABLE")
            request.start += min(1000 * 2**attempt, _LONGEST_WAIT_MS)

    def _strike_late(self, request: Request, resource: Resource) -> faults.Fault | None:
        """A fault that comes when it has been made."""
        if not faults.any_left(request.world):
            return None
        verb = "update" if request.old else "create"
        hidden = faults.strike(request.world, self._call(request, verb), ["invisible"])
        if hidden is not None:
            request.world.query(
                "update resources set visible = ready + ? where type = ? and id = ?",
                round(hidden.seconds * 1000), resource.type, resource.id,
            )  # fmt: skip
        return faults.strike(request.world, self._call(request, verb), ["unhealthy", "lost"])

    def _call(self, request: Request, verb: str) -> faults.Call:
        cloud, kind = self.cloud.name, request.kind
        return faults.Call(cloud, request.region, request.zones, kind.type, verb, request.start)

    # -- making

    def _new(self, request: Request) -> tuple[Request, Resource]:
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
        tries = [leftover[-1].made] if leftover else range(_TRIES)
        for made in tries:
            context = self.cloud.context(world, kind, request.urn, request.inputs, made)
            context = context.having(id=str(fill(kind.id, context)))
            key = self.cloud.key(kind, context)
            there = world.get(kind.type, key)
            if there is None or leftover:
                request.context = context
                return request, self._resource(request, key, made)
            if made == 0 and not _is_random(kind, self.cloud, world, request):
                coded = kind.exists or self.cloud.exists()
                raise self.cloud.refuse(kind, "create", coded, context, "ALREADY_EXISTS")
        raise AssertionError(f"{_TRIES} identifiers are taken for {request.urn}")

    def _resource(self, request: Request, key: str, made: int) -> Resource:
        kind, place = request.kind, request.context.place
        computed = _computed(kind, request.context)
        outputs = self.cloud.shape(kind, values.merge(computed, request.inputs))
        outputs = {**outputs, "__id": request.id}
        region, zone = str(place.get("region", "")), str(place.get("zone", ""))
        resource = Resource(
            kind.type, key, self.cloud.name, region, zone, request.urn, request.inputs, outputs, made=made
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

    def _finish(
        self, request: Request, resource: Resource, late: faults.Fault | None
    ) -> tuple[str, dict[str, Any]]:
        """What it brings about (clusters, nodes), and what does not come up."""
        world = request.world
        id_ = resource.outputs["__id"]
        try:
            resource = self.cloud.made(request, resource)
            if late is not None and late.effect == "unhealthy":
                verb = "update" if request.old else "create"
                error = self.cloud.refuse(request.kind, verb, f"{late.code}|{late.message}", request.context)
                raise NotHealthy(late.code, str(error), "INTERNAL")
        except NotHealthy as error:
            world.put(resource)
            world.record(self.cloud.name, "unhealthy", request.kind.type, f"{id_}: {error.code}")
            error.id, error.outputs, error.inputs = id_, public(resource.outputs), resource.inputs
            raise
        world.put(resource)
        return id_, public(resource.outputs)

    # -- deleting

    def _not_in_use(self, request: Request, resource: Resource) -> None:
        beneath = self._beneath(request.world, request.kind, resource)
        going = {(each.type, each.id) for each in (*beneath, resource)}
        holders = [
            user
            for each in (*beneath, resource)
            for user in references.users(request.world, each)
            if (user.type, user.id) not in going
        ]
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


def gerund(verb: str) -> str:
    """`creating` for `create`."""
    return _GERUND[verb]


def _computed(kind: Kind, context: Context) -> dict[str, Any]:
    filled = fill({**kind.outputs, **({kind.name: "{name}"} if kind.name else {})}, context)
    return dict(filled)


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


def _is_random(kind: Kind, cloud: Cloud, world: World, request: Request) -> bool:
    """Whether another try gives another id: what is named by its user has one name only."""
    ids = {
        str(fill(kind.id, cloud.context(world, kind, request.urn, request.inputs, made))) for made in range(2)
    }
    return len(ids) > 1
