"""Names that every cloud takes. They follow from their own words alone: a neighbour never renames a live pool."""

import re
from hashlib import sha256

CLUSTER_LIMIT = 40  # GKE: clusters and node pools
POOL_LIMIT = 12  # AKS: node pools of Linux machines
_HASH = 7


def digest(text: str, digits: int) -> str:
    """Lower-case hexadecimal digits that follow from `text` alone."""
    return sha256(text.encode()).hexdigest()[:digits]


def safe_name(text: str, limit: int) -> str:
    """`text`, or when it is longer than `limit` characters its beginning and a hash of the whole.

    Two texts with the same beginning keep different names.
    """
    if len(text) <= limit:
        return text
    return f"{text[: limit - _HASH - 1].rstrip('-')}-{digest(text, _HASH)}"


def cluster_name(pipeline: str, placement: str) -> str:
    """Name of the cluster: ≤ 40 characters, `^[a-z][a-z0-9-]*[a-z0-9]$`."""
    return safe_name(f"{pipeline}-{placement}", CLUSTER_LIMIT)


def pool_name(stage: str, rank: int, part: int | None = None) -> str:
    """Name of a stage's pool: `^[a-z][a-z0-9]{0,11}$`.

    `rank` is the step of the ladder (one digit); `part` counts pools of one step, where one pool is one replica.
    A stage name that does not fit as it is gets a hash, so that `embed-a` and `embeda` do not meet.
    """
    if part is None and re.fullmatch(r"[a-z][a-z0-9]{0,10}", stage):
        return f"{stage}{rank}"
    start = re.sub(r"[^a-z0-9]", "", stage)[:5]
    if part is None:
        return f"{start}{digest(stage, 5)}{rank}"
    return f"{start[:4]}{digest(f'{stage}/{part}', 6)}{rank}"
