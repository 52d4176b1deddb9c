"""Names of Google's services in a network without a way out: they lead to addresses that are reached from within."""

import pulumi
from pulumi_gcp import compute, dns

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags

DOMAINS = ("googleapis.com", "gcr.io", "pkg.dev")
RESTRICTED = ("199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7")
"""Addresses of restricted.googleapis.com (VPC documentation, Private Google Access)."""

_SECONDS = 300


def resolve(plan: Plan, options: BuildOptions, network: compute.Network) -> list[pulumi.Resource]:
    """A private zone per domain, and all of it at the restricted addresses. Nothing where there is a way out."""
    if plan.operations.egress != "none":
        return []
    return [made for domain in DOMAINS for made in _zone(plan, options, network, domain)]


def _zone(plan: Plan, options: BuildOptions, network: compute.Network, domain: str) -> list[pulumi.Resource]:
    project = plan.where.account.id if plan.where.account else None
    part = domain.replace(".", "-")
    name, opts = child(options, f"{part}-zone")
    inside = dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=network.id)
    zone = dns.ManagedZone(
        name,
        name=f"{plan.cluster}-{part}",
        project=project,
        dns_name=f"{domain}.",
        description=f"Google's services for {plan.cluster}",
        visibility="private",
        private_visibility_config=dns.ManagedZonePrivateVisibilityConfigArgs(networks=[inside]),
        labels=tags(plan, "gcp"),
        opts=opts,
    )
    records: list[pulumi.Resource] = [zone]
    for suffix, host, kind, values in (
        ("addresses", f"{domain}.", "A", RESTRICTED),
        ("names", f"*.{domain}.", "CNAME", (f"{domain}.",)),
    ):
        name, opts = child(options, f"{part}-{suffix}")
        record = dns.RecordSet(
            name, project=project, managed_zone=zone.name, name=host, type=kind, ttl=_SECONDS, rrdatas=list(values),
            opts=opts,
        )  # fmt: skip
        records.append(record)
    return records
