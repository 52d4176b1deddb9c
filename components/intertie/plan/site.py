"""The placement that a plan is made for, with what the catalogue knows of its region."""

from dataclasses import dataclass

from intertie import catalog
from intertie.plan.residency import region_of
from intertie.spec import PipelineSpec, PlacementSpec, StageSpec


@dataclass(frozen=True, slots=True)
class Site:
    """One placement. `region` is None when the catalogue does not know it."""

    spec: PipelineSpec
    name: str
    where: PlacementSpec
    region: catalog.Region | None

    @classmethod
    def of(cls, spec: PipelineSpec, name: str) -> "Site":
        where = spec.placements[name]
        return cls(spec, name, where, region_of(where))

    @property
    def cloud(self) -> str:
        return self.where.cloud.value

    @property
    def path(self) -> str:
        return f"placements.{self.name}"

    def stage_path(self, stage: StageSpec) -> str:
        """Place of a stage in the description, for problems."""
        return f"stages[{next(i for i, other in enumerate(self.spec.stages) if other is stage)}]"
