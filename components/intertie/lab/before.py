"""What comes before an operation of a simulated cloud: faults, what must exist, and when it can start."""

from intertie.lab import faults, references
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.template import fill
from intertie.lab.world import Resource

_LONGEST_WAIT_MS = 20_000  # between two attempts


def prepare(cloud: Cloud, request: Request, verb: str) -> list[references.Named]:
    """Moves `request.start` to when the operation can start, and gives its declared references.

    CloudError when a fault strikes, when something that is named does not exist, or cannot be seen in time.
    """
    named = references.declared(request.world, request.kind, request.inputs, cloud.name)
    needed = [*_needed(cloud, request, verb), *(each for one in named for each in one.found)]
    before = [*needed, *references.mentioned(request.world, request.inputs, cloud.name)]
    own = [request.old.ready] if request.old else []
    request.start = max([request.start, *own, *(each.ready for each in before)])
    strike_early(cloud, request, verb)
    for each in named:
        _exists(cloud, request, each, verb)
    _wait_for(cloud, request, named, needed, verb)
    return named


def strike_early(cloud: Cloud, request: Request, verb: str) -> None:
    """Faults that come before anything happens. A throttled call is made again, later and later."""
    if not faults.any_left(request.world):
        return
    for attempt in range(cloud.attempts):
        call = _call(cloud, request, verb)
        slow = faults.strike(request.world, call, ["slow"])
        if slow is not None:
            request.start += round(slow.seconds * 1000)
        fault = faults.strike(request.world, call, ["refuse", "throttle"])
        if fault is None:
            return
        request.world.record(cloud.name, fault.effect, request.kind.type, fault.code, at=request.start)
        last = attempt == cloud.attempts - 1
        if fault.effect == "refuse" or last:
            coded = f"{fault.code}|{fault.message}"
            raise cloud.refuse(request.kind, verb, coded, request.context, "UNAVAILABLE")
        request.start += min(1000 * 2**attempt, _LONGEST_WAIT_MS)


def strike_late(cloud: Cloud, request: Request, resource: Resource) -> faults.Fault | None:
    """A fault that comes when it has been made: what it says, unless it only hides the resource for a while."""
    if not faults.any_left(request.world):
        return None
    call = _call(cloud, request, "update" if request.old else "create")
    hidden = faults.strike(request.world, call, ["invisible"])
    if hidden is not None:
        request.world.query(
            "update resources set visible = ready + ? where type = ? and id = ?",
            round(hidden.seconds * 1000), resource.type, resource.id,
        )  # fmt: skip
    return faults.strike(request.world, call, ["unhealthy", "lost"])


def _call(cloud: Cloud, request: Request, verb: str) -> faults.Call:
    return faults.Call(cloud.name, request.region, request.zones, request.kind.type, verb, request.start)


def _needed(cloud: Cloud, request: Request, verb: str) -> list[Resource]:
    """What must be there without being named, such as an enabled API."""
    found: list[Resource] = []
    for type_, template in request.kind.needs:
        wanted = str(fill(template, request.context))
        there = references.by_name(request.world, wanted, type_, cloud.name)
        if not there:
            context = request.context.having(value=wanted, **cloud.need(wanted))
            raise cloud.refuse(request.kind, verb, cloud.missing_need(), context)
        found += there
    return found


def _exists(cloud: Cloud, request: Request, named: references.Named, verb: str) -> None:
    if named.found or cloud.is_given(named.value):
        return
    if named.reference.assumed and request.world.meta("assume", "yes") == "yes":
        request.world.record(cloud.name, "assume", named.value, "taken to have been there before the lab")
        return
    missing = named.reference.missing or cloud.missing()
    raise cloud.refuse(request.kind, verb, missing, request.context.having(value=named.value))


def _wait_for(cloud: Cloud, request: Request, named: list[references.Named], needed: list[Resource], verb: str) -> None:
    """Waits, as the provider does, for what exists but is not visible everywhere yet."""
    latest = max([request.start, *(each.visible for each in needed)])
    waited = latest - request.start
    if waited > cloud.patience_s * 1000:
        late = next((each for each in named if any(one.visible == latest for one in each.found)), None)
        text = (late.reference.missing if late else "") or cloud.missing()
        raise cloud.refuse(request.kind, verb, text, request.context.having(value=late.value if late else ""))
    if waited:
        message = f"waited {waited / 1000:g} s for what it names to be visible"
        request.world.record(cloud.name, "wait", request.kind.type, message, at=latest)
    request.start = latest
