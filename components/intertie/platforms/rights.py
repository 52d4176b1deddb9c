"""What a deployer must be allowed, per resource type: `platforms/<name>/data/actions.csv`, with the source of each."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def rights(platform: str) -> Mapping[str, tuple[str, ...]]:
    """Type token → what the cloud calls the actions (AWS, Azure) or permissions (Google) that it takes, sorted."""
    text = files(f"intertie.platforms.{platform}").joinpath("data", "actions.csv").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["type"], set()).add(row["action"])
    return {token: tuple(sorted(actions)) for token, actions in sorted(found.items())}


def every(platform: str) -> tuple[str, ...]:
    """All actions of all types, sorted: a placement may be promoted to any tier, so all of them are its deployer's."""
    return tuple(sorted({action for actions in rights(platform).values() for action in actions}))
