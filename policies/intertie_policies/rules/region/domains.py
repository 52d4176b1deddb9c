"""What must not fail together."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie_policies.pools import CLUSTERS
from intertie_policies.region import region_name
from intertie_policies.resources import Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule, unknown

_IN_URL = (
    re.compile(r"[?&]region=([a-z0-9-]+)"),
    re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):"),
    re.compile(r"/locations/([a-z0-9-]+)/"),
    re.compile(r"[?&]location=([a-z0-9-]+)"),
)
_OF_CLOUDS = ("s3://", "gs://", "azblob://", "awskms://", "gcpkms://", "azurekeyvault://")
"""Addresses of what lies in some region of a cloud. Other backends are a service's own concern."""


@stack_rule(
    "failover-apart-from-primary",
    "region",
    types=CLUSTERS,
    description="A failover does not lie in the failure domain of its primary: another region, of any cloud.",
    rationale="What fails with the primary is no failover.",
    remediation="Move the failover to another region, or correct `regions.primaries`.",
    settings=["regions"],
)
def failover_apart(stack: Stack, context: Context) -> Iterator[Violation]:
    for pattern, place in context.settings.regions.primaries.items():
        if not fnmatchcase(context.stack, pattern):
            continue
        cloud, _, region = place.partition(":")
        for cluster in stack.of_type(*CLUSTERS):
            found = cluster.region.text
            if found and cluster.cloud == cloud and found == region_name(region, cloud):
                message = f"the failover lies in {found}, where its primary is"
                yield fail(cluster, message, *cluster.region.path)


@stack_rule(
    "state-apart-from-primary",
    "region",
    types=CLUSTERS,
    description="State backend and secrets key are not in the region that the stack's clusters may lose.",
    rationale="When the region fails, the state that says what to rebuild is gone, or the key that opens it.",
    remediation="Keep state and key in another region, and name it in their addresses (`?region=...`).",
    settings=["regions"],
)
def state_apart(stack: Stack, context: Context) -> Iterator[Violation]:
    regions = context.settings.regions
    for what, url in (("the state", regions.state_backend), ("the secrets key", regions.secrets_provider)):
        place = region_in(url)
        if place is None and not url.startswith(_OF_CLOUDS):
            continue
        for cluster in stack.of_type(*CLUSTERS):
            if place is None:
                yield unknown(cluster, cluster.region, f"{what} ({url[:80]}) lies nobody knows where")
            elif cluster.region.text == place:
                yield fail(cluster, f"{what} ({url[:80]}) lies in {place}, with the cluster", *cluster.region.path)


def region_in(url: str) -> str | None:
    """The region that the address of a state backend or of a key names; None when it names none."""
    found = (pattern.search(url) for pattern in _IN_URL)
    return next((match.group(1) for match in found if match), None)
