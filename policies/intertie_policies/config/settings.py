"""All sections together."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from intertie_policies.config.base import Section
from intertie_policies.config.capacity import Capacity
from intertie_policies.config.cost import Cost
from intertie_policies.config.exposure import Exposure
from intertie_policies.config.regions import Regions
from intertie_policies.config.resilience import Resilience
from intertie_policies.config.tagging import Tagging
from intertie_policies.config.waivers import Waiver

MOST_WAIVER_DAYS = 366
"""No organisation may let an exception stand for longer than a year without looking at it again."""

LevelName = Literal["disabled", "advisory", "mandatory", "remediate"]


class Environment(Section):
    """Stacks that are held to other levels: `development` is not `production`."""

    stacks: tuple[str, ...] = Field(default=(), description="Names of stacks that belong to it, with `*`.")
    highest: LevelName = Field(
        default="mandatory", description="No rule is stricter than this here: `advisory` lets everything through."
    )
    levels: dict[str, LevelName] = Field(default={}, description="Level by rule; goes before `highest`.")


class Settings(Section):
    """What rules and packs are told by the organisation."""

    environment: str = Field(
        default="", description="The environment of these stacks. Empty: by the stack's name, else production."
    )
    environments: dict[str, Environment] = Field(default={}, description="Environments by name.")
    remediate: tuple[str, ...] = Field(
        default=(), description="Rules whose safe change is made instead of a violation. None, unless named."
    )
    stack_config: dict[str, str] = Field(
        default={}, description="Provider configuration (`aws:region`) for lists that come without it."
    )
    regions: Regions = Regions()
    capacity: Capacity = Capacity()
    tagging: Tagging = Tagging()
    cost: Cost = Cost()
    exposure: Exposure = Exposure()
    resilience: Resilience = Resilience()
    waivers: tuple[Waiver, ...] = ()
    longest_waiver_days: int = Field(
        default=180, ge=1, le=MOST_WAIVER_DAYS, description="How many days from today a waiver may end, at most."
    )

    def environment_of(self, stack: str) -> str:
        """The environment that a stack belongs to. What nobody names is production: the strictest."""
        if self.environment:
            return self.environment
        for name, environment in self.environments.items():
            if any(fnmatchcase(stack, pattern) for pattern in environment.stacks):
                return name
        return "production"
