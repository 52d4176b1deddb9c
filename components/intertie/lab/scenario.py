"""Scenarios: what a simulated organisation has, and what goes wrong in it. One YAML file, read into the lab's world.

    seed: demo                       identifiers come from it
    assume: false                    nothing was there before the lab: reservations and buckets must be in `has`
    limits:
      - {cloud: aws, region: us-east-1, zone: us-east-1b, machine: p5.48xlarge, nodes: 2}
      - {cloud: azure, region: swedencentral, quota: StandardNCadsH100v5Family, amount: 80}
      - {cloud: aws, reservation: cr-0a1b2c3d4e5f60718, machine: p5.48xlarge, zone: us-east-1b, nodes: 2}
      - {cloud: gcp, region: europe-west4, zone: europe-west4-a, machine: a3-highgpu-8g, offered: false}
    faults:
      - where: {cloud: aws, type: "aws:eks/nodeGroup:NodeGroup", operation: create, call: 2}
        when: {after: 10m, for: 1h}
        what: {effect: unhealthy, error: aws-1}
      - down: aws                    every API of the cloud refuses

Times are virtual. Errors are named by their id in `clouds/data/errors.json`, or written out as `code` and `message`.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from intertie.errors import InputError, Problem
from intertie.lab import faults
from intertie.lab.world import World

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_ALWAYS = 10**9  # times

Cloud = Literal["aws", "azure", "gcp"]


def seconds(value: Any) -> float:
    """`90`, `90s`, `10m`, `1.5h` as seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", str(value).strip())
    if match is None:
        raise ValueError("a number of seconds, or a number with ms, s, m, h or d, such as 10m")
    return float(match[1]) * _UNITS[match[2]]


