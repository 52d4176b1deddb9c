"""What a platform can and cannot do: data that commands and documents show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One platform, described without its SDK.

    `creatable` are the reserved capacity kinds that the platform can create; which kinds can be consumed is a
    question for the catalogue (`catalog.kind_rules`). `gaps` are whole sentences about what the platform does
    not do, each with the reason.
    """

    name: str  # eks | aks | gke | existing: the folder's name
    title: str  # Amazon EKS
    cloud: str  # aws | azure | gcp | other
    creatable: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    sdk: str | None = None  # module that must be importable: pulumi_aws
    extra: str | None = None  # extra of the distribution that brings it: aws
