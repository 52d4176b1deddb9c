"""What a user writes: one description of a pipeline for every cloud.

from intertie.spec import read_file, read_text

spec = read_file(Path("stacks/specs/chat.yaml"))   # PipelineSpec, or InputError with every problem and its place
"""

from intertie.spec.alerts import Alerts
from intertie.spec.base import Cloud
from intertie.spec.budget import Budget
from intertie.spec.capacity import RESERVED_KINDS, CapacityKind, Claim
from intertie.spec.cluster import Api, ApiAccess, Channel, ClusterSpec, Maintenance, Runner, Weekday
from intertie.spec.collector import Collector, CollectorKind
from intertie.spec.endpoint import Access, Auth, AuthKind, EndpointSpec
from intertie.spec.model import Architecture, ModelSpec, Precision
from intertie.spec.pipeline import Environment, PipelineSpec
from intertie.spec.placement import Account, Adopt, Egress, ExistingPool, Network, PlacementSpec, Role, State, Tier
from intertie.spec.reader import read_data, read_file, read_text
from intertie.spec.registry import CachedRegistry, Registry
from intertie.spec.schema_generator import json_schema
from intertie.spec.stage import Objective, Parallelism, ReplicaRange, Resources, Runtime, Scaling, StageSpec
from intertie.spec.team import Team, TeamRole
from intertie.spec.units import Count, Duration, Memory

__all__ = [
    "RESERVED_KINDS", "Access", "Account", "Adopt", "Alerts", "Api", "ApiAccess", "Architecture", "Auth", "AuthKind",
    "Budget", "CachedRegistry", "CapacityKind", "Channel", "Claim", "Cloud", "ClusterSpec", "Collector",
    "CollectorKind", "Count", "Duration", "Egress", "EndpointSpec", "Environment", "ExistingPool", "Maintenance",
    "Memory", "ModelSpec", "Network", "Objective", "Parallelism", "PipelineSpec", "PlacementSpec", "Precision",
    "Registry", "ReplicaRange", "Resources", "Role", "Runner", "Runtime", "Scaling", "StageSpec", "State", "Team",
    "TeamRole", "Tier", "Weekday", "json_schema", "read_data", "read_file", "read_text",
]  # fmt: skip
