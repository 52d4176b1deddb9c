"""What it may cost."""

from typing import Annotated

from pydantic import Field, field_validator

from intertie_policies.config.base import Section, placed


class Cost(Section):
    """What it may cost. Amounts are US dollars; prices are the catalogue's list prices, or one's own."""

    max_hourly_usd: float = Field(
        default=1_000, gt=0, description="Most that the floors of a stack's pools may cost an hour."
    )
    max_monthly_usd: float = Field(
        default=500_000, gt=0, description="Most that the floors of a stack's pools may cost a month of 730 hours."
    )
    max_ceiling_monthly_usd: float = Field(
        default=3_000_000, gt=0, description="Most that a stack may cost a month with every pool at its ceiling."
    )
    ceiling_over_budget: float = Field(
        default=4, ge=1, description="How many times the stack's own budget a month at the ceilings may cost."
    )
    prices: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default={}, description="Own prices in US dollars an hour, by `cloud:machine`: {`aws:p5.48xlarge`: 31.5}."
    )
    budget_elsewhere: str = Field(
        default="", description="Where budgets are kept when they are not in the stacks: `landing zone, billing team`."
    )
    log_retention_days: int = Field(default=365, gt=0, description="How long a remediation keeps logs.")
    max_node_disk_gib: int = Field(default=2_000, gt=0, description="Largest system disk of a node.")
    max_nat_gateways_per_network: int = Field(default=3, gt=0, description="NAT gateways of one network.")

    @field_validator("prices")
    @classmethod
    def _machines(cls, prices: dict[str, float]) -> dict[str, float]:
        return {placed(machine): price for machine, price in prices.items()}
