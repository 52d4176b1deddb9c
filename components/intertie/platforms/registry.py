"""Finds platforms by name. A folder with a `capabilities.py` is a platform: there is no other list."""

import importlib
import importlib.util
import pkgutil
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any, Protocol, cast

from intertie import platforms
from intertie.contract import BuildOptions, Platform
from intertie.errors import InputError, OutsideError
from intertie.plan import Plan
from intertie.platforms.capability import Capabilities
from intertie.platforms.trust import Bootstrapped, Trust


@cache
def names() -> tuple[str, ...]:
    """Names of all platforms, sorted. Loads none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(platforms.__path__) if module.ispkg))


def capabilities(name: str) -> Capabilities:
    """What the platform can do. Needs no cloud SDK. Raises InputError for a name that no platform has."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"there is no platform {name!r}.{meant} Platforms: {', '.join(names())}")
    return importlib.import_module(f"intertie.platforms.{name}.capabilities").CAPABILITIES


def platform(name: str) -> Platform:
    """The platform called `name`.

    Raises InputError for a name that no platform has, OutsideError when the SDK that it needs is not installed.
    """
    return cast("Platform", _module(name, ""))


class Reservations(Protocol):
    """How a platform reserves capacity: its `reservation.py`."""

    def create(self, plan: Plan, options: BuildOptions, *, machine: str, zone: str, count: int, until: str = "") -> Any:
        """Reserves `count` machines in `zone` for the placement; an Output of the id that a claim names.

        `until` is when the cloud ends it, in UTC (`2027-01-31T00:00:00Z`); "" = when somebody does.
        """
        ...


def reservation(name: str) -> Reservations:
    """How the platform called `name` reserves capacity. Raises as `platform` does, and InputError when it cannot."""
    known = capabilities(name)
    if not known.creatable:
        raise InputError(
            f"{known.title} cannot create reservations; reserve at the cloud, and name it in a claim's `id`"
        )
    return cast("Reservations", _module(name, ".reservation"))


class Bootstraps(Protocol):
    """How a platform prepares an account: its `bootstrap.py`."""

    def build(self, plan: Plan, options: BuildOptions, *, account: str, trust: Trust) -> Bootstrapped:
        """State bucket, key, trust in the CI's tokens, and a deploy role."""
        ...


def bootstrap(name: str) -> Bootstraps:
    """How the platform called `name` prepares an account. Raises as `platform` does."""
    return cast("Bootstraps", _module(name, ".bootstrap"))


def _module(name: str, part: str) -> ModuleType:
    known = capabilities(name)
    if known.sdk is not None and importlib.util.find_spec(known.sdk) is None:
        raise OutsideError(
            f"{known.title} needs the Python package {known.sdk!r}, which is not installed: "
            f"pip install 'intertie[{known.extra}]'"
        )
    return importlib.import_module(f"intertie.platforms.{name}{part}")
