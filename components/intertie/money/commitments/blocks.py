"""The best block for a peak: some whole days of more machines than are committed to anyway."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from intertie.money.commitments.offers import Offer
from intertie.money.commitments.rule import Demand

LONGEST, LONG_STEP, SHORT = 182, 7, 14
"""Days of a capacity block: each up to 14, then in steps of 7 up to 182."""


@dataclass(frozen=True, slots=True)
class Block:
    """Machines for some whole days, counted from the first hour of the simulation."""

    offer: Offer
    quantity: int
    start_day: int
    days: int
    price: float  # dollars, all of it before the block begins
    saving: float  # expected dollars against on-demand


def lengths(days: int) -> Iterator[int]:
    """Lengths that are sold and fit."""
    yield from range(1, min(SHORT, days) + 1)
    yield from range(SHORT + LONG_STEP, min(LONGEST, days) + 1, LONG_STEP)


def best_block(demand: Demand, held: int, offer: Offer, full: float, step_hours: float) -> Block | None:
    """The block of most expected saving on top of `held` machines; None when none saves anything.

    A machine of a block saves, in each hour, on-demand x P(it is wanted), and costs the block's price.
    """
    steps_per_day = round(24 / step_hours)
    days = demand.shape[1] // steps_per_day
    best: Block | None = None
    committed = float(offer.price)
    for quantity in offer.quantities or range(1, int(demand.max()) - held + 1):
        used = np.clip(demand - held, 0, quantity).mean(axis=0)[: days * steps_per_day]
        gain = (used.reshape(days, steps_per_day) * full - quantity * committed).sum(axis=1) * step_hours
        running = np.concatenate(([0.0], gain.cumsum()))
        for length in lengths(days):
            savings = running[length:] - running[:-length]
            last_start = min(len(savings), offer.ahead_days + 1) if offer.ahead_days else len(savings)
            start = int(savings[:last_start].argmax())
            saving = float(savings[start])
            if saving > 1e-9 and (best is None or saving > best.saving + 1e-9):
                best = Block(offer, quantity, start, length, quantity * committed * 24 * length, saving)
    return best
