"""What pydantic finds wrong → refusals in plain words: where, what was found, what is allowed, what to do."""

import re
from typing import Any

from pydantic_core import ErrorDetails

from intertie.spec.capacity import CapacityKind
from intertie.spec.document import MOST_PROBLEMS, Document, Refusal
from intertie.spec.fields import FORM, NotAllowed
from intertie.spec.shape import choices_at, field_at, homes, model_at
from intertie.spec.wording import Loc, clean, did_you_mean, quoted, show

_KEY = "[key]"
_CLAIM_KIND = 5  # placements, name, capacity, stage, index, KIND: pydantic's, in no file


def refusals_of(errors: list[ErrorDetails], document: Document) -> list[Refusal]:
    """One refusal per error, without those below a place that is refused already."""
    refused = {refusal.loc for refusal in document.refusals}
    told = errors[: MOST_PROBLEMS + 1]
    found = (_refusal(error, document) for error in told if not _echoes(error))
    return [new for new in found if not any(new.loc[: len(old)] == old for old in refused)]


def _echoes(error: ErrorDetails) -> bool:
    """A list that is long enough counts as too short for pydantic when its entries are refused: said already."""
    given, least = error.get("input"), (error.get("ctx") or {}).get("min_length", 0)
    return error["type"] == "too_short" and isinstance(given, list) and len(given) >= least


def _refusal(error: ErrorDetails, document: Document) -> Refusal:
    loc, at_key = _place(error["loc"], document.data)
    kind, value = error["type"], error.get("input")
    if kind == "missing":
        return Refusal(loc, "nothing", _described(error["loc"]), at="parent")
    if kind == "extra_forbidden":
        return _unknown_key(loc, error["loc"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _claim_kind(loc, kind, value)
    if at_key:
        return Refusal(loc, quoted(str(loc[-1])), _allowed(error), _form_hint(error, str(loc[-1])), "key")
    if kind in ("enum", "literal_error"):
        return _choice(loc, error["loc"], value, document)
    raw = document.raw(loc)
    return Refusal(loc, _found(value, raw), _allowed(error), _hint(error, value, raw))


def _place(loc: Loc, data: Any) -> tuple[Loc, bool]:
    """The place in the file: without pydantic's own steps, and without the index of a ladder of one claim."""
    at_key = bool(loc) and loc[-1] == _KEY
    steps = list(loc[:-1] if at_key else loc)
    if len(steps) > _CLAIM_KIND and steps[0] == "placements" and steps[2] == "capacity":
        del steps[_CLAIM_KIND]
    place: list[str | int] = []
    for step in steps:
        if isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif isinstance(step, int):
            continue
        else:
            data = data.get(step) if isinstance(data, dict) else None
        place.append(step)
    return tuple(place), at_key


def _described(loc: Loc) -> str:
    """What belongs here: the choices, or the field's own description."""
    if choices := choices_at(loc):
        return f"one of {', '.join(choices)}"
    field = field_at(loc)
    about = " ".join((field.description or "").split()) if field else ""
    return f"`{loc[-1]}`, which is required" + (f": {about}" if about else "")


def _unknown_key(loc: Loc, full: Loc) -> Refusal:
    key, model = str(loc[-1]), model_at(full[:-1])
    options = list(model.model_fields) if model else []
    hint = did_you_mean(key, options)
    if not hint and (places := homes().get(key)):
        hint = f"`{key}` belongs to {' or '.join(places)}"
    return Refusal(loc, f"the unknown key {quoted(key)}", ", ".join(options) or "no keys", hint, "key")


def _claim_kind(loc: Loc, kind: str, value: Any) -> Refusal:
    allowed = f"one of {', '.join(CapacityKind)}"
    if kind == "union_tag_not_found":
        return Refusal((*loc, "kind"), "nothing", allowed, at="parent")
    given = value.get("kind") if isinstance(value, dict) else value
    hint = did_you_mean(given, CapacityKind) if isinstance(given, str) else ""
    return Refusal((*loc, "kind"), show(given), allowed, hint)


def _choice(loc: Loc, full: Loc, value: Any, document: Document) -> Refusal:
    choices = choices_at(full)
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    return Refusal(loc, _found(value, document.raw(loc)), f"one of {', '.join(choices)}", hint)


_ALLOWED = {
    "string_type": "text",
    "tuple_type": "a list: entries that start with `- `, or [a, b]",
    "list_type": "a list: entries that start with `- `, or [a, b]",
    "dict_type": "a mapping: `name: value`",
    "model_type": "a mapping: `key: value`",
    "none_required": "nothing",
}


def _allowed(error: ErrorDetails) -> str:
    context = error.get("ctx") or {}
    if isinstance(raised := context.get("error"), NotAllowed):
        return raised.allowed
    if error["type"] == FORM:
        return str(context["allowed"])
    if error["type"] == "model_type" and (model := model_at(error["loc"])):
        return f"a mapping with {', '.join(model.model_fields)}"
    if error["type"] in ("too_short", "too_long"):
        bound = "at least" if error["type"] == "too_short" else "at most"
        return f"{bound} {context.get('min_length', context.get('max_length'))}"
    return _ALLOWED.get(error["type"], clean(error["msg"], 200))


def _found(value: Any, raw: str) -> str:
    """The value; a number or truth value as the file writes it."""
    if raw and isinstance(value, bool | int | float):
        return f"{clean(raw)} ({'true or false' if isinstance(value, bool) else 'a number'})"
    return show(value)


def _hint(error: ErrorDetails, value: Any, raw: str) -> str:
    context = error.get("ctx") or {}
    raised = context.get("error")
    if isinstance(raised, NotAllowed) and raised.hint:
        return raised.hint
    wants_number = bool(context.get("number"))
    wants_text = error["type"] == "string_type" or "pattern" in context
    if wants_text and isinstance(value, bool | int | float):
        return f'write it in quotes: "{clean(raw or _written(value))}"'
    if error["type"] in ("tuple_type", "list_type") and isinstance(value, str):
        return f"write [{clean(value)}]"
    if wants_number and isinstance(value, str) and re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", value):
        return f"write it without quotes: {clean(value.strip())}"
    return _form_hint(error, value) if isinstance(value, str) else ""


def _form_hint(error: ErrorDetails, value: str) -> str:
    """For text: its length when it is too long, or the nearest spelling that would be taken."""
    context = error.get("ctx") or {}
    longest, pattern = context.get("longest"), context.get("pattern")
    if not isinstance(longest, int) or not isinstance(pattern, str):
        return ""
    if len(value) > longest:
        return f"it has {len(value)} characters; the most is {longest}"
    lower = value.strip().lower()
    for spelling in (value.strip(), lower, re.sub(r"[ _.]+", "-", lower), re.sub(r"[^a-z0-9]+", "-", lower).strip("-")):
        if len(spelling) < 64 and spelling and re.search(pattern, spelling):
            return f"write {spelling}"
    return ""


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
