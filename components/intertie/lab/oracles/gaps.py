"""What no published model says: types and properties of the samples that the lab can only check by the SDK.

`python -m intertie.lab.oracles.gaps` writes the lists into docs/lab-gaps.md.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from intertie.graph import Graph, record
from intertie.lab import programs
from intertie.lab.oracles import mapping, store
from intertie.lab.oracles.rules import Rule

CLOUDS = ("aws", "azure-native", "gcp")
_START, _END = "<!-- generated: begin -->", "<!-- generated: end -->"
_COMMON = "region"  # of every resource of AWS: chosen per request
_INDEX = re.compile(r"\[\]")


@dataclass(frozen=True, slots=True)
class Gap:
    """A property of a type that no published model knows. An empty path: the whole type."""

    type: str
    path: str
    reason: str


def used(graphs: Iterable[Graph]) -> Mapping[str, set[str]]:
    """Type → paths of all inputs that the graphs use, without positions: `taints.effect`."""
    found: dict[str, set[str]] = defaultdict(set)
    for graph in graphs:
        for resource in graph:
            if resource.package in CLOUDS:
                found[resource.type] |= set(_paths(resource.inputs))
    return found


def properties(inputs: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """Type → the properties that those paths lie in, as the SDK declares them."""
    found: dict[str, set[str]] = {}
    for token in sorted(inputs):
        rules = _rules(token)
        found[token] = {_declared(rules, path) for path in inputs[token]} - {_COMMON}
    return found


def gaps(declared: Mapping[str, set[str]]) -> list[Gap]:
    """Everything among these properties for which there is no published model, with the reason where one is known."""
    found: list[Gap] = []
    for token in sorted(declared):
        if token not in mapping.models():
            found.append(Gap(token, "", "no published model in an installed package"))
            continue
        rules = _rules(token)
        found += [
            Gap(token, path, mapping.reasons().get((token, path), "not in the model"))
            for path in sorted(declared[token])
            if not rules[path].limits
        ]
    return found


def _rules(token: str) -> Mapping[str, Rule]:
    return {_INDEX.sub("", path): rule for path, rule in store.of(token).inputs.paths()}


def _declared(rules: Mapping[str, Rule], path: str) -> str:
    """The property that a path lies in: keys of maps are their users' own."""
    while path not in rules:
        path = path.rpartition(".")[0]
    return path


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _paths(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, path)
    else:
        yield path


def samples(root: Path) -> list[Graph]:
    """The project's sample stacks, recorded; those that adopt a cluster ask no cloud for anything."""
    found: list[Graph] = []
    for file in sorted((root / "stacks").glob("Pulumi.*.yaml")):
        config: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["config"]
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        if any(key.partition(":")[0] in CLOUDS for key in texts):
            stack = file.name.split(".")[1]
            found.append(record(root / "stacks" / "__main__.py", "inference", stack, texts))
    return found


def render(declared: Mapping[str, set[str]]) -> str:
    """The generated part of the page."""
    found = gaps(declared)
    count = sum(len(paths) for paths in declared.values())
    rows = [f"| `{gap.type}` | {f'`{gap.path}`' if gap.path else 'all'} | {gap.reason} |" for gap in found]
    return "\n".join(
        [
            f"{len(found)} rows; the samples use {count} properties of {len(declared)} types.",
            "",
            "| type | property | why nobody else can be asked |",
            "|---|---|---|",
            *rows,
        ]
    )


def replaced(page: str, generated: str) -> str:
    """The page with its generated part anew."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    return f"{before}{_START}\n{generated}\n{_END}{after}"


def main() -> None:
    root = programs.root()
    page = root / "docs" / "lab-gaps.md"
    page.write_text(
        replaced(page.read_text(encoding="utf-8"), render(properties(used(samples(root))))), encoding="utf-8"
    )
    sys.stderr.write(f"wrote {page}\n")


if __name__ == "__main__":
    main()
