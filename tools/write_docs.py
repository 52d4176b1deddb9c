"""Writes the generated pages of docs/: `make docs`. A test holds them to what this would write."""

from pathlib import Path

from intertie import catalog
from intertie.platforms import registry
from intertie.workload.gaps import GAPS
from intertie_policies import registry as policies
from intertie_policies import testing
from intertie_policies.rule import PACKS, Rule

DOCS = Path(__file__).parents[1] / "docs"
FIXTURES = DOCS.parent / "tests" / "policies" / "fixtures"
NOTICE = "<!-- Written by `make docs`. Change the data it is made from instead. -->\n"


def pages() -> dict[str, str]:
    """File name → text, of every generated page."""
    return {"capabilities.md": capabilities(), "owners.md": owners(), "rules.md": rules()}


def capabilities() -> str:
    """Kinds of capacity per cloud, then what each platform does not do."""
    platforms = [registry.capabilities(name) for name in registry.names()]
    clouds = {platform.cloud: platform for platform in platforms}
    lines = [NOTICE, "# Capabilities", "", "## Kinds of capacity", ""]
    lines += [_row("kind", *(clouds[cloud].title for cloud in catalog.CLOUDS)), _row(*["---"] * 4)]
    for kind in dict.fromkeys(rule.kind for rule in catalog.kind_rules()):
        lines.append(_row(f"`{kind}`", *(_use(cloud, kind, clouds[cloud].creatable) for cloud in catalog.CLOUDS)))
    lines += ["", "*Created* kinds can be made by `CapacityReservation`; *consumed* ones are named by their id.", ""]
    lines += ["All of this is rendered and checked against the SDKs; none of it was applied to a real cloud.", ""]
    lines += ["## On every cluster: what the serving stack does not do", "", *(f"* {gap}" for gap in GAPS), ""]
    for platform in platforms:
        lines += [f"## {platform.title}: what it does not do", ""]
        lines += [f"* {gap}" for gap in platform.gaps] or ["* No gap is known."]
        lines.append("")
    return "\n".join(lines)


def _use(cloud: str, kind: str, creatable: tuple[str, ...]) -> str:
    if catalog.kind_rule(cloud, kind) is None:
        return "–"
    if kind in ("on-demand", "spot", "flex-start"):
        return "yes"
    return "consumed, created" if kind in creatable else "consumed"


def owners() -> str:
    """Who provides each component on each cloud: exactly one party."""
    lines = [NOTICE, "# Who owns what", "", "Exactly one party provides each component, so that nothing is installed"]
    lines += ["twice and no pool lacks it. `cloud`: comes with cluster or node image; `addon`: a switch that the"]
    lines += ["platform turns on; `intertie`: installed as Kubernetes objects.", ""]
    lines += [_row("component", "cloud", "vendor", "owner", "detail", "source"), _row(*["---"] * 6)]
    for row in catalog.ownership():
        lines.append(_row(row.component, row.cloud, row.vendor, row.owner, row.detail, row.fact.source))
    return "\n".join([*lines, ""])


def rules() -> str:
    """Every rule of the policy packs, by subject: a table to choose from, then each one whole."""
    lines = [
        NOTICE,
        "# Rules",
        "",
        "What the packs hold stacks to. [Policy packs](policies.md) tells how they are used, made and",
    ]
    lines += ["configured; `intertie policy explain RULE` shows one of them.", ""]
    subjects = dict.fromkeys(rule.subject for rule in policies.rules())
    for subject in subjects:
        found = [rule for rule in policies.rules() if rule.subject == subject]
        lines += [f"## {subject.capitalize()}", "", _row("rule", *PACKS, "what holds"), _row(*["---"] * 4)]
        lines += [
            _row(f"[`{rule.id}`](#{rule.id})", *(rule.level(pack) for pack in PACKS), rule.description)
            for rule in found
        ]
        lines.append("")
        for rule in found:
            lines += [*_rule(rule), ""]
    return "\n".join(lines)


def _how(rule: Rule) -> str:
    if rule.scope == "stack":
        return "all together"
    return "each" if rule.whole is None else "each, and all together for what only launch templates say"


def _rule(rule: Rule) -> list[str]:
    counts: dict[str, int] = dict.fromkeys(testing.OUTCOMES, 0)
    for case in testing.load(FIXTURES, rule.id):
        counts[case.outcome] += 1
    lines = [f"### {rule.id}", "", f"{rule.description} {rule.rationale}", "", f"* **Remedy:** {rule.remediation}"]
    types = [f"`{type_}`" for type_ in sorted(rule.types)]
    shown = ", ".join(types[:6]) + (f" and {len(types) - 6} more" if len(types) > 6 else "")
    lines.append(f"* **Reads:** {shown or 'every type'}, {_how(rule)}")
    if rule.settings:
        lines.append("* **Settings:** " + ", ".join(f"`configuration.{section}`" for section in rule.settings))
    if rule.apply_time_only:
        lines.append("* **Asked again at apply:** " + ", ".join(f"`{path}`" for path in rule.apply_time_only))
    if rule.remedy:
        lines.append("* **Remediation:** where `configuration.remediate` names it")
    if rule.references:
        lines.append(f"* **Source:** {'; '.join(rule.references)}")
    return [*lines, "* **Fixtures:** " + ", ".join(f"{number} {outcome}" for outcome, number in counts.items())]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    for name, text in pages().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
