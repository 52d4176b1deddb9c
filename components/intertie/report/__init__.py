"""How results look, and nothing else. Takes the plain data that `--format json` prints.

from intertie import report

report.preview_text(data, Console())
report.preview_markdown(data)
"""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from intertie.report import markdown, text
from intertie.report.preview import page_of

__all__ = ["as_json", "preview_markdown", "preview_text"]


def preview_text(data: Mapping[str, Any], console: Console) -> None:
    """Writes a preview for people: a section per stack, then the stacks side by side."""
    text.write(page_of(data), console)


def preview_markdown(data: Mapping[str, Any]) -> str:
    """A preview for a job summary or a comment."""
    return markdown.render(page_of(data))


def as_json(data: Mapping[str, Any]) -> str:
    """Any result as one JSON document, with a final newline. The same data give the same bytes."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
