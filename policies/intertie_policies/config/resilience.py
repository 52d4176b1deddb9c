"""What it survives."""

from pydantic import Field

from intertie_policies.config.base import Section


class Resilience(Section):
    """What it survives."""

    min_replicas: int = Field(default=2, ge=1, description="Replicas of what serves, where nothing is accelerated.")
    min_accelerated_replicas: int = Field(
        default=1, ge=1, description="Replicas of what serves on accelerators; another placement may be the second."
    )
    model_load_seconds: int = Field(
        default=300, ge=0, description="How long a container with accelerators may take to load its model."
    )
    version_notice_days: int = Field(
        default=60, ge=0, description="Days before a Kubernetes version leaves support from which it is told."
    )
