"""How much capacity to commit to: decided on simulated demand, with what it costs if demand does not come.

    decision = decide(demand, market)      # demand: (paths, hours) machines; market: what the machine costs how
    decision.options                       # per product and term: how many, expected cost, exposure
    decision.best                          # the cheapest of them that can be priced

The rule: the k-th machine is worth committing to iff the share of hours with demand >= k is at least committed price
over on-demand price. It is the newsvendor's critical fractile, and holds against brute force over all quantities.
"""

from intertie.money.commitments.blocks import Block, best_block
from intertie.money.commitments.decide import Decision, Option, decide
from intertie.money.commitments.offers import Market, Offer, market_of
from intertie.money.commitments.rule import Curve, committed_quantity, cost_curve

__all__ = [
    "Block", "Curve", "Decision", "Market", "Offer", "Option", "best_block", "committed_quantity", "cost_curve",
    "decide", "market_of",
]  # fmt: skip
