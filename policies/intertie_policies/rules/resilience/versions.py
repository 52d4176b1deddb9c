"""Kubernetes versions and how long the clouds support them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from intertie_policies.accessor import Value
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule

_VERSION = {EKS_CLUSTER: "version", AKS_CLUSTER: "kubernetesVersion", GKE_CLUSTER: "minMasterVersion"}


@dataclass(frozen=True, slots=True)
class Support:
    """Until when a cloud supports a minor version. `extended_until` is paid for, and only on AWS."""

    cloud: str
    version: str
    standard_until: date
    extended_until: date | None
    source: str
    as_of: date


@cache
def supports() -> dict[tuple[str, str], Support]:
    """All rows of `data/kubernetes_versions.csv`, by cloud and minor version."""
    text = resources.files("intertie_policies").joinpath("data/kubernetes_versions.csv").read_text("utf-8")
    rows = (
        Support(
            row["cloud"], row["version"], date.fromisoformat(row["standard_until"]),
            date.fromisoformat(row["extended_until"]) if row["extended_until"] else None,
            row["source"], date.fromisoformat(row["as_of"]),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip
    return {(row.cloud, row.version): row for row in rows}


def _minor(text: str) -> str:
    """`1.35.2-gke.100` → `1.35`."""
    return ".".join(text.removeprefix("v").split(".")[:2])


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split(".") if part.isdigit())


def _end(cluster: Resource, version: str) -> date | None:
    """The last day of support; the day before every day for versions older than the table; None for newer ones."""
    cloud, minor = cluster.cloud or "", _minor(version)
    if cloud == "gcp" and cluster["releaseChannel"]["channel"].text == "EXTENDED":
        return None  # two years from the release; the table has no dates of that channel
    row = supports().get((cloud, minor))
    if row is not None:
        extended = cloud == "aws" and cluster["upgradePolicy"]["supportType"].text == "EXTENDED"
        return row.extended_until if extended and row.extended_until else row.standard_until
    known = [_number(each) for of, each in supports() if of == cloud]
    return date.min if _number(minor) < min(known) else None


@rule(
    "kubernetes-version-supported",
    "resilience",
    types=_VERSION,
    baseline=Level.MANDATORY,
    description="Clusters name a Kubernetes version that their cloud supports, or let the cloud keep it current.",
    rationale="Out of support there are no fixes, six times the price on EKS, and an upgrade when the cloud likes.",
    remediation="Upgrade one minor version at a time, first the control plane, then the pools.",
    references=["Amazon EKS user guide, Kubernetes release calendar", "AKS documentation, supported versions",
                "GKE release schedule"],
)  # fmt: skip
def kubernetes_version_supported(cluster: Resource, context: Context) -> Iterator[Violation]:
    version = cluster[_VERSION[cluster.type]]
    text = version.text
    if text is None:
        if version.absent and not _kept_current(cluster):
            yield fail(cluster, "no version is named: the cloud chooses one, and it ages from there", *version.path)
        return
    if cluster.ignores(_VERSION[cluster.type]) and _kept_current(cluster):
        return  # what is written is the version of the beginning
    end = _end(cluster, text)
    if end is not None and end < context.today:
        left = f"since {end}" if end != date.min else "since before the calendar begins"
        yield fail(cluster, f"{_minor(text)} is out of support {left}", *version.path)


def _kept_current(cluster: Resource) -> bool:
    """Whether a channel of the cloud upgrades it. GKE enrols every cluster that does not refuse."""
    if cluster.type == AKS_CLUSTER:
        channel: Value = cluster["autoUpgradeProfile"]["upgradeChannel"]
        return channel.unknown or (channel.text or "none").lower() not in ("none", "node-image")
    if cluster.type == GKE_CLUSTER:
        return cluster["releaseChannel"]["channel"].text != "UNSPECIFIED"
    return False


@rule(
    "kubernetes-version-not-ending",
    "resilience",
    types=_VERSION,
    production=Level.ADVISORY,
    description="The support of a cluster's Kubernetes version does not end within the notice period.",
    rationale="An upgrade wants a rehearsal with the accelerators' drivers; the day after the end is too late for it.",
    remediation="Plan the upgrade to the next minor version now.",
    references=["Amazon EKS user guide, Kubernetes release calendar", "AKS documentation, supported versions",
                "GKE release schedule"],
    settings=["resilience"],
)  # fmt: skip
def kubernetes_version_not_ending(cluster: Resource, context: Context) -> Iterator[Violation]:
    version = cluster[_VERSION[cluster.type]]
    text = version.text
    kept = cluster.ignores(_VERSION[cluster.type]) and _kept_current(cluster)
    end = _end(cluster, text) if text and not kept else None
    if end is None or end < context.today:
        return  # out of support already: the other rule says so
    if end <= context.today + timedelta(days=context.settings.resilience.version_notice_days):
        yield fail(cluster, f"the support of {_minor(text or '')} ends on {end}", *version.path)
