"""Reads the properties of a resource: each value is known, absent, unknown or hidden, and reading never raises.

    pool.props["scalingConfig"]["maxSize"].number    # 4.0, or None
    pool.props["subnetIds"].items                     # values of the list
    pool.props["tags"].entries                        # key → value of the object

What a rule reads is written down in a trace. A rule that finds nothing wrong although a value that it read was unknown
has not passed: `engine.py` turns that into *unknown*. So a rule may be written as if all values were there.

It reads plain data, the proxies of `pulumi_policy` (which raise when an unknown is touched), and Pulumi's wire values:
the seven unknown sentinels, text built around one, secrets, outputs, and the ciphertext of a checkpoint.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from intertie.graph import wire

Step = str | int
Path = tuple[Step, ...]


class State(StrEnum):
    """What is known of one value."""

    KNOWN = "known"
    ABSENT = "absent"  # not given, or null
    UNKNOWN = "unknown"  # only the cloud can give it, at apply
    HIDDEN = "hidden"  # a secret that we cannot see: it is there, whatever it is
    MALFORMED = "malformed"  # of another kind than the rule asked for


class Read(NamedTuple):
    """One value that a rule looked at. `path` ends where the value became unknown or absent."""

    urn: str
    path: Path
    state: State
    asked: str = ""  # text | number | ...: what a malformed value should have been


@dataclass(slots=True)
class Trace:
    """Reads of one run of one rule. One run belongs to one thread.

    Only reads whose value could be anything are noted, which is what judging needs; `every`: all of them.
    """

    every: bool = False
    reads: list[Read] = field(default_factory=list)

    def doubtful(self) -> tuple[Read, ...]:
        """Reads whose value could be anything, each place once."""
        return tuple(dict.fromkeys(read for read in self.reads if read.state in _DOUBTFUL))


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """Stands in the place of a value that is not there to be read."""

    state: State


_KNOWN = State.KNOWN  # names of the module are found faster than members of an enumeration
_MALFORMED = State.MALFORMED
_DOUBTFUL = (State.UNKNOWN, State.MALFORMED, State.HIDDEN)
_ABSENT: Any = _Mark(State.ABSENT)
_UNKNOWN: Any = _Mark(State.UNKNOWN)
_HIDDEN: Any = _Mark(State.HIDDEN)


@dataclass(slots=True, eq=False)  # not frozen: there are hundreds per resource, and frozen ones take thrice as long
class Value:
    """One value of one resource, known or not. Navigation is free; what answers something is a read. Never changed."""

    raw: Any
    path: Path = ()
    urn: str = ""
    trace: Trace | None = None
    settled: Path | None = None  # where it stopped being known: the path that is reported

    def __getitem__(self, step: Step) -> "Value":
        """The value inside. Inside what is absent or unknown everything is absent or unknown."""
        raw, path = self.raw, (*self.path, step)
        if type(raw) is _Mark:
            return Value(raw, path, self.urn, self.trace, self.path if self.settled is None else self.settled)
        return Value(_inside(raw, step), path, self.urn, self.trace)

    def at(self, *steps: Step) -> "Value":
        """`value.at("a", 0, "b")` is `value["a"][0]["b"]`."""
        found = self
        for step in steps:
            found = found[step]
        return found

    # ------------------------------------------------------------------ answers; each of them is a read

    @property
    def state(self) -> State:
        raw = self.raw
        return self._seen(raw.state if type(raw) is _Mark else _KNOWN)

    @property
    def known(self) -> bool:
        return self.state is State.KNOWN

    @property
    def unknown(self) -> bool:
        """Whether only apply can tell. Yield `unknown(...)` then, or return: it never passes."""
        return self.state is State.UNKNOWN

    @property
    def absent(self) -> bool:
        return self.state is State.ABSENT

    @property
    def given(self) -> bool:
        """Whether something stands here. A secret does; of an unknown nobody knows: it answers False and is noted."""
        if self.raw is _HIDDEN:
            return True
        return self.state is State.KNOWN

    @property
    def text(self) -> str | None:
        """The string. Numbers read as text (`8`). None: absent, unknown or something else."""
        return self._as("text", _text)

    @property
    def number(self) -> float | None:
        """The number. A string of digits reads as one. None: absent, unknown or something else."""
        return self._as("number", _number)

    @property
    def flag(self) -> bool | None:
        """The truth value; `"true"` and `"false"` read as one. None: absent, unknown or something else."""
        return self._as("true or false", _flag)

    @property
    def items(self) -> tuple["Value", ...]:
        """The values of a list; () where there is none or it is unknown."""
        found = self._as("list", _list)
        return tuple(self[index] for index in range(len(found))) if found is not None else ()

    @property
    def entries(self) -> dict[str, "Value"]:
        """The fields of an object by key; {} where there is none or it is unknown."""
        found = self._as("object", _object)
        return {str(key): self[key] for key in found} if found is not None else {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings of a list, without those that are not known (which are noted). A lone string is a list of one."""
        if isinstance(self.raw, str):
            return tuple(filter(None, [self.text]))
        return tuple(text for text in (item.text for item in self.items) if text is not None)

    def quietly(self) -> "Value":
        """The same value, whose reads are not noted. Only for what cannot change the answer."""
        return Value(self.raw, self.path, self.urn, None, self.settled)

    def derived(self, raw: Any) -> "Value":
        """Another value that follows from this one (`us-east1` from `us-east1-b`), read at the same place."""
        return Value(_settle(raw), self.path, self.urn, self.trace, self.settled)

    def __iter__(self) -> Iterator["Value"]:
        return iter(self.items)

    def _as(self, asked: str, convert: Any) -> Any:
        raw = self.raw
        if type(raw) is _Mark:
            self._seen(raw.state)
            return None
        found = convert(raw)
        if found is _ABSENT:
            self._seen(_MALFORMED, asked)
            return None
        self._seen(_KNOWN)
        return found

    def _seen(self, state: State, asked: str = "") -> State:
        trace = self.trace
        if trace is not None and (trace.every or state in _DOUBTFUL):
            open_ = state is State.UNKNOWN or state is State.HIDDEN
            path = self.settled if open_ and self.settled is not None else self.path
            trace.reads.append(Read(self.urn, path, state, asked))
        return state


