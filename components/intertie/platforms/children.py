"""Names and options of the resources that a component registers."""

from typing import Any

import pulumi

from intertie.contract import BuildOptions
from intertie.migrations import former_roles


def child(options: BuildOptions, role: str, **settings: Any) -> tuple[str, pulumi.ResourceOptions]:
    """Name and options of the child that plays `role` in its component.

    The name is `<component's name>-<role>`; the child hangs under the component, inherits its providers, and is known
    by its former names. `settings` are fields of `pulumi.ResourceOptions` of this one child (`depends_on`, `protect`,
    `ignore_changes`, ...). What the caller gave the component (aliases, protect, transformations) is the component's
    own and is never copied down.
    """
    aliases = [pulumi.Alias(name=f"{options.name}-{former}") for former in former_roles(role)]
    return f"{options.name}-{role}", pulumi.ResourceOptions(parent=options.parent, aliases=aliases or None, **settings)
