"""A drill's report for people: every phase with both clocks side by side, never added."""

from intertie.drills.failover import Report


def told(report: Report) -> str:
    """The report as a table, with what it does not show."""
    lines = [f"{'phase':<14} {'real':>9} {'modelled':>9}  what was found"]
    for phase in report.phases:
        modelled = f"{phase.modelled:>7.0f} s" if phase.modelled else f"{'–':>9}"
        lines.append(f"{phase.name:<14} {phase.real:>7.1f} s {modelled}  {phase.note}".rstrip())
    real, modelled = report.recovery
    packs = ", ".join(report.drill.packs) or "none was there to judge the preview"
    return "\n".join(
        [
            *lines,
            "",
            f"from the fault to full size: {real:.1f} s on the wall; {modelled:.0f} s more are modelled, not measured",
            f"policy packs: {packs}",
            "traffic is not moved: this drill ends when every stage is ready",
            f"verdict: {'pass' if report.passed else 'fail: ' + report.failure}",
        ]
    )