def read(raw: Any, urn: str = "", trace: Trace | None = None) -> Value:
    """The value that holds all properties of a resource."""
    return Value(_settle(raw), (), urn, trace)


def absent(like: Value, *steps: Step) -> Value:
    """A value that is not there, at a place of another one."""
    return Value(_ABSENT, (*like.path, *steps), like.urn, like.trace)


def undecided(like: Value, *steps: Step) -> Value:
    """A value that nobody can know, at a place of another one."""
    return Value(_UNKNOWN, (*like.path, *steps), like.urn, like.trace)


def show(path: Path) -> str:
    """`vpcConfig.subnetIds[0]`; the properties as a whole are `(all)`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "(all)"


def is_list(raw: Any) -> bool:
    return isinstance(raw, Sequence) and not isinstance(raw, str | bytes | bytearray)


def _inside(raw: Any, step: Step) -> Any:
    if type(raw) is dict and type(step) is str:  # nearly all of them
        return _settle(raw.get(step))  # nothing there, and null, are the same: absent
    try:
        if isinstance(raw, Mapping) and isinstance(step, str):
            return _settle(raw[step]) if step in _keys(raw) else _ABSENT
        if is_list(raw) and isinstance(step, int):
            return _settle(raw[step]) if -len(raw) <= step < len(raw) else _ABSENT
    except Exception:  # noqa: BLE001  the SDK's proxies raise on unknowns; what else raises cannot be read either
        return _UNKNOWN
    return _UNKNOWN  # something of another kind lies where a list or an object should


def _keys(raw: Mapping[Any, Any]) -> Any:
    """What `in` may be asked of: of the SDK's proxies only their keys, since `in` touches the value."""
    return raw if type(raw) is dict else set(raw)


_SENTINEL = len(wire.UNKNOWN)
_PLAIN = (int, float, bool, list)


def _settle(raw: Any) -> Any:
    """The value under envelopes, or the mark of what cannot be known. Bounded: envelopes rarely lie in each other."""
    for _ in range(8):
        if raw is None:
            return _ABSENT
        if isinstance(raw, str):
            if len(raw) < _SENTINEL:
                return _HIDDEN if raw == wire.SECRET else raw
            return _UNKNOWN if wire.decode_json(raw) == wire.UNKNOWN else raw
        kind = type(raw)
        if kind in _PLAIN or (kind is dict and wire.SIGNATURE not in raw):
            return raw
        if not (isinstance(raw, Mapping) and wire.SIGNATURE in _keys(raw)):
            return raw
        raw = _opened(raw)
    return _HIDDEN


def _opened(raw: Mapping[str, Any]) -> Any:
    signature, keys = raw[wire.SIGNATURE], _keys(raw)
    if signature in (wire.SECRET_SIGNATURE, wire.OUTPUT_SIGNATURE):
        if "value" in keys:
            return raw["value"]
        if "plaintext" in keys:  # `pulumi stack export --show-secrets`: JSON text
            return _HIDDEN
        return _HIDDEN if signature == wire.SECRET_SIGNATURE else _UNKNOWN
    if not isinstance(signature, str):
        return _UNKNOWN  # an envelope that nobody made
    found = wire.decode_json(dict(raw))
    return _UNKNOWN if found == wire.UNKNOWN else found


def _list(raw: Any) -> Any:
    return raw if type(raw) is list or is_list(raw) else _ABSENT


def _object(raw: Any) -> Any:
    return raw if type(raw) is dict or isinstance(raw, Mapping) else _ABSENT


def _text(raw: Any) -> Any:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return _ABSENT
    return str(int(raw)) if float(raw).is_integer() else str(raw)


def _number(raw: Any) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return _ABSENT
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        return _ABSENT
    return number if abs(number) != float("inf") and number == number else _ABSENT  # noqa: PLR0124  (NaN)


def _flag(raw: Any) -> Any:
    if isinstance(raw, bool):
        return raw
    return {"true": True, "false": False}.get(raw.lower(), _ABSENT) if isinstance(raw, str) else _ABSENT
