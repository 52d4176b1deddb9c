"""A check of FOCUS 1.2 rows, written from the specification and apart from the code that writes them.

Source: FinOps Open Cost and Usage Specification 1.2, column definitions, https://focus.finops.org.
"""

import csv
import io
import json
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

MANDATORY = {
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
}
CONDITIONAL = {
    "AvailabilityZone",
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeFrequency",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedUnitPrice",
    "InvoiceId",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
}
NEVER_NULL = MANDATORY - {"ChargeClass", "BillingAccountName"}
DECIMALS = {
    "BilledCost",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "PricingQuantity",
    "ConsumedQuantity",
    "ContractedUnitPrice",
    "ListUnitPrice",
    "CommitmentDiscountQuantity",
    "x_GpuHours",
}
TIMES = {"BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"}
JSONS = {"Tags", "SkuPriceDetails"}
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
    "CapacityReservationStatus": {"", "Used", "Unused"},
    "CommitmentDiscountStatus": {"", "Used", "Unused"},
    "ServiceCategory": {"Compute", "Networking", "Storage", "Other"},
    "ServiceSubcategory": {"Containers", "Virtual Machines", "Network Infrastructure", "Network Connectivity",
                           "Block Storage", "Object Storage"},
    "BillingCurrency": {"USD"},
}  # fmt: skip
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_CLOSE = Decimal("0.000001")


def problems(text: str) -> list[str]:
    """What is wrong with the rows of a CSV file; nothing when all is well."""
    reader = csv.DictReader(io.StringIO(text))
    columns = set(reader.fieldnames or ())
    found = [f"column {name} is missing" for name in sorted(MANDATORY - columns)]
    found += [f"column {name} is not FOCUS' and has no x_" for name in sorted(columns - MANDATORY - CONDITIONAL)
              if not name.startswith("x_")]  # fmt: skip
    for number, row in enumerate(reader, start=2):
        found += [f"row {number}: {problem}" for problem in [*_values(row), *_rules(row)]]
    return found


def _values(row: dict[str, str]) -> list[str]:
    found = [f"{name} is null" for name in sorted(NEVER_NULL) if not row.get(name)]
    found += [
        f"{name} is {row[name]!r}" for name, allowed in ALLOWED.items() if name in row and row[name] not in allowed
    ]
    for name in sorted(DECIMALS & set(row)):
        if row[name] and not _DECIMAL.fullmatch(row[name]):
            found.append(f"{name} is no decimal: {row[name]!r}")
    found += [
        f"{name} is no time: {row[name]!r}" for name in sorted(TIMES & set(row)) if not _TIME.fullmatch(row[name])
    ]
    for name in sorted(JSONS & set(row)):
        try:
            if row[name] and not isinstance(json.loads(row[name]), dict):
                found.append(f"{name} is no object")
        except ValueError:
            found.append(f"{name} is no JSON: {row[name]!r}")
    return found


def _rules(row: dict[str, str]) -> list[str]:
    """Rules between columns."""
    found = []
    try:
        quantity = Decimal(row["PricingQuantity"])
        for kind in ("Contracted", "List"):
            found += _product(row, kind, quantity)
    except InvalidOperation:
        return ["a cost is no number"]
    start, end = (datetime.fromisoformat(row[f"ChargePeriod{name}"]) for name in ("Start", "End"))
    first, last = (datetime.fromisoformat(row[f"BillingPeriod{name}"]) for name in ("Start", "End"))
    if not first <= start < end <= last:
        found.append("the charge period is not within the billing period")
    if bool(row["ConsumedQuantity"]) != bool(row["ConsumedUnit"]):
        found.append("ConsumedQuantity and ConsumedUnit are not null together")
    if row["CapacityReservationStatus"] == "Unused" and row["ConsumedQuantity"]:
        found.append("an unused reservation consumes nothing")
    if bool(row["CapacityReservationStatus"]) != bool(row["CapacityReservationId"]):
        found.append("a reservation without id or without status")
    if row["PricingCategory"] == "Committed" and not row["CommitmentDiscountId"]:
        found.append("Committed pricing without a commitment")
    if bool(row["SubAccountId"]) != bool(row["SubAccountType"]):
        found.append("SubAccountId and SubAccountType are not null together")
    return found


def _product(row: dict[str, str], kind: str, quantity: Decimal) -> list[str]:
    if not row[f"{kind}UnitPrice"]:
        return []
    off = abs(Decimal(row[f"{kind}UnitPrice"]) * quantity - Decimal(row[f"{kind}Cost"]))
    return [f"{kind}Cost is not {kind}UnitPrice x PricingQuantity"] if off > _CLOSE * (1 + abs(quantity)) else []
