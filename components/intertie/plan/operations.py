"""How a placement's cluster is run, decided: plain data that every platform renders in its cloud's words."""

from dataclasses import dataclass
from math import ceil

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Window:
    """When upgrades may happen, weekly, in UTC."""

    day: str = "sunday"
    start: str = "02:00"
    hours: int = 6

    def days(self, least: int) -> tuple[str, ...]:
        """The day and as many after it as it takes to be open `least` hours a week, each as long as the first."""
        first = WEEKDAYS.index(self.day)
        return tuple(WEEKDAYS[(first + later) % 7] for later in range(ceil(least / self.hours)))


@dataclass(frozen=True, slots=True)
class TeamAccess:
    """A team and who it is on the placement's cloud. `view` and `edit` are of the namespace, `admin` of the cluster."""

    name: str
    role: str  # view | edit | admin
    principals: tuple[str, ...]  # as the cloud writes them, at least one


@dataclass(frozen=True, slots=True)
class Operations:
    """What a platform team decides about a cluster, whichever cloud it is on."""

    api: str = "public"  # public | private
    api_ranges: tuple[str, ...] = ()  # that reach a public API; () = all, behind the cloud's sign-in
    runner_network: str = ""  # network to peer with, so that the runner reaches a private API
    runner_ranges: tuple[str, ...] = ()  # the runner's addresses, let in to a private API
    runner_proxy: str = ""  # proxy that kubeconfig names
    channel: str = "regular"  # stable | regular | rapid | extended
    window: Window = Window()
    deletion_protection: bool = False
    purge_protection: bool = False  # as described: where a cloud's vaults have it, it can never be lifted
    log_days: int = 90  # at least: a cloud that knows steps only takes the next one up
    key: str = ""  # existing key for the cluster's secrets; "" = one is made
    egress: str = "nat"  # nat | none
    endpoints: bool = True  # private endpoints for the cloud's own services
    flow_logs: bool = True
    generation: int = 1  # of the pools that stages run on
    retiring: tuple[int, ...] = ()  # earlier generations whose pools drain
    teams: tuple[TeamAccess, ...] = ()  # those with a principal on this cloud
    deployer: str = ""  # who runs Pulumi; "" = unknown: whoever creates the cluster administers it
