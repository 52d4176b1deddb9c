"""Policy results as JUnit XML, which every CI server shows: a suite per pack, a case per rule."""

import xml.etree.ElementTree as ET  # written only, never read
from collections.abc import Mapping, Sequence
from typing import Any

Data = Mapping[str, Any]


def document(results: Sequence[Data], rules: Sequence[Data], packs: list[str]) -> str:
    """The XML text. A rule fails when one of its results stops the run; advisory and waived ones are told as output."""
    root = ET.Element("testsuites", name="intertie policies")
    for pack in packs:
        suite = ET.SubElement(root, "testsuite", name=pack)
        failures = 0
        for rule in rules:
            found = [each for each in results if (each["pack"], each["rule"]) == (pack, rule["id"])]
            failures += _case(suite, rule, found)
        suite.set("tests", str(len(rules)))
        suite.set("failures", str(failures))
        suite.set("errors", "0")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, rule: Data, results: Sequence[Data]) -> bool:
    case = ET.SubElement(suite, "testcase", classname=rule["subject"], name=rule["id"])
    stopping = [each for each in results if each["level"] == "mandatory" and not each["waived"]]
    others = [each for each in results if each not in stopping]
    if stopping:
        failure = ET.SubElement(case, "failure", message=_clean(rule["description"]), type=stopping[0]["result"])
        failure.text = "\n".join(_line(each) for each in stopping)
    if others:
        ET.SubElement(case, "system-out").text = "\n".join(_line(each) for each in others)
    return bool(stopping)


def _line(result: Data) -> str:
    doubt = "cannot tell: " if result["result"] == "unknown" else ""
    waived = f" (waived by {result['waived']})" if result["waived"] else ""
    return _clean(f"{result['name']} {result['urn']}: {doubt}{result['message']}{waived}")


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        each if each in "\t\n" or (" " <= each < "\ud800") or "\ue000" <= each < "\ufffe" else "�" for each in text
    )
