"""Which machine types EC2 has, and in which region, as cfn-lint publishes it."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def offered(region: str, machine: str) -> bool:
    """Whether a region has a machine type. A region that the list does not know has everything."""
    listed = _list().get(region)
    return listed is None or machine in listed


def exists(machine: str) -> bool:
    """Whether any region has it."""
    return any(machine in each for each in _list().values())


@cache
def _list() -> Mapping[str, frozenset[str]]:
    path = files("cfnlint").joinpath("data/schemas/extensions/aws_ec2_instance/instancetype_enum.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    return {region: frozenset(row.get("enum", ())) for region, row in data.items() if isinstance(row, dict)}
