"""How long the containers of a pod take, from the pod alone: its images, its arguments and two tables of priors.

Intertie's own estimate (`plan/startup.py`), which the probes are made from, is not asked: a probe that is too short
for what is known of images and weights shall fail here.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

PULL_GIB_PER_SECOND = 0.06
"""15 to 20 GB take 4 to 6 minutes on a new node. Source: AWS containers blog, 2025."""
READ_GIB_PER_SECOND = 0.29
STREAM_GIB_PER_SECOND = 1.0
"""15 GB from a gp3 volume in 48 s; from object storage with a streaming loader in 5 s, of which a third is counted.
Source: run:ai model streamer, benchmarks."""
_SIZE_IN_NAME = re.compile(r"(?<![0-9a-zA-Z.])(?:(\d+)x)?(\d+(?:\.\d+)?)[bB](?![0-9a-zA-Z])")
_GIB = 2**30
_START_SECONDS = 1.0  # of a container that was pulled


@dataclass(frozen=True, slots=True)
class Loading:
    """Seconds of one container from its start until it answers."""

    name: str
    seconds: float


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    text = files("intertie.lab").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _image_row(image: str) -> dict[str, str]:
    return next(row for row in _table("images.csv") if row["match"] == "*" or row["match"] in image)


def pull_seconds(pod: Mapping[str, Any], present: Iterable[str]) -> float:
    """Time to fetch the pod's images that are not on the node, one after another as a kubelet does."""
    there = set(present)
    missing = {image for image in images(pod) if image not in there}
    return sum(float(_image_row(image)["gib"]) / PULL_GIB_PER_SECOND for image in missing)


def images(pod: Mapping[str, Any]) -> list[str]:
    """Images that a node has to pull for a pod, those of its init containers first."""
    spec = pod["spec"]
    return [container["image"] for container in [*(spec.get("initContainers") or []), *spec["containers"]]]


def loading(container: Mapping[str, Any]) -> Loading:
    """Weights and warm-up of one container. Without weights, what its kind of image takes."""
    warm = float(_image_row(container["image"])["warm_s"])
    words = [str(word) for word in (*(container.get("command") or []), *(container.get("args") or []))]
    speed = STREAM_GIB_PER_SECOND if any("streamer" in word for word in words) else READ_GIB_PER_SECOND
    return Loading(container["name"], _START_SECONDS + weights_gib(words) / speed + warm)


def weights_gib(words: Iterable[str]) -> float:
    """Size of the weights that a command line names; 0 when it names none."""
    for word in words:
        for row in _table("models.csv"):
            if row["match"].lower() in word.lower():
                return float(row["parameters"]) * float(row["bytes"]) / _GIB
        if "/" in word and (match := _SIZE_IN_NAME.search(word)):
            return float(match[1] or 1) * float(match[2]) * 1e9 * 2 / _GIB  # published in 16 bits
    return 0.0


def patience(container: Mapping[str, Any]) -> float | None:
    """Seconds after its start at which a container that does not answer is killed; None: never.

    Source: Kubernetes documentation, configure liveness, readiness and startup probes.
    """
    probe = container.get("startupProbe")
    if probe is None and (probe := container.get("livenessProbe")) is None:
        return None
    return probe.get("initialDelaySeconds", 0) + probe.get("failureThreshold", 3) * probe.get("periodSeconds", 10)
