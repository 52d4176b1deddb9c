"""Which tags resources carry."""

import re

from pydantic import Field, field_validator

from intertie_policies.config.base import Section


class Tagging(Section):
    """Required tags. Keys are compared as each cloud's grammar lets them be written (`cost_center`, `cost-center`)."""

    required: dict[str, str] = Field(
        default={
            "owner": r"[A-Za-z0-9][A-Za-z0-9@._ -]{1,62}",
            "cost_center": r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}",
            "environment": r"[a-z][a-z0-9-]{1,30}",
        },
        description="Required tags, each with the regular expression that its whole value matches.",
    )
    allowed: dict[str, tuple[str, ...]] = Field(default={}, description="Allowed values by tag; the others are free.")
    defaults: dict[str, str] = Field(
        default={}, description="Values that a remediation sets where a required tag is missing."
    )
    cost_centers: tuple[str, ...] = Field(
        default=(), description="Cost centres that exist, with `*`: `ml-*`. Empty: any that is well-formed."
    )
    owners: tuple[str, ...] = Field(
        default=(), description="Owners that can be reached, with `*`: `*-platform`, `*@example.com`. Empty: any name."
    )
    contact_keys: tuple[str, ...] = Field(
        default=("owner", "contact", "team", "maintainer", "created_by", "managed_by"),
        description="Tags in which an e-mail address may stand.",
    )
    workload_labels: tuple[str, ...] = Field(
        default=("owner", "cost_center"),
        description="Labels by which the cost of a shared cluster is split; on pods or on their namespace.",
    )
    shared_namespaces: tuple[str, ...] = Field(
        default=("kube-system", "kube-public", "kube-node-lease", "gke-*", "karpenter", "gpu-operator", "*-system"),
        description="Namespaces whose cost is the cluster's own, with `*`.",
    )

    @field_validator("required")
    @classmethod
    def _patterns(cls, required: dict[str, str]) -> dict[str, str]:
        for key, pattern in required.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the pattern of {key!r} is no regular expression: {error}") from None
        return required
