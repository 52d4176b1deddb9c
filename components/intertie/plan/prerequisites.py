"""What must be there, or be decided, before a placement can be deployed: reservations, DNS, the way to its API."""

from dataclasses import dataclass

from intertie.plan.budgets import KEYS, cloud_budget
from intertie.plan.caches import ImageCache, made
from intertie.plan.links import Link
from intertie.plan.recipients import desks
from intertie.plan.secrets import needs
from intertie.plan.types import Plan, PoolPlan

_LOOKUP = {
    "odcr": "aws ec2 describe-capacity-reservations --capacity-reservation-ids {id} --region {region}",
    "capacity-block": "aws ec2 describe-capacity-reservations --capacity-reservation-ids {id} --region {region}",
    "crg": "az capacity reservation group show --ids {id}",
    "azure-block": "az capacity reservation group show --ids {id}",
    "reservation": "gcloud compute reservations describe {id} --zone={zone}",
    "future-reservation": "gcloud compute future-reservations describe {id} --zone={zone}",
}


_FILLED = "the stack makes it empty; `intertie replicate` fills it"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """One thing to be seen to. `how` is a command or a sentence."""

    kind: str  # reservation | feature | secret | tag | api | dns | certificate | interconnect
    name: str
    what: str
    how: str


def prerequisites(plan: Plan) -> tuple[Prerequisite, ...]:
    """In the order in which they are needed."""
    reserved = [pool for pool in plan.accelerator_pools() if not pool.retiring and getattr(pool.claim, "id", "")]
    found = [_reservation(plan, pool) for pool in reserved]
    found += _features(plan)
    found += [Prerequisite("secret", need.key, need.why, _FILLED) for need in needs(plan)]
    found += [_token(cache) for cache in made(plan) if cache.credentials is not None]
    if plan.cloud == "aws" and cloud_budget(plan) is not None:
        found += [_tag(key) for key in KEYS]
    if plan.cloud == "aws" and plan.platform != "existing" and "cluster" in plan.renders:
        found += [_address(each) for desk in desks(plan) for each in desk.addresses]
    if plan.platform != "existing" and "cluster" in plan.renders:
        found.append(_api(plan))
    found += [_other_end(plan, link) for link in plan.links]
    if plan.endpoint is not None and "workload" in plan.renders:
        found += _door(plan)
    return tuple(found)


def _token(cache: ImageCache) -> Prerequisite:
    """A cache without its token fetches nothing: nodes see no image."""
    assert cache.credentials is not None
    what = f"token of {cache.credentials.username} for {cache.host}: without it nothing comes through its cache"
    return Prerequisite("secret", cache.credentials.key, what, _FILLED)


def _features(plan: Plan) -> list[Prerequisite]:
    """What a subscription must have turned on: without it the pool is refused."""
    joined = plan.cloud == "azure" and any(p.fabric == "infiniband" and p.hosts > 1 for p in plan.accelerator_pools())
    if not joined or plan.platform == "existing":
        return []
    how = "az feature register --namespace Microsoft.ContainerService --name AKSInfinibandSupport"
    return [Prerequisite("feature", "AKSInfinibandSupport", "replicas over several machines talk InfiniBand", how)]


def _reservation(plan: Plan, pool: PoolPlan) -> Prerequisite:
    """What is reserved must be of this machine type, in this zone, and not over."""
    claim = pool.claim
    end, start = getattr(claim, "end", None), getattr(claim, "start", None)
    window = f", from {start.isoformat()}" if start else ""
    window += f", until {end.isoformat()}: the cloud takes the machines back around then" if end else ""
    zone = ", ".join(pool.zones) or "any zone"
    identifier = str(getattr(claim, "id", ""))
    how = _LOOKUP[pool.kind].format(id=identifier, region=plan.region, zone=pool.zones[0] if pool.zones else "ZONE")
    return Prerequisite(
        "reservation", identifier, f"{pool.kind} of {pool.max_nodes} × {pool.machine} in {zone}{window}", how
    )


def _address(address: str) -> Prerequisite:
    """SNS writes to nobody who has not agreed. Source: Amazon SNS developer guide, email notifications."""
    what = "the topic of alerts writes nothing to it until somebody has followed the link in its first message"
    return Prerequisite("address", address, what, "look for that message after the first deployment")


def _tag(key: str) -> Prerequisite:
    """What costs are told apart by, the payer's account activates, a day after the key was first used."""
    how = f"aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey={key},Status=Active"
    return Prerequisite("tag", key, "the payer's account counts costs by it: till then the budget counts nothing", how)


def _other_end(plan: Plan, link: Link) -> Prerequisite:
    """Each end makes its part when it is told of the other one, and tunnels when both have the same key."""
    key = ", and the key that both ends share as `interconnect_keys`" if link.tunnels else ""
    what = f"{link.kind}: what {link.placement} publishes as `interconnects` for {plan.placement}{key}"
    how = f"pulumi config set --path 'peers.{link.placement}[0]' VALUE ({link.wanted} in all)"
    return Prerequisite("interconnect", link.placement, what, how)


def _api(plan: Plan) -> Prerequisite:
    operations = plan.operations
    if operations.api == "public":
        ranges = ", ".join(operations.api_ranges) or "everywhere"
        return Prerequisite("api", plan.cluster, f"the Kubernetes API answers to {ranges}", "run Pulumi from there")
    if operations.runner_proxy:
        how = f"open the tunnel behind {operations.runner_proxy} first"
    elif operations.runner_network:
        how = f"route {plan.addresses.nodes} from {operations.runner_network} to the peering that this stack makes"
    elif operations.runner_ranges:
        how = f"connect {', '.join(operations.runner_ranges)} with {plan.addresses.network}"
    else:
        how = "say how in `cluster.api.runner`, or name ranges in `cluster.api.allow`"
    return Prerequisite("api", plan.cluster, "the Kubernetes API has a private address alone", how)


def _door(plan: Plan) -> list[Prerequisite]:
    assert plan.endpoint is not None
    host = plan.endpoint.host
    found = [Prerequisite("dns", host, f"a record that leads to the gateway of {plan.placement}", f"dig +short {host}")]
    if plan.endpoint.certificate is None:
        secret = plan.endpoint.tls_secret or f"{plan.spec.name}-tls"
        what = f"the secret {secret} in namespace {plan.namespace}"
        found.append(Prerequisite("certificate", host, what, "issue it for the host, and see the secret above"))
    return found
