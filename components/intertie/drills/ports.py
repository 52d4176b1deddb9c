"""What a drill needs of the world. A lab, a real cloud and a test give it, each in its own way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of one stage."""

    ready: int
    wanted: int

    @property
    def complete(self) -> bool:
        return self.ready >= self.wanted > 0


class Engine(Protocol):
    """Deploys placements of one pipeline; each is a stack of its own. OutsideError when a deployment fails."""

    def describe(self, placement: str, tier: str) -> None:
        """From now on the description asks for this tier at the placement."""
        ...

    def preview(self, placement: str) -> Mapping[str, int]:
        """How many resources would change, per kind of change. Packs judge here, before anything is touched."""
        ...

    def deploy(self, placement: str) -> Mapping[str, int]:
        """How many resources changed, per kind of change."""
        ...


class Cluster(Protocol):
    """The clusters of the placements."""

    def stages(self, placement: str) -> Mapping[str, Pods]:
        """Pods per stage, as its cluster says now. OutsideError when the cluster does not answer."""
        ...


class Cloud(Protocol):
    """The clouds themselves."""

    def fail(self, cloud: str) -> None:
        """From now on every API of the cloud refuses, and its clusters do not answer."""
        ...

    def heal(self, cloud: str) -> None:
        """All of that is over."""
        ...


class Clock(Protocol):
    """Two clocks that are never added: what was measured, and what is charged from stated assumptions."""

    def real(self) -> float:
        """Seconds on the wall."""
        ...

    def modelled(self) -> float:
        """Seconds of the simulated clouds; 0 for ever where nothing is simulated."""
        ...

    def wait(self, seconds: float) -> None:
        """Let real time pass."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a drill sees of the world."""

    engine: Engine
    cluster: Cluster
    cloud: Cloud
    clock: Clock
