"""The budget guard: meters a cluster from its live nodes, and holds it to its budget through replica ceilings.

machine.py   the states and when they change: pure
meter.py     nodes and prices → dollars per hour, or why that cannot be believed
actions.py   state and ceilings → which ceilings change: pure
memory.py    what is kept from one run to the next
tick.py      one run: read, decide, act, remember; over a port
kube.py      the port on a Kubernetes API server
"""

from intertie.money.guard.machine import Limits, Memory, Reading, State, decide
from intertie.money.guard.tick import Cluster, Outcome, tick

__all__ = ["Cluster", "Limits", "Memory", "Outcome", "Reading", "State", "decide", "tick"]
