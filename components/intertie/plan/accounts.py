"""Storage accounts, on the one cloud whose buckets lie in them: what is made and what is copied into have one name."""

from hashlib import sha256

from intertie.plan.types import Plan

CONTAINER = "weights"
"""Container of an account that we make, and of an existing one that is named without a container."""


def account_name(plan: Plan, use: str = "") -> str:
    """3–24 lower case letters and digits, unique among all accounts of Azure, the same in every run.

    `use` is what the account is for; the one with the weights has "".

    Whose account it is goes into the hash, so that two organisations with equally named pipelines do not meet.
    """
    owner = plan.where.account.id if plan.where.account else plan.spec.owner
    parts = (owner, plan.spec.cost_center, plan.spec.name, plan.placement, plan.region, *filter(None, [use]))
    digest = sha256("\0".join(parts).encode()).hexdigest()[:13]
    return plan.spec.name.replace("-", "")[:11] + digest
