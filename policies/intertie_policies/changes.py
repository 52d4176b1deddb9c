"""Makes the changes of a remediation in plain data, without touching the original."""

from collections.abc import Mapping
from typing import Any

from intertie_policies.accessor import is_list
from intertie_policies.rule import Change


def applied(props: Any, change: Change) -> Any:
    """The properties with the change made. Objects on the way are made; lists and texts are never replaced by one."""
    return _set(props, change.path, change.value)


def _set(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, str) and (node is None or isinstance(node, Mapping)):
        fields = dict(node or {})
        fields[step] = _set(fields.get(step), rest, value)
        return fields
    if isinstance(step, int) and is_list(node) and 0 <= step < len(node):
        return [_set(each, rest, value) if index == step else each for index, each in enumerate(node)]
    return node
