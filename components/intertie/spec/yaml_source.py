"""Text of a YAML file → plain data with places. Only composing: no object is ever built from a tag."""

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from intertie.spec.document import DEEPEST, MOST_VALUES, Document, Mark, Place, Refusal
from intertie.spec.scalars import Unclear, plain_scalar
from intertie.spec.syntax import syntax_refusal
from intertie.spec.wording import Loc, clean, quoted

LARGEST = 2**20
"""Characters of a description. The largest real ones, with hundreds of placements, stay below a fifth of it."""

_PLAIN = "plain"
_TEXT, _MAP, _SEQ = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class _TooMuch(yaml.MarkedYAMLError):
    """The file is nested deeper, or holds more values, than any description."""


class _Loader(yaml.SafeLoader):
    """Composes nodes, with bounds; a plain scalar keeps its own tag, so that it can be told from quoted text."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self.depth += 1
        self.nodes += 1
        mark = self.peek_event().start_mark
        if self.depth > DEEPEST:
            raise _TooMuch(problem=f"more than {DEEPEST} levels of nesting", problem_mark=mark)
        if self.nodes > MOST_VALUES:
            raise _TooMuch(problem=f"more than {MOST_VALUES} values", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:  # noqa: ARG002  the composer's own signature
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _TEXT
        return _MAP if kind is MappingNode else _SEQ


def parse(text: str, name: str) -> Document:
    """Plain data and places; or, where the text is no YAML that a description could be, refusals."""
    document = Document(name, places={(): Place(Mark(1, 1))})
    refused = _unreadable(text)
    if refused is None:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            refusal, mark = syntax_refusal(error)
            refused = refusal, _mark(mark) if mark else Mark(1, 1)
        except (ValueError, OverflowError):  # PyYAML turns escapes and version numbers into numbers unchecked
            refused = Refusal((), "an escape or a version out of range", "YAML"), _mark(loader.get_mark())
        else:
            return _Builder(document).build(node)
    refusal, mark = refused
    document.places = {(): Place(mark)}
    document.refusals = [refusal]
    return document


def _unreadable(text: str) -> tuple[Refusal, Mark] | None:
    if len(text) > LARGEST:
        return Refusal((), f"{len(text):,} characters", f"a description of at most {LARGEST:,} characters"), Mark(1, 1)
    match = _UNPRINTABLE.search(text)
    if match is None:
        return None
    before = _BREAK.split(text[: match.start()])
    code = f"the control character U+{ord(match.group()):04X}"
    return Refusal((), code, "text; such characters only as escapes"), Mark(len(before), len(before[-1]) + 1)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _joined(text: str) -> str:
    """Halves of pairs put together: JSON escapes an emoji as two of them, which YAML does not know."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


class _Stop(Exception):  # noqa: N818  it ends the building; the refusal is recorded already
    pass


class _Builder:
    """Turns nodes into data, and notes where each value stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[Loc, Place] = {}
        self.left = MOST_VALUES
        self.open: set[int] = set()

    def build(self, node: Node | None) -> Document:
        self.document.places = self.places
        self.places[()] = Place(_mark(node.start_mark) if node else Mark(1, 1))
        if node is None:
            self._refuse((), "an empty file", "a description: name, owner, stages, placements and so on")
        else:
            try:
                self.document.data = self._value(node, (), None)
            except _Stop:
                self.document.data = None
        return self.document

    def _refuse(self, loc: Loc, found: str, allowed: str, hint: str = "", *, key: bool = False) -> None:
        self.document.refusals.append(Refusal(loc, found, allowed, hint, "key" if key else "value"))

    def _value(self, node: Node, loc: Loc, key: Mark | None) -> Any:
        raw = node.value if isinstance(node, ScalarNode) and node.tag == _PLAIN else ""
        self.places[loc] = Place(_mark(node.start_mark), key, raw, not isinstance(node, ScalarNode))
        self.left -= 1
        if self.left < 0:
            self._refuse(loc, f"aliases that unfold to more than {MOST_VALUES} values", "fewer")
            raise _Stop
        if id(node) in self.open:
            self._refuse(loc, "an alias of a value that it is part of", "aliases of values that are complete")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, loc)
        if node.tag not in (_MAP, _SEQ) or len(loc) >= DEEPEST:
            return self._tagged(node, loc)
        self.open.add(id(node))
        value = self._mapping(node, loc) if isinstance(node, MappingNode) else self._sequence(node, loc)
        self.open.discard(id(node))
        return value

    def _tagged(self, node: Node, loc: Loc) -> None:
        if len(loc) >= DEEPEST:
            self._refuse(loc, f"more than {DEEPEST} levels of nesting", "a description, which is flatter")
        else:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(loc, f"the tag {clean(tag)}", "plain values without tags", "remove the tag")

    def _scalar(self, node: ScalarNode, loc: Loc) -> Any:
        if node.tag == _TEXT:
            return _joined(node.value)
        if node.tag != _PLAIN:
            return self._tagged(node, loc)
        value = plain_scalar(node.value)
        if isinstance(value, Unclear):
            self._refuse(loc, value.found, value.allowed, value.hint)
            return None
        return value

    def _sequence(self, node: Node, loc: Loc) -> list[Any]:
        return [self._value(item, (*loc, index), None) for index, item in enumerate(node.value)]

    def _mapping(self, node: Node, loc: Loc) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, loc)
            if key is None:
                continue
            here, mark = (*loc, key), _mark(key_node.start_mark)
            if key in data:
                first = self.places[here].key
                self.places[here] = Place(_mark(value_node.start_mark), mark)
                again = f"`{clean(key)}` a second time" + (f" (first on line {first.line})" if first else "")
                self._refuse(here, again, "each key once", "remove one of the two", key=True)
                continue
            data[key] = self._value(value_node, here, mark)
        return data

    def _key(self, node: Node, loc: Loc) -> str | None:
        """The key as text, or None (refused): a number or a truth value is a different key to every reader."""
        value = node.value if isinstance(node, ScalarNode) else None
        meant = plain_scalar(value) if isinstance(value, str) and node.tag == _PLAIN else value
        if value == "<<" and node.tag == _PLAIN:
            found, hint = "a merge key `<<`", "write the fields out; YAML 1.2 has no merge keys"
        elif isinstance(value, str) and isinstance(meant, str) and node.tag in (_PLAIN, _TEXT):
            return meant
        elif isinstance(value, str):
            found, hint = f"the key {clean(value) or 'of nothing'}", f"write {quoted(value)}"
        else:
            found, hint = "a list or mapping as a key", ""
        spot = (*loc, value if isinstance(value, str) else "?")
        self.places.setdefault(spot, Place(_mark(node.start_mark), _mark(node.start_mark)))
        self._refuse(spot, found, "keys that are text", hint, key=True)
        return None
