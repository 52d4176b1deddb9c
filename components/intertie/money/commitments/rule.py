"""The rule, and the curve that it finds the bottom of. Pure numpy.

`demand` is machines (whole numbers) in simulated futures: shape (paths, hours). All hours count alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Demand = NDArray[np.int64]
MOST_MACHINES = 100_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Expected dollars per hour when `quantities[i]` machines are committed to and the rest is on demand."""

    quantities: NDArray[np.int64]
    cost: NDArray[np.float64]

    def cheapest(self) -> int:
        """The quantity of least cost; of several, the largest."""
        low = self.cost.min()
        return int(self.quantities[np.flatnonzero(self.cost <= low + abs(low) * 1e-12)[-1]])


def shares(demand: Demand) -> NDArray[np.float64]:
    """Share of hours, over all futures, in which at least k machines are wanted: index k from 0 to the most wanted."""
    counts = np.bincount(demand.ravel())
    return counts[::-1].cumsum()[::-1] / demand.size


def committed_quantity(demand: Demand, committed: float, on_demand: float) -> int:
    """How many machines to commit to: the k-th iff P(demand >= k), averaged over the term, >= committed / on-demand."""
    reached = shares(demand)
    # held without dividing: committed <= share x on-demand
    worth = committed <= reached * on_demand * (1 + 1e-12)
    worth[0] = True
    return int(np.flatnonzero(worth)[-1]) if committed <= on_demand else 0


def cost_curve(demand: Demand, committed: float, on_demand: float) -> Curve:
    """Expected cost per hour for every quantity from 0 to the most that is ever wanted."""
    reached = shares(demand)
    above = np.append(reached[1:][::-1].cumsum()[::-1], 0.0)  # expected machines beyond k
    quantities = np.arange(len(reached))
    return Curve(quantities, quantities * committed + above * on_demand)


def allowed_quantity(curve: Curve, allowed: Sequence[int]) -> int:
    """The cheapest quantity that the product is sold in, or 0. `allowed` empty: any."""
    if not allowed:
        return curve.cheapest()
    known = {int(quantity): float(cost) for quantity, cost in zip(curve.quantities, curve.cost, strict=True)}
    step = float(curve.cost[-1] - curve.cost[-2]) if len(curve.cost) > 1 else 0.0
    last = int(curve.quantities[-1])
    priced = {each: known.get(each, known[last] + (each - last) * step) for each in (0, *allowed) if each <= last}
    low = min(priced.values())
    return max(each for each, cost in priced.items() if cost <= low + abs(low) * 1e-12)