Time = Annotated[float, BeforeValidator(seconds), Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Where(_Part):
    """Which calls. Patterns as of file names; `call` is the nth that fits."""

    cloud: Cloud
    region: str = "*"
    zone: str = "*"
    type: str = "*"
    operation: Literal["*", "configure", "create", "read", "update", "delete", "invoke"] = "*"
    call: int = Field(default=1, ge=1)


class When(_Part):
    """From when on, for how long; how many calls it strikes."""

    after: Time = 0
    span: Time | None = Field(default=None, alias="for")
    times: int | Literal["always"] = 1


class What(_Part):
    """What happens. `seconds` is for `slow` and `invisible`."""

    effect: Literal["refuse", "unhealthy", "lost", "throttle", "slow", "invisible"]
    error: str = ""
    code: str = ""
    message: str = ""
    by: Time = 0

    @model_validator(mode="after")
    def _says_something(self) -> "What":
        if self.error and self.error not in errors():
            raise ValueError(f"no error is called {self.error!r}; there are {', '.join(errors())}")
        if self.effect in ("refuse", "unhealthy", "lost") and not (self.error or self.code):
            raise ValueError(f"{self.effect} needs `error`, the id of a known one, or `code` and `message`")
        if self.effect in ("slow", "invisible") and not self.by:
            raise ValueError(f"{self.effect} needs `by`, how long")
        return self


class Fault(_Part):
    """One thing that goes wrong: where, when and what; or a cloud that is down."""

    where: Where | None = None
    when: When = When()
    what: What | None = None
    down: Cloud | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Fault":
        if self.down is None and (self.where is None or self.what is None):
            raise ValueError("a fault needs `where` and `what`, or `down` with a cloud")
        if self.down is not None and (self.where is not None or self.what is not None):
            raise ValueError("`down` says where and what by itself")
        return self


class Limit(_Part):
    """What can be had: a quota, machines in a zone, machines of a reservation, or whether a machine is offered."""

    cloud: Cloud
    region: str = "*"
    zone: str = ""
    machine: str = ""
    market: Literal["on-demand", "spot", "capacity-block"] = "on-demand"
    nodes: int | None = Field(default=None, ge=0)
    quota: str = ""
    amount: int | None = Field(default=None, ge=0)
    reservation: str = ""
    offered: bool | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Limit":
        if self.quota:
            if self.amount is None:
                raise ValueError("a quota needs `amount`")
            return self
        if not self.machine:
            raise ValueError("a limit needs `quota` or `machine`")
        if self.offered is None and self.nodes is None:
            raise ValueError("a machine needs `nodes`, or `offered`")
        return self

    def row(self) -> tuple[str, str, str, str, int]:
        """As a row of the world's table of limits; see `capacity.py`."""
        if self.quota:
            name = f"spot:{self.quota}" if self.market == "spot" else self.quota
            return self.cloud, self.region, "", f"quota:{name}", self.amount or 0
        if self.offered is not None:
            return self.cloud, self.region, self.zone or "*", f"offered:{self.machine}", int(self.offered)
        if self.reservation:
            return self.cloud, self.region, self.zone, f"reservation:{self.reservation}:{self.machine}", self.nodes or 0
        what = f"capacity:{self.market}:{self.machine}"
        return self.cloud, self.region, self.zone or "*", what, self.nodes or 0


class Scenario(_Part):
    """A whole file."""

    name: str = ""
    seed: str = ""
    assume: bool = True
    limits: tuple[Limit, ...] = ()
    faults: tuple[Fault, ...] = ()


def read(path: Path) -> Scenario:
    """A scenario file. InputError with every problem and its place."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {error}") from None
    return parse(data if data is not None else {}, str(path))


def parse(data: Any, name: str = "scenario") -> Scenario:
    """A scenario from plain data."""
    if not isinstance(data, Mapping):
        raise InputError(f"{name} is not a scenario: a mapping with `limits` and `faults` is expected")
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors()]
        raise InputError(f"{name} is not a scenario", problems) from None


def apply(world: World, scenario: Scenario) -> None:
    """Puts a scenario into the world. Faults count from now on; limits replace what was said of the same thing."""
    now = world.now()
    with world.transaction():
        if scenario.seed:
            world.set_meta("seed", scenario.seed)
        world.set_meta("assume", "yes" if scenario.assume else "no")
        for limit in scenario.limits:
            world.query("insert or replace into limits values (?, ?, ?, ?, ?)", *limit.row())
        for fault in scenario.faults:
            _add(world, fault, now)
    world.record("scenario", "apply", scenario.name or "scenario", f"{len(scenario.faults)} faults")


def clear(world: World) -> None:
    """Takes all faults away: what was down is up again."""
    world.query("delete from faults")
    world.record("scenario", "clear", "faults")


def _add(world: World, fault: Fault, now: int) -> None:
    where = fault.where or Where(cloud=fault.down or "aws")
    what = fault.what or What(effect="refuse", error=f"{fault.down}-down")
    usual = f"{where.cloud}-throttle" if what.effect == "throttle" else ""
    known = errors().get(what.error or usual, {})
    begins = now + round(fault.when.after * 1000)
    ends = faults.FOREVER if fault.when.span is None else begins + round(fault.when.span * 1000)
    starts = begins if fault.when.after else 0  # at once: also for what is under way and began earlier
    always = fault.down is not None or fault.when.times == "always"
    times = _ALWAYS if always else int(fault.when.times)
    world.query(
        "insert into faults (cloud, region, zone, type, operation, skip, times, starts, ends, effect, code, message,"
        " seconds) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        where.cloud, where.region, where.zone, where.type, where.operation, where.call - 1, times, starts, ends,
        what.effect, what.code or known.get("code", ""), what.message or known.get("text", ""), what.by,
    )  # fmt: skip


@cache
def errors() -> Mapping[str, Mapping[str, str]]:
    """Id → an error as a cloud writes it: code, text, where it was seen."""
    text = files("intertie.lab.clouds").joinpath("data/errors.json").read_text(encoding="utf-8")
    return {row["id"]: row for row in json.loads(text)}


def _problem(raw: Mapping[str, Any]) -> Problem:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in raw["loc"]).lstrip(".")
    context = raw.get("ctx") or {}
    allowed = str(context.get("error") or context.get("expected") or raw["msg"])
    found = repr(raw["input"]) if raw["type"] != "missing" else "nothing"
    if raw["type"] == "extra_forbidden":
        allowed = "no such field"
    return Problem(path or "scenario", found if len(found) < 80 else found[:77] + "…", allowed)
