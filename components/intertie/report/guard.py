"""What a run of the budget guard saw and did, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from intertie.report.plain import one_line


def lines(data: Mapping[str, Any], *, acted: bool) -> Iterator[str]:
    """State and figures, then why, then each change."""
    held = " (held: the meter is not believed)" if data["held"] else ""
    yield f"{data['state']}{held}   ${data['hourly_usd']:,.2f} an hour now"
    yield (
        f"spent ${data['spent_usd']:,.0f} of ${data['budget_usd']:,.0f} since counting began; "
        f"${data['projected_usd']:,.0f} at the end of the month at this pace"
    )
    for reason in (*data["reasons"], *data["notes"]):
        yield f"  {one_line(reason)}"
    for change in data["changes"]:
        word = "done" if change["done"] else "failed" if acted else "would"
        yield f"{word}: {one_line(change['object'])} at most {change['from']} → {change['to']} ({change['why']})"
    for failed in data["failed"]:
        yield f"failed: {one_line(failed)}"
    for one in data["proposals"]:
        yield f"proposed for the description: {one_line(str(one['path']))}: {one['from']} → {one['to']}"
    if data["changes"] and not acted:
        yield "nothing was changed: --act does it"
