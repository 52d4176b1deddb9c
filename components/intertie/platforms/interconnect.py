"""What the platforms share of interconnects: the keys of a connection's tunnels, which no state shows in clear."""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pulumi
from pulumi.runtime.rpc import UNKNOWN

from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.plan.links import Link, Tunnel

SETTING = "interconnect_keys"
_FORM = re.compile(r"[!-~]{32,128}")
_ALLOWED = "32 to 128 printable characters without spaces, the same at both ends"


def tunnel_key(options: BuildOptions, link: Link, tunnel: Tunnel) -> pulumi.Output[str]:
    """The key of one tunnel, a secret, made from the key that the two ends share.

    Each tunnel has its own: AWS' provider tells the two tunnels of a connection apart by their keys. InputError when
    none is set; one of another form is refused and not repeated.
    """
    if options.keys is None:
        raise InputError(f"{SETTING}.{link.placement}: found nothing; allowed: {_ALLOWED}. {_remedy(link)}")
    known = pulumi.Output.secret(options.keys)
    return pulumi.Output.secret(known.apply(lambda keys: _of_tunnel(_checked(keys, link), tunnel)))


def _checked(keys: Any, link: Link) -> str:
    key = keys.get(link.placement) if isinstance(keys, Mapping) else None
    if isinstance(key, str) and _FORM.fullmatch(key):
        return key
    found = "nothing" if key is None else "another form"
    raise pulumi.RunError(f"{SETTING}.{link.placement}: found {found}; allowed: {_ALLOWED}. {_remedy(link)}")


def _remedy(link: Link) -> str:
    return f"Set it: pulumi config set --secret --path '{SETTING}.{link.placement}' KEY"


def _of_tunnel(key: str, tunnel: Tunnel) -> str:
    """64 characters that every cloud takes: letters and digits, no 0 first (AWS Site-to-Site VPN, tunnel options)."""
    if key == UNKNOWN:  # encrypted, in a preview without the stack's passphrase
        return key
    return "k" + hmac.new(key.encode(), tunnel.inside.encode(), sha256).hexdigest()[:63]
