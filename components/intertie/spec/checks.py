"""What only the whole document shows: names that point nowhere, cycles, fields that do not go together.

The checks read plain data and take nothing for granted, so that they speak even while the models
still refuse another part: all problems come at once. What the clouds allow is the plan's.
"""

from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import islice, pairwise
from typing import Any

from intertie import catalog
from intertie.spec.document import MOST_PROBLEMS, Refusal
from intertie.spec.interconnect import ends
from intertie.spec.ranges import real_range
from intertie.spec.stage import Runtime
from intertie.spec.wording import Loc, clean, did_you_mean, quoted, show

RESERVED_TAGS = ("cost_center", "environment", "managed_by", "owner", "pipeline", "placement")
"""Tags that Intertie writes itself on every resource."""

_MOST_NAMES = 60  # in one message
_MOST_CYCLES = 10

MANAGED = (Runtime.VLLM, Runtime.SGLANG, Runtime.TRITON)
"""Runtimes that Intertie starts with a command of its own."""


def check(data: dict[str, Any]) -> list[Refusal]:
    """Everything that is wrong with the document as a whole, up to one more than is told at once."""
    return list(islice((refusal for rule in _RULES for refusal in rule(data)), MOST_PROBLEMS + 1))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[tuple[int, str]]:
    """The entries of a list that are text, with their indexes."""
    listed = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(listed) if isinstance(item, str)]


