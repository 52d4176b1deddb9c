"""How results read for people."""

from intertie_policies.results import Result
from intertie_policies.rule import Rule, Verdict

PACKS = {
    "baseline": "What every GPU inference stack keeps: mistakes that clouds refuse or that cost at once stop it.",
    "production": "What a stack that serves users keeps: everything is mandatory that protects money, data or service.",
}


def message(result: Result, rule: Rule) -> str:
    """A violation as the engine shows it: what holds, what was found, what to do."""
    lines = [rule.description, found(result), f"→ {rule.remediation}"]
    if result.waived:
        lines.append(f"Waived by {result.waived}")
    return "\n".join(lines)


def found(result: Result) -> str:
    """`region: us-west-2 is not among …`, and whether it is a violation or only cannot be told."""
    place = f"{result.path}: " if result.path and result.path not in result.message else ""
    doubt = "cannot tell: " if result.result is Verdict.UNKNOWN else ""
    return f"{doubt}{place}{result.message}"
