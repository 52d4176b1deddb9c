"""What the catalogue knows of a model: under its own name, else under the same name of another organisation.

A mirror in your bucket or another organisation's copy keeps the name of the model: `llama-3.3-70b-instruct` and
`meta-llama/Llama-3.3-70B-Instruct` have the same shape.
"""

from functools import cache

from intertie import catalog


def bare(model: str) -> str:
    """The name without its organisation, in lower case."""
    return model.rsplit("/", 1)[-1].lower()


def shape(model: str) -> catalog.ModelShape | None:
    """The shape of a model, or None: unknown. Its `id` says under which name it was found."""
    return catalog.model_shape(model) or _shapes().get(bare(model))


def figures(model: str, precision: str, accelerator: str) -> tuple[catalog.Throughput, ...]:
    """Published figures for a model. Empty: unknown, not zero."""
    exact = catalog.throughput(model, precision, accelerator)
    return exact or _figures().get((bare(model), precision, accelerator), ())


@cache
def _shapes() -> dict[str, catalog.ModelShape]:
    return {bare(row.id): row for row in reversed(catalog.model_shapes())}


@cache
def _figures() -> dict[tuple[str, str, str], tuple[catalog.Throughput, ...]]:
    found: dict[tuple[str, str, str], tuple[catalog.Throughput, ...]] = {}
    for row in catalog.throughputs():
        key = bare(row.model), row.precision, row.accelerator
        found[key] = (*found.get(key, ()), row)
    return found
