"""Which keys may stand where: read from the models, so that it cannot differ from them."""

import types
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from intertie.spec.base import Spec
from intertie.spec.pipeline import PipelineSpec
from intertie.spec.wording import Loc


def model_at(loc: Loc) -> type[Spec] | None:
    """The model of the mapping at `loc`, as pydantic names places (with the kind of a claim after its index)."""
    kinds: list[Any] = [PipelineSpec]
    for step in loc:
        kinds = [kind for outer in kinds for kind in _inside(outer, step, kinds)]
    models = [kind for kind in kinds if _is_model(kind)]
    return models[0] if len(models) == 1 else None


def field_at(loc: Loc) -> FieldInfo | None:
    model = model_at(loc[:-1]) if loc else None
    return model.model_fields.get(str(loc[-1])) if model else None


def choices_at(loc: Loc) -> tuple[str, ...]:
    """The values of the enumeration at `loc`; () when it is none."""
    field = field_at(loc)
    for kind in _alternatives(field.annotation) if field else ():
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return tuple(kind)
    return ()


@cache
def homes() -> dict[str, tuple[str, ...]]:
    """Field name → where it belongs: `precision` → (`stages[].model`,)."""
    found: dict[str, dict[str, None]] = {}
    for home, model in _models(PipelineSpec, ""):
        for name in model.model_fields:
            found.setdefault(name, {})[home] = None
    return {name: tuple(places) for name, places in found.items()}


def _models(model: type[Spec], home: str) -> Iterator[tuple[str, type[Spec]]]:
    yield home or "the top level", model
    for name, field in model.model_fields.items():
        for kind, suffix in _held(field.annotation, ""):
            yield from _models(kind, f"{home}.{name}{suffix}" if home else f"{name}{suffix}")


def _held(annotation: Any, suffix: str) -> Iterator[tuple[type[Spec], str]]:
    """The models that a field holds, however deep in lists and mappings."""
    for kind in _alternatives(annotation):
        if _is_model(kind):
            yield kind, suffix
        elif get_origin(kind) is tuple:
            yield from _held(get_args(kind)[0], f"{suffix}[]")
        elif get_origin(kind) is dict:
            yield from _held(get_args(kind)[1], f"{suffix}.*")


def _inside(outer: Any, step: str | int, beside: list[Any]) -> list[Any]:
    if _is_model(outer):
        if len(beside) > 1:  # one of several kinds of claim: the step is the kind
            return [outer] if step in get_args(outer.model_fields["kind"].annotation) else []
        field = outer.model_fields.get(str(step))
        return _alternatives(field.annotation) if field else []
    if get_origin(outer) is tuple and isinstance(step, int):
        return _alternatives(get_args(outer)[0])
    if get_origin(outer) is dict:
        return _alternatives(get_args(outer)[1])
    return []


def _alternatives(annotation: Any) -> list[Any]:
    """The types that an annotation allows, without its metadata and without None."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for member in get_args(annotation) for kind in _alternatives(member)]
    return [] if annotation is type(None) else [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Spec)
