"""Azure: how a resource is addressed, read from the code that writes its request.

The names of a resource and of what it lies in are parts of a path, not of a body, so no model has them. The packages
write each path in a function of its own; the older generator also writes there which names are allowed.
"""

import ast
import re
from functools import cache

from intertie.lab.oracles import packages
from intertie.lab.oracles.field import Field

_FUNCTION = re.compile(r"^def build_(\w+)_request\(", re.MULTILINE)
_COMMON = "subscriptionId"  # chosen by the provider, not by a resource


def address(package: str, operation: str) -> Field:
    """The parts of a path: `address("containerservice", "agent_pools_create_or_update")`. Another address is another
    resource, so every part is fixed."""
    found = Field(kind="object")
    for node in ast.walk(ast.parse(_functions(package)[operation])):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _is_path(node.targets[0]):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Call) and key.value != _COMMON:
                    found.fields[str(key.value)] = _part(value)
    return found


def _is_path(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "path_format_arguments"


def _part(call: ast.Call) -> Field:
    """`_SERIALIZER.url("name", name, "str", max_length=90, min_length=1)`"""
    says = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    return Field(
        kind="string",
        required=True,
        fixed=True,
        pattern=says.get("pattern", ""),
        least=says.get("min_length"),
        most=says.get("max_length"),
    )


@cache
def _functions(package: str) -> dict[str, str]:
    """Operation → source of the function that writes its request. Text, because to import one takes seconds. The
    older generator has a file for each group of operations, and names the functions without it."""
    found: dict[str, str] = {}
    for file in sorted(packages.folder(f"azure.mgmt.{package}.operations").glob("_*operations.py")):
        group = file.stem.removesuffix("operations").lstrip("_")
        text = file.read_text(encoding="utf-8")
        starts = list(_FUNCTION.finditer(text))
        for start, end in zip(starts, [*[each.start() for each in starts[1:]], None], strict=True):
            found[group + start.group(1)] = text[start.start() : end].partition("\nclass ")[0]
    return found
