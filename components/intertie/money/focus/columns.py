"""The columns, in the order in which they are written, and what is the same in every row of a placement."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from intertie.plan import Plan

COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId",
    "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
    "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
    "x_Capacity", "x_CostCenter", "x_GpuHours", "x_Model", "x_Owner", "x_Placement", "x_PriceDate", "x_PriceSource",
    "x_Record", "x_Stage",
)  # fmt: skip

PLANNED, ACTUAL = "planned", "actual"
PROVIDERS = {"aws": ("AWS", "AWS"), "azure": ("Microsoft", "Microsoft"), "gcp": ("Google Cloud", "Google Cloud")}
ACCOUNTS = {"aws": "Account", "azure": "Subscription", "gcp": "Project"}
MACHINES = {"aws": "Amazon Elastic Compute Cloud", "azure": "Virtual Machines", "gcp": "Compute Engine"}
CLUSTERS = {"aws": "Amazon Elastic Kubernetes Service", "azure": "Azure Kubernetes Service",
            "gcp": "Google Kubernetes Engine"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """Where a cost belongs in FOCUS' own list of services."""

    name: str
    category: str
    subcategory: str
    unit: str = "Hours"


def service_of(kind: str, cloud: str) -> Service:
    """Of a line of a cost: its kind of service, or a machine."""
    if kind == "control-plane":
        return Service(CLUSTERS[cloud], "Compute", "Containers")
    if kind in ("nat-gateway", "load-balancer") or kind.startswith(("vpn-", "egress")):
        subcategory = "Network Connectivity" if kind.startswith("egress") else "Network Infrastructure"
        return Service("Networking", "Networking", subcategory)
    if kind == "object-storage":
        return Service("Object Storage", "Storage", "Object Storage", "GB-Hours")
    if kind.startswith("disk"):
        return Service("Block Storage", "Storage", "Block Storage", "GB-Hours")
    return Service(MACHINES[cloud], "Compute", "Virtual Machines")


def base(plan: Plan, day: date, record: str) -> dict[str, Any]:
    """What does not depend on the resource: account, periods, place, tags."""
    month = day.replace(day=1)
    after = month + timedelta(days=monthrange(month.year, month.month)[1])
    account = plan.where.account.id if plan.where.account is not None else None
    provider, issuer = PROVIDERS[plan.cloud]
    return {
        **dict.fromkeys(COLUMNS),
        "BillingAccountId": f"account-{account}" if account else f"unknown-{plan.placement}",
        "BillingAccountName": account or plan.placement,
        "BillingAccountType": ACCOUNTS[plan.cloud],
        "BillingCurrency": "USD",
        "BillingPeriodStart": midnight(month),
        "BillingPeriodEnd": midnight(after),
        "ChargePeriodStart": midnight(day),
        "ChargePeriodEnd": midnight(day + timedelta(days=1)),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "InvoiceIssuerName": issuer,
        "ProviderName": provider,
        "PublisherName": provider,
        "RegionId": plan.region,
        "RegionName": plan.region,
        "SubAccountId": f"placement-{plan.placement}",
        "SubAccountName": plan.placement,
        "SubAccountType": "Placement",
        "Tags": dict(plan.tags),
        "x_CostCenter": plan.spec.cost_center,
        "x_Owner": plan.spec.owner,
        "x_Placement": plan.placement,
        "x_Record": record,
    }


def midnight(day: date) -> str:
    """The beginning of a day, as FOCUS writes times: UTC."""
    return f"{day.isoformat()}T00:00:00Z"


def priced(quantity: Decimal, unit_price: Decimal, list_price: Decimal | None) -> dict[str, Any]:
    """The cost columns. `list_price` None: no public price is known; FOCUS then takes the contracted one."""
    cost = quantity * unit_price
    listed = list_price if list_price is not None else unit_price
    return {
        "PricingQuantity": quantity,
        "ContractedUnitPrice": unit_price,
        "ContractedCost": cost,
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListUnitPrice": listed,
        "ListCost": quantity * listed,
    }
