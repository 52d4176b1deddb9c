"""GKE's ComputeClass as its autoscaler reads it: which pools grow for pods of a class, in which order.

Source: GKE documentation, custom compute classes, and its reference of the ComputeClass resource.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.lab.world import Pool

PATH = "/apis/cloud.google.com/v1/computeclasses"
KEY = "cloud.google.com/compute-class"
"""Label and taint of the nodes of a class, and the label by which pods ask for it."""


@dataclass(frozen=True, slots=True)
class ComputeClass:
    """One class: names of pools per rule, and whether any other pool of the class grows where no rule helps."""

    name: str
    rules: tuple[frozenset[str], ...] = ()
    anyway: bool = False

    def steps(self, pools: Iterable[Pool]) -> list[list[Pool]]:
        """Pools that may grow, first choice first. Those that are of no class by label and taint never do."""
        own = [pool for pool in pools if self._has(pool)]
        ordered = [[pool for pool in own if pool.name in rule] for rule in self.rules]
        return [*ordered, own] if self.anyway else ordered

    def _has(self, pool: Pool) -> bool:
        return pool.labels.get(KEY) == self.name and f"{KEY}={self.name}:NoSchedule" in pool.taints


def asked_by(pod: Mapping[str, Any]) -> str:
    """The class that a pod asks for; "" for none."""
    return (pod["spec"].get("nodeSelector") or {}).get(KEY, "")


def read(objects: Iterable[Mapping[str, Any]]) -> dict[str, ComputeClass]:
    """Classes by name. From GKE 1.33 on nothing grows beyond the rules, unless a class says so."""
    found = {}
    for each in objects:
        spec, name = each.get("spec") or {}, each["metadata"]["name"]
        rules = tuple(frozenset(rule.get("nodepools") or ()) for rule in spec.get("priorities") or ())
        found[name] = ComputeClass(name, rules, spec.get("whenUnsatisfiable") == "ScaleUpAnyway")
    return found
