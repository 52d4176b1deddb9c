"""Whether what is written as a range of addresses is one."""

import ipaddress
from collections.abc import Iterator

from intertie.spec.document import Refusal
from intertie.spec.wording import Loc, quoted


def real_range(loc: Loc, text: str) -> Iterator[Refusal]:
    """What is wrong with a text that has the form of a range; nothing when it is one."""
    allowed = "an IPv4 range such as 10.64.0.0/16"
    try:
        interface = ipaddress.IPv4Interface(text)
    except ValueError:
        yield Refusal(loc, quoted(text), f"{allowed}: four numbers up to 255, and a length up to 32")
        return
    if "/" in text and interface.ip != interface.network.network_address:
        hint = f"write {interface.network}, or {interface.ip}/32 for one address"
        yield Refusal(loc, quoted(text), f"{allowed}, named by its first address", hint)
