"""Where the weights of an adopted cluster are."""

from intertie.contract import StorageBinding
from intertie.plan import Plan

_SPELLINGS = {"azblob://": "az://"}
"""As descriptions write it, and as the runtimes' loader does. Source: Run:ai Model Streamer documentation."""


def binding(plan: Plan) -> StorageBinding:
    """The bucket that `adopt.weights` names; without one, weights come from the hub."""
    uri = plan.where.adopt.weights if plan.where.adopt else None
    for written, read in _SPELLINGS.items():
        uri = uri.replace(written, read, 1) if uri and uri.startswith(written) else uri
    return StorageBinding(weights_uri=uri)
