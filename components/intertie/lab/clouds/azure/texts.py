"""What Azure says when machines cannot be had. Texts of public issues, see `data/errors.json`."""

from intertie.lab.capacity import Shortage
from intertie.lab.errors import CloudError
from intertie.lab.world import Pool

NO_SUCH_SIZE = (
    "Virtual Machine size: '{machine}' is not supported for subscription {subscription} in location '{region}'. Please"
    " refer to aka.ms/aks/vm-size-selector to find supported VM sizes."
)
_ALLOCATION = (
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about"
    " improving likelihood of allocation success at http://aka.ms/allocation-guidance"
)
_ZONAL = (
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about"
    " improving likelihood of allocation success at http://aka.ms/allocation-guidance"
)
_RESERVED = (
    "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too"
    " restrictive. Please remove some constraints and try again. Constraints applied are: Capacity Reservation"
)
_QUOTA = (
    "Operation could not be completed as it results in exceeding approved {quota} Cores quota. Additional details -"
    " Deployment Model: Resource Manager, Location: {region}, Current Limit: {limit}, Current Usage: {used}, Additional"
    " Required: {wanted}, (Minimum) New Limit Required: {needed}."
)
_NOT_OFFERED = (
    "The requested size for resource '{name}' is currently not available in location '{region}' zones '{zone}' for"
    " subscription. Please try another size or deploy to a different location or zones."
)


def shortage(short: Shortage, pool: Pool, region: str) -> CloudError:
    """The error of the pool whose machines cannot be had."""
    if short.kind == "quota":
        quota = "LowPriorityCores" if short.what.startswith("spot:") else f"{short.what} Family"
        text = _QUOTA.format(
            quota=quota.replace("Family Family", "Family"), region=region, limit=short.limit, used=short.used,
            wanted=short.wanted, needed=short.used + short.wanted,
        )  # fmt: skip
        return CloudError("OperationNotAllowed", text)
    if short.kind == "offer":
        text = _NOT_OFFERED.format(name=pool.name, region=region, zone=",".join(pool.zones))
        return CloudError("SkuNotAvailable", text)
    if short.kind == "reservation":
        return CloudError("OverconstrainedAllocationRequest", _RESERVED)
    return CloudError(
        "ZonalAllocationFailed" if pool.zones else "AllocationFailed", _ZONAL if pool.zones else _ALLOCATION
    )
