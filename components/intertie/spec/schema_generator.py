"""The JSON Schema of a description: for editors, and for tools that write descriptions.

Draft 7, because that is what yaml-language-server reads. It accepts all that the reader accepts in
shape, shorthand too; what only the whole document shows is the reader's alone.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from intertie.spec.pipeline import PipelineSpec
from intertie.spec.units import Duration, Memory

_DRAFT = "http://json-schema.org/draft-07/schema#"


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with plain titles, and defaults as a user writes them."""

    schema_dialect = _DRAFT

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Memory | Duration) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  the generator's own signature
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Defaults that say something: `null` and empty lists do not."""
        described = super().default_schema(schema)
        if described.get("default", "") in (None, [], {}) or isinstance(described.get("default"), dict):
            described.pop("default")
        return described

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """The pattern of the keys as `propertyNames`: then a key of another form is refused, not ignored."""
        described = super().dict_schema(schema)
        for pattern, values in described.pop("patternProperties", {}).items():
            described["additionalProperties"] = values
            described["propertyNames"] = {**self._names(schema), "pattern": pattern}
        return described

    def _names(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        names = self.generate_inner(schema.get("keys_schema", core_schema.str_schema()))
        return {key: value for key, value in names.items() if key in ("enum", "maxLength", "patternErrorMessage")}

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Without OpenAPI's `discriminator`, which draft 7 does not know."""
        described = super().tagged_union_schema(schema)
        described.pop("discriminator", None)
        return described

    def generate(self, schema: CoreSchema, mode: Any = "validation") -> JsonSchemaValue:
        described = super().generate(schema, mode)
        about = {key: described.pop(key) for key in ("description", "type", "required", "properties")}
        rest = {key: described.pop(key) for key in ("additionalProperties",)}
        return {"$schema": _DRAFT, "title": "Intertie pipeline", **about, **rest, "definitions": described["$defs"]}


def json_schema() -> dict[str, Any]:
    """JSON Schema of a description file. The same models give the same schema, byte for byte."""
    return PipelineSpec.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Generator)


def schema_text() -> str:
    """`stacks/specs/schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
