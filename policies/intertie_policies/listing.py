"""Rules as plain data, for lists and documents."""

from typing import Any

from intertie_policies.rule import PACKS, Rule


def listed(rule: Rule) -> dict[str, Any]:
    """All that people need to know of a rule."""
    return {
        "id": rule.id,
        "subject": rule.subject,
        "scope": rule.scope.value,
        "also_over_all": rule.whole is not None,
        "levels": {pack: rule.level(pack).value for pack in PACKS},
        "description": rule.description,
        "rationale": rule.rationale,
        "remediation": rule.remediation,
        "references": list(rule.references),
        "types": sorted(rule.types),
        "settings": list(rule.settings),
        "apply_time_only": list(rule.apply_time_only),
        "remediates": rule.remedy is not None,
    }
