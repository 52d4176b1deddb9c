"""A page for people at a terminal. Colour, width and NO_COLOR are the console's business."""

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text

from intertie.report.page import Issue, Page, Section, Table
from intertie.report.plain import one_line

_RULE_EDGE = 4  # a rule keeps this much of the line for itself
_STYLES = {"pass": "bold green", "fail": "bold red", "error": "red", "warning": "yellow", "note": "dim"}


def write(page: Page, console: Console) -> None:
    """Writes the page to the console."""
    for section in page.sections:
        _section(section, console)
    for table in page.comparisons:
        console.print(_grid(table))
        console.print()
    for line in page.closing:
        console.print(_text(line))


def _section(section: Section, console: Console) -> None:
    title = Text.assemble(_text(section.title), " ", (section.verdict, _STYLES.get(section.verdict, "")))
    # a rule would cut off what does not fit, and the verdict stands last
    console.print(Rule(title, align="left") if title.cell_len + _RULE_EDGE <= console.width else title)
    for name, value in section.facts:
        console.print(Padding(Text.assemble((f"{one_line(name)}: ", "dim"), _text(value)), (0, 0, 0, 2), expand=False))
    if section.facts:
        console.print()
    for table in section.tables:
        console.print(Padding(_grid(table), (0, 0, 1, 2), expand=False))
    for issue in section.issues:
        console.print(Padding(_issue(issue), (0, 0, 0, 2), expand=False))
    if section.issues:
        console.print()


def _issue(issue: Issue) -> Text:
    text = Text.assemble(
        (issue.severity, _STYLES.get(issue.severity, "")), " ", (one_line(issue.place), "bold"), ": ", _text(issue.text)
    )
    if issue.hint:
        text.append(f"\n  → {one_line(issue.hint)}")
    return text


def _grid(table: Table) -> Grid:
    grid = Grid(title=_text(table.title), title_justify="left", title_style="bold", header_style="dim", box=None)
    for column in table.columns:
        grid.add_column(_text(column), overflow="fold")
    for row in table.rows:
        grid.add_row(*(_cell(cell) for cell in row))
    return grid


def _cell(text: str) -> Text:
    return Text(one_line(text), style=_STYLES.get(text, ""))


def _text(text: str) -> Text:
    return Text(one_line(text))
