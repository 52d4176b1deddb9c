"""Policy results as SARIF 2.1.0, which code hosts show beside the lines of a change.

Source: OASIS Static Analysis Results Interchange Format 2.1.0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Data = Mapping[str, Any]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"mandatory": "error", "advisory": "warning"}


def document(results: Sequence[Data], rules: Sequence[Data], file: str) -> dict[str, Any]:
    """One run. `file` is where the resources were read from, or the description or stack file that makes them."""
    used = {result["rule"] for result in results}
    listed = [rule for rule in rules if rule["id"] in used]
    index = {rule["id"]: number for number, rule in enumerate(listed)}
    driver = {"name": "intertie", "rules": [_rule(each) for each in listed]}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(each, index, file) for each in results]}],
    }


def _rule(rule: Data) -> dict[str, Any]:
    return {
        "id": rule["id"],
        "shortDescription": {"text": rule["description"]},
        "fullDescription": {"text": rule["rationale"]},
        "help": {"text": rule["remediation"]},
        "properties": {"tags": [rule["subject"]]},
    }


def _result(result: Data, index: Mapping[str, int], file: str) -> dict[str, Any]:
    doubt = "cannot tell: " if result["result"] == "unknown" else ""
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": result.get("file") or file}}}
    if result["urn"]:
        logical = {"name": result["name"], "fullyQualifiedName": result["urn"], "kind": "resource"}
        location["logicalLocations"] = [logical]
    found: dict[str, Any] = {
        "ruleId": result["rule"],
        "ruleIndex": index.get(result["rule"], -1),
        "level": _LEVELS.get(result["level"], "note"),
        "message": {"text": f"{result['name']}: {doubt}{result['message']}\n{result['remediation']}"},
        "locations": [location],
        "partialFingerprints": {"resource": f"{result['rule']}|{result['urn']}|{result['path']}"},
        "properties": {"pack": result["pack"], "result": result["result"]},
    }
    if result["waived"]:
        found["suppressions"] = [{"kind": "external", "justification": result["waived"]}]
    return found
