"""What is wrong with a text that is no YAML, in words that help to mend it."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from intertie.spec.document import Refusal
from intertie.spec.wording import clean

_QUOTE = "a value with `: ` or ` #` in it, or one that starts with a special character, must stand in quotes"
_INDENT = "check the indentation: entries of one mapping or list start in the same column"


@dataclass(frozen=True, slots=True)
class _Mistake:
    """What PyYAML says (`said`, a pattern), and what we say. `{}` is the pattern's group."""

    said: str
    found: str
    allowed: str
    hint: str = ""
    at_start: bool = False  # where the thing began that went wrong, not where that was noticed


_MISTAKES = (
    _Mistake(r"found character '\\t' that cannot start", "a tab", "spaces for indentation", "replace tabs by spaces"),
    _Mistake(r"found character '(.+)' that cannot start", "{} at the start of a value", "text in quotes", _QUOTE),
    _Mistake("mapping values are not allowed here", "a second `:`", "one key and one value", f"{_QUOTE}; or {_INDENT}"),
    _Mistake("^more than (.+)", "more than {}", "a description, which is flatter and smaller"),
    _Mistake("expected a single document|but found another document", "a second document after `---`", "one document"),
    _Mistake("found undefined alias '(.+)'", "the alias *{}", "an alias of an anchor above it", _QUOTE),
    _Mistake("found duplicate anchor '(.+?)'", "the anchor &{} a second time", "each anchor once"),
    _Mistake("could not find expected ':'", "a line without `:`", "`key: value`", _INDENT),
    _Mistake("found unexpected end of stream", "a quote that is never closed", "a closing quote", at_start=True),
    _Mistake(r"expected ',' or '([\]}])', but got", "a bracket that is never closed", "a closing `{}`", at_start=True),
    _Mistake("while parsing a flow node", "a bracket that is never closed", "a value, or the closing bracket", _QUOTE),
    _Mistake("expected <block end>, but found", "an entry out of line", "entries in one column", _INDENT),
    _Mistake("sequence entries are not allowed here", "`- ` after a key", "list entries on their own lines", _INDENT),
    _Mistake(
        "found unknown escape character '(.+)'", "the escape \\{}", "YAML escapes", "single quotes keep \\ as it is"
    ),
    _Mistake("expected (?:alphabetic|escape sequence)", "a special character", "text in quotes", _QUOTE),
    _Mistake("found undefined tag handle", "a tag", "plain values without tags", _QUOTE),
)


def syntax_refusal(error: yaml.MarkedYAMLError) -> tuple[Refusal, Any]:
    """A refusal of the whole document for what PyYAML reports, and PyYAML's mark of the place (or None)."""
    noticed = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.problem, error.context) if part)
    for mistake in _MISTAKES:
        if match := re.search(mistake.said, said, re.DOTALL):
            value = clean(match.group(1)) if match.groups() else ""
            found, allowed = (text.replace("{}", value) for text in (mistake.found, mistake.allowed))
            mark = error.context_mark if mistake.at_start and error.context_mark else noticed
            return Refusal((), found, allowed, mistake.hint), mark
    return Refusal((), clean(said, 200), "YAML", _QUOTE), noticed
