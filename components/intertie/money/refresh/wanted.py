"""Which prices to ask for."""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie import catalog


@dataclass(frozen=True, slots=True)
class Wanted:
    """Narrows the catalogue's machine types and regions; None is all."""

    cloud: str | None = None
    region: str | None = None
    machine: str | None = None
    accelerator: str | None = None

    def clouds(self) -> tuple[str, ...]:
        """Clouds that have the region, in a fixed order."""
        return tuple(cloud for cloud in catalog.CLOUDS if self.cloud in (None, cloud) and self.regions(cloud))

    def regions(self, cloud: str) -> tuple[str, ...]:
        """Regions of a cloud in which some wanted machine type is shown."""
        shown = {row.region for row in catalog.offerings(cloud) if row.machine in self.machines(cloud)}
        every = (row.name for row in catalog.regions(cloud))
        return tuple(name for name in every if self.region == name or (self.region is None and name in shown))

    def machines(self, cloud: str) -> frozenset[str]:
        return frozenset(self._machines(cloud))

    def _machines(self, cloud: str) -> Iterator[str]:
        for row in catalog.machines(cloud):
            if self.machine in (None, row.name) and self.accelerator in (None, row.accelerator):
                yield row.name
