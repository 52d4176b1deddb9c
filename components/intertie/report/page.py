"""A report before it is laid out: headings, facts, tables and issues. Every format shows the same page."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under named columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to look at."""

    severity: str  # error | warning | note
    place: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What one stack shows."""

    title: str
    verdict: str  # pass | fail
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report. `closing` says what it covers, and what not."""

    title: str
    verdict: str
    sections: tuple[Section, ...]
    comparisons: tuple[Table, ...] = ()
    closing: tuple[str, ...] = field(default=())
