"""Prints the JSON Schema of a description: `python -m intertie.spec.schema > stacks/specs/schema.json`."""

import sys

from intertie.spec.schema_generator import json_schema, schema_text

__all__ = ["json_schema", "main", "schema_text"]


def main() -> None:
    sys.stdout.buffer.write(schema_text().encode())


if __name__ == "__main__":
    main()
