"""Why a plan is as it is: its choices grouped by stage, as lines that any renderer can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intertie.plan.types import Choice, Plan

_STAGE = re.compile(r"stages\[([a-z0-9-]+)\]\.(.+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One decision: what it is about, what was chosen, why, and what was passed over with the reason for each."""

    subject: str
    chosen: str
    why: str
    rejected: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """Decisions about one stage, or about the placement."""

    title: str
    lines: tuple[Line, ...]


def explain(plan: Plan) -> tuple[Section, ...]:
    """The placement first, then the stages in the order of the plan. Every choice appears exactly once."""
    grouped: dict[str, list[Line]] = {"": []} | {stage.name: [] for stage in plan.stages}
    for choice in plan.choices:
        stage, subject = _place(choice)
        grouped.setdefault(stage, []).append(Line(subject, choice.chosen, choice.why, choice.rejected, choice.source))
    head = f"placement {plan.placement}: {plan.cloud} {plan.region}, {plan.role}, {plan.tier}"
    return tuple(Section(f"stage {name}" if name else head, tuple(lines)) for name, lines in grouped.items() if lines)


def _place(choice: Choice) -> tuple[str, str]:
    """Stage ("" for the placement) and subject of a choice."""
    if match := _STAGE.fullmatch(choice.path):
        return match.group(1), match.group(2)
    return "", re.sub(r"^placements\.[^.]+\.", "", choice.path)


def text(plan: Plan) -> tuple[str, ...]:
    """The same as plain lines, with the notes at the end."""
    return tuple(_text(plan))


def _text(plan: Plan) -> Iterator[str]:
    for section in explain(plan):
        yield section.title
        for line in section.lines:
            yield f"  {line.subject}: {line.chosen}"
            yield f"    because {line.why}"
            yield from (f"    not {what}: {why}" for what, why in line.rejected)
            if line.source:
                yield f"    source: {line.source}"
    if plan.notes:
        yield "notes"
        yield from (f"  {note}" for note in plan.notes)
