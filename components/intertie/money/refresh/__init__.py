"""Fetches list prices from the clouds' public price lists into a file, which `--prices` then reads.

    refresh(Path("prices.csv"), Wanted(cloud="azure", region="swedencentral"), today)   # Refreshed

Nothing is written unless every request succeeded: offline, or when a list is cut short, the old file stays as it is.
Prices that cannot be true are refused, each with its reason. No credentials are needed.
"""

from intertie.money.refresh.run import Refreshed, refresh
from intertie.money.refresh.wanted import Wanted

__all__ = ["Refreshed", "Wanted", "refresh"]
