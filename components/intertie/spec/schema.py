"""The JSON Schema of a description, for editors and for other tools."""

import json
import sys
from typing import Any

from intertie.spec.pipeline import PipelineSpec


def json_schema() -> dict[str, Any]:
    """JSON Schema of a description file."""
    return PipelineSpec.model_json_schema()


def main() -> None:
    sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