def _stages(data: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    stages = data.get("stages")
    return [(index, _mapping(stage)) for index, stage in enumerate(stages)] if isinstance(stages, list) else []


def _stage_names(data: dict[str, Any]) -> list[str]:
    return [name for _, stage in _stages(data) if isinstance(name := stage.get("name"), str)]


def _placements(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: _mapping(where) for name, where in _mapping(data.get("placements")).items()}


def _unknown(loc: Loc, name: str, known: list[str], what: str, at: Any = "value") -> Refusal:
    names = ", ".join(map(clean, known[:_MOST_NAMES]))
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    allowed = f"{what}: {names}{more}" if known else f"{what} (there is none)"
    return Refusal(loc, quoted(name), allowed, did_you_mean(name, known), at)


def _stage_names_differ(data: dict[str, Any]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for index, stage in _stages(data):
        name = stage.get("name")
        if isinstance(name, str) and name in seen:
            yield Refusal(("stages", index, "name"), f"{quoted(name)} a second time", "a name that no other stage has")
        elif isinstance(name, str):
            seen.add(name)


def _after_names_stages(data: dict[str, Any]) -> Iterator[Refusal]:
    names = _stage_names(data)
    for index, stage in _stages(data):
        others = [name for name in names if name != stage.get("name")]
        for place, name in _texts(stage.get("after")):
            if name not in names:
                yield _unknown(("stages", index, "after", place), name, others, "another stage")


def _no_cycles(data: dict[str, Any]) -> Iterator[Refusal]:
    """One refusal per cycle, ten at most, at the `after` of the stage on it that the file names first."""
    stages = {stage["name"]: (index, stage) for index, stage in _stages(data) if isinstance(stage.get("name"), str)}
    after = {name: {before for _, before in _texts(stage.get("after"))} for name, (_, stage) in stages.items()}
    for _ in range(_MOST_CYCLES):
        try:
            TopologicalSorter({name: sorted(before) for name, before in after.items()}).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
        else:
            return
        first = min(cycle[:-1], key=lambda name: stages[name][0])
        start = cycle.index(first)
        round_trip = [*cycle[start:-1], *cycle[:start], first]
        shown = " → ".join(clean(name) for name in round_trip)
        yield Refusal(
            ("stages", stages[first][0], "after"), f"the cycle {shown}", "stages in a line, without a cycle",
            "take one of these names out of its `after`",
        )  # fmt: skip
        for before, then in pairwise(cycle):
            after[then].discard(before)


def _endpoint_has_a_stage(data: dict[str, Any]) -> Iterator[Refusal]:
    endpoint = data.get("endpoint")
    if not isinstance(endpoint, dict):
        return
    names, stage = _stage_names(data), endpoint.get("stage")
    first = [str(stage.get("name")) for _, stage in _stages(data) if not stage.get("after")]
    if isinstance(stage, str) and stage not in names:
        yield _unknown(("endpoint", "stage"), stage, names, "a stage")
    elif stage is None and len(first) > 1:
        allowed = f"the stage that takes the requests: {', '.join(map(clean, first))}"
        yield Refusal(("endpoint", "stage"), f"nothing, and {len(first)} stages without `after`", allowed, at="parent")


def _public_is_fenced(data: dict[str, Any]) -> Iterator[Refusal]:
    endpoint = _mapping(data.get("endpoint"))
    if endpoint.get("access") == "public" and endpoint.get("allow") in (None, []):
        yield Refusal(
            ("endpoint", "allow"), "nothing", "the ranges that may connect to a public endpoint",
            "name them, as in [198.51.100.0/24]; 0.0.0.0/0 is everyone, and then says so", "parent",
        )  # fmt: skip


def _stages_are_complete(data: dict[str, Any]) -> Iterator[Refusal]:
    for index, stage in _stages(data):
        here: Loc = ("stages", index)
        runtime = stage.get("runtime", Runtime.CUSTOM)
        if runtime in MANAGED:
            yield from _managed(here, runtime, stage)
        elif runtime == Runtime.CUSTOM:
            yield from _custom(here, stage)


def _managed(here: Loc, runtime: str, stage: dict[str, Any]) -> Iterator[Refusal]:
    for field, what in (("model", "the model to serve"), ("accelerators", "the accelerators to serve it on")):
        if stage.get(field) in (None, []):
            yield Refusal((*here, field), "nothing", f"{what}: `runtime: {runtime}` needs it", at="parent")
    if stage.get("command"):
        hint = "add options with `args`, or use `runtime: custom` with an image of yours"
        yield Refusal(
            (*here, "command"), show(stage["command"]), f"nothing: Intertie starts {runtime} itself", hint, "key"
        )
    if stage.get("accelerator_count") is not None:
        allowed = f"nothing: for `runtime: {runtime}` the plan computes it"
        hint = "`parallelism` overrides the plan"
        yield Refusal((*here, "accelerator_count"), show(stage["accelerator_count"]), allowed, hint, "key")


def _custom(here: Loc, stage: dict[str, Any]) -> Iterator[Refusal]:
    accelerators = [name for _, name in _texts(stage.get("accelerators"))]
    images = _mapping(stage.get("images"))
    if stage.get("image") is None and not (accelerators and all(name in images for name in accelerators)):
        hint = "or choose a runtime: vllm, sglang, triton"
        yield Refusal((*here, "image"), "nothing", "the image to run: a `custom` stage needs it", hint, "parent")
    if stage.get("accelerator_count") is not None and not stage.get("accelerators"):
        allowed = "`accelerators` beside it: a stage without them runs on CPU"
        yield Refusal((*here, "accelerator_count"), show(stage["accelerator_count"]), allowed, at="key")
    elif stage.get("accelerator_count") is not None and stage.get("model") is not None:
        allowed = "nothing: with a `model`, the plan computes it"
        yield Refusal((*here, "accelerator_count"), show(stage["accelerator_count"]), allowed, at="key")


def _accelerators_are_known(data: dict[str, Any]) -> Iterator[Refusal]:
    known = [accelerator.name for accelerator in catalog.accelerators()]
    what = "an accelerator of the catalogue"
    for index, stage in _stages(data):
        seen: set[str] = set()
        for place, name in _texts(stage.get("accelerators")):
            loc = ("stages", index, "accelerators", place)
            if name not in known:
                yield _unknown(loc, name, known, what)
            elif name in seen:
                yield Refusal(loc, f"{quoted(name)} a second time", "each accelerator once, best first")
            seen.add(name)
    for placement, where in _placements(data).items():
        pools = _mapping(where.get("adopt")).get("pools")
        for index, pool in enumerate(pools if isinstance(pools, list) else []):
            name = _mapping(pool).get("accelerator")
            if isinstance(name, str) and name not in known:
                yield _unknown(("placements", placement, "adopt", "pools", index, "accelerator"), name, known, what)


def _keys_are_accelerators(data: dict[str, Any]) -> Iterator[Refusal]:
    for index, stage in _stages(data):
        listed = [name for _, name in _texts(stage.get("accelerators"))]
        for field in ("images", "throughput"):
            for name in _mapping(stage.get(field)):
                if name not in listed:
                    yield _unknown(
                        ("stages", index, field, name), name, listed, "one of the stage's accelerators", "key"
                    )


def _ladders_are_of_stages(data: dict[str, Any]) -> Iterator[Refusal]:
    stages = {stage["name"]: stage for _, stage in _stages(data) if isinstance(stage.get("name"), str)}
    accelerated = [name for name, stage in stages.items() if stage.get("accelerators")]
    for placement, where in _placements(data).items():
        for name in _mapping(where.get("capacity")):
            loc = ("placements", placement, "capacity", name)
            if name not in stages:
                yield _unknown(loc, name, accelerated, "a stage with accelerators", "key")
            elif name not in accelerated:
                allowed = "a stage with accelerators: capacity is how those are obtained"
                yield Refusal(loc, f"{quoted(name)}, which runs on CPU", allowed, at="key")


def _interconnects_are_placements(data: dict[str, Any]) -> Iterator[Refusal]:
    placements = _placements(data)
    for placement, where in placements.items():
        others = [name for name in placements if name != placement]
        for place, name in ends(_mapping(where.get("network")).get("interconnects")):
            if name not in others:
                at = ("placements", placement, "network", "interconnects", *place)
                yield _unknown(at, name, others, "another placement")


def _budgets_are_of_placements(data: dict[str, Any]) -> Iterator[Refusal]:
    known = list(_placements(data))
    shares = _mapping(_mapping(_mapping(data.get("budget")).get("watch")).get("monthly_usd"))
    for name in shares:
        if isinstance(name, str) and name not in known:
            yield _unknown(("budget", "watch", "monthly_usd", name), name, known, "a placement", at="key")


def _one_primary(data: dict[str, Any]) -> Iterator[Refusal]:
    roles = {name: where.get("role", "primary") for name, where in _placements(data).items()}
    primaries = [name for name, role in roles.items() if role == "primary"]
    for name in primaries[1:]:
        given = "role" in _placements(data)[name]
        found = f"a second primary (the first is {clean(primaries[0])})"
        hint = "without a role, a placement is the primary" if not given else ""
        yield Refusal(("placements", name, "role"), found, "failover or active", hint, "value" if given else "parent")
    if roles and all(role == "failover" for role in roles.values()):
        yield Refusal(
            ("placements",), "failover placements alone", "one primary, or active ones, beside them", at="key"
        )


def _tags_are_free(data: dict[str, Any]) -> Iterator[Refusal]:
    where: list[tuple[Loc, Any]] = [(("tags",), data.get("tags"))]
    where += [(("placements", name, "tags"), each.get("tags")) for name, each in _placements(data).items()]
    for loc, tags in where:
        for key in _mapping(tags):
            if key in RESERVED_TAGS:
                allowed = f"a tag that Intertie does not write itself ({', '.join(RESERVED_TAGS)})"
                yield Refusal((*loc, key), quoted(key), allowed, "take it out, or give it another name", "key")


def _ranges_are_real(data: dict[str, Any]) -> Iterator[Refusal]:
    yield from _real_ranges(("endpoint",), data.get("endpoint"), "allow")
    for name, where in _placements(data).items():
        here, adopt = ("placements", name), _mapping(where.get("adopt"))
        for field in ("cidr", "pods"):
            text = _mapping(where.get("network")).get(field)
            if isinstance(text, str):
                yield from real_range((*here, "network", field), text)
        yield from _real_ranges((*here, "adopt", "collector"), adopt.get("collector"), "allow")
        yield from _cluster_ranges((*here, "cluster"), where.get("cluster"))
    yield from _cluster_ranges(("cluster",), data.get("cluster"))


def _cluster_ranges(loc: Loc, cluster: Any) -> Iterator[Refusal]:
    api = _mapping(_mapping(cluster).get("api"))
    yield from _real_ranges((*loc, "api"), api, "allow")
    yield from _real_ranges((*loc, "api", "runner"), api.get("runner"), "ranges")


def _real_ranges(loc: Loc, holder: Any, field: str) -> Iterator[Refusal]:
    for index, text in _texts(_mapping(holder).get(field)):
        yield from real_range((*loc, field, index), text)


_RULES: tuple[Callable[[dict[str, Any]], Iterator[Refusal]], ...] = (
    _stage_names_differ,
    _after_names_stages,
    _no_cycles,
    _stages_are_complete,
    _accelerators_are_known,
    _keys_are_accelerators,
    _endpoint_has_a_stage,
    _public_is_fenced,
    _ranges_are_real,
    _one_primary,
    _ladders_are_of_stages,
    _interconnects_are_placements,
    _budgets_are_of_placements,
    _tags_are_free,
)
