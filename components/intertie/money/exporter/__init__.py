"""What a cluster costs, as Prometheus metrics: OpenCost's names where the meaning is the same, `intertie_` elsewhere.

snapshot.py  what is known at one moment: plain data
metrics.py   snapshot → exposition text
server.py    the endpoint; a scrape sends bytes that are ready
"""

from intertie.money.exporter.metrics import exposition
from intertie.money.exporter.server import Endpoint
from intertie.money.exporter.snapshot import Meter, Snapshot

__all__ = ["Endpoint", "Meter", "Snapshot", "exposition"]
