"""The root of a description. Checks here are about the document itself; what the clouds allow is the plan's."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from intertie.spec.alerts import ToldAlerts
from intertie.spec.base import Jurisdiction, Slug, Spec, TagKey, TagValue
from intertie.spec.budget import Budget
from intertie.spec.cluster import ClusterSpec
from intertie.spec.endpoint import EndpointSpec
from intertie.spec.fields import Text
from intertie.spec.observability import Observability
from intertie.spec.placement import PlacementSpec
from intertie.spec.stage import ImageRef, StageSpec
from intertie.spec.team import Team

Digest = Annotated[str, Text(r"^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits", 71)]


class Environment(StrEnum):
    """What the pipeline is used for. Policies are stricter for production."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class PipelineSpec(Spec):
    """A containerized GPU inference pipeline, described once for every cloud."""

    name: Slug
    """Name of the pipeline; first part of every resource's name."""
    owner: TagValue
    """Team that answers for it. A tag on every resource."""
    cost_center: TagValue
    """Cost centre that pays for it. A tag on every resource."""
    environment: Environment
    """`development`, `staging` or `production`. A tag on every resource."""
    residency: Annotated[tuple[Jurisdiction, ...], Field(min_length=1)]
    """Jurisdictions that data may be in (`us`, `eu`, `uk`, ...; `intertie catalog regions` lists them)."""
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1, max_length=50)]
    """Steps of the pipeline; `after` joins them."""
    endpoint: EndpointSpec | None = None
    """Where callers enter. Without one, the first stage is reachable only inside the cluster."""
    placements: Annotated[dict[Slug, PlacementSpec], Field(min_length=1)]
    """Where it runs, by name. Each placement is one stack."""
    teams: dict[Slug, Team] = Field(default_factory=dict)
    """Who may see, change or administer what runs in the clusters, by the team's name."""
    cluster: ClusterSpec = ClusterSpec()
    """How clusters are run, unless a placement has a `cluster` of its own."""
    budget: Budget | None = None
    """Budget over all placements."""
    alerts: ToldAlerts | None = None
    """Whom alerts reach: an address, several, or `page` and `ticket` apart. Default: nobody."""
    observability: Observability | None = None
    """What is told of single requests: traces."""
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    """Further tags for every resource."""
    digests: dict[ImageRef, Digest] = Field(default_factory=dict)
    """Digest of each image that is named by its tag. `intertie replicate` records them in `<description>.lock.json`,
    which is read with the description."""
    kubernetes: Annotated[str, Text(r"^1\.[0-9]{2}$", 'a minor version in quotes, such as "1.35"', 4)] | None = None
    """Kubernetes minor version. Default: the one that the catalogue pins for all clouds."""
