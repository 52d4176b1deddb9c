"""The organisation's contract prices in the cluster: a ConfigMap that guard and exporter read."""

import hashlib
from typing import Any

from intertie.plan import LABEL, Plan
from intertie.workload.manifest import Manifest, metadata

NAME = "intertie-contract-prices"
FILE = "/etc/intertie-prices/prices.csv"


def objects(plan: Plan, prices: str) -> tuple[Manifest, ...]:
    """The prices as a price file. () without any: list prices hold then."""
    if not prices:
        return ()
    about = metadata(plan, NAME)
    about["labels"] = dict(sorted({**about["labels"], f"{LABEL}/prices": "contract"}.items()))
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {FILE.rpartition("/")[2]: prices}}
    return (Manifest(NAME, body, needs=("namespace",)),)


def priced(pod: dict[str, Any], prices: str) -> dict[str, Any]:
    """The pod, whose one container reads the prices; as it was without any."""
    if not prices:
        return pod
    (container,) = pod["containers"]
    mount = {"name": "prices", "mountPath": FILE.rpartition("/")[0], "readOnly": True}
    volume = {"name": "prices", "configMap": {"name": NAME}}
    told = {
        **container,
        "command": [*container["command"], "--prices", FILE],
        "volumeMounts": [*container.get("volumeMounts", ()), mount],
    }
    return {**pod, "containers": [told], "volumes": [*pod.get("volumes", ()), volume]}


def annotations(prices: str) -> dict[str, str]:
    """What starts a pod anew when prices change, as it reads them once."""
    return {f"{LABEL}/contract-prices": hashlib.sha256(prices.encode()).hexdigest()[:16]} if prices else {}
