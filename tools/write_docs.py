"""Writes the generated pages of docs/: `make docs`. A test holds them to what this would write."""

from pathlib import Path

from intertie import catalog
from intertie.platforms import registry

DOCS = Path(__file__).parents[1] / "docs"
NOTICE = "<!-- Written by `make docs`. Change the data it is made from instead. -->\n"


def pages() -> dict[str, str]:
    """File name → text, of every generated page."""
    return {"capabilities.md": capabilities(), "owners.md": owners()}


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


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    for name, text in pages().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
