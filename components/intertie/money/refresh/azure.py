"""Azure Retail Prices: JSON pages, a chain per region. Documented in Microsoft's Azure Retail Prices REST API."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from intertie.errors import OutsideError
from intertie.money.amount import CURRENCY
from intertie.money.refresh.found import FoundPrice, decimal
from intertie.money.refresh.http import Sleep, get

BASE = "https://prices.azure.com"
_PATH = "/api/retail/prices?api-version=2023-01-01-preview&$filter="
_MOST_PAGES = 500
_LARGEST_PAGE = 32 * 2**20
SOURCE = "Azure Retail Prices API"


def prices(region: str, machines: frozenset[str], sleep: Sleep, base: str = BASE) -> Iterator[FoundPrice]:
    """On-demand and spot prices of Linux machines in a region. OutsideError when the list cannot be read whole."""
    wanted = f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    url = base + _PATH + quote(wanted)
    for _ in range(_MOST_PAGES):
        page = _page(url, sleep)
        for item in page["Items"]:
            found = _price(item, region, machines)
            if found is not None:
                yield found
        following = page.get("NextPageLink")
        if not following:
            return
        if not isinstance(following, str) or not following.startswith(base):
            raise OutsideError(f"{SOURCE}: a page that leads elsewhere: {following!r}")
        url = following
    raise OutsideError(f"{SOURCE}: more than {_MOST_PAGES} pages for {region}")


def _page(url: str, sleep: Sleep) -> dict[str, Any]:
    try:
        page = json.loads(b"".join(get(url, sleep, _LARGEST_PAGE)))
    except (ValueError, RecursionError):
        raise OutsideError(f"{SOURCE}: an answer that is no JSON") from None
    if not isinstance(page, dict) or not isinstance(page.get("Items"), list):
        raise OutsideError(f"{SOURCE}: an answer without `Items`")
    return page


def _price(item: Any, region: str, machines: frozenset[str]) -> FoundPrice | None:
    """A price of a whole Linux machine for an hour; None for all else that the list holds."""
    if not isinstance(item, dict) or item.get("currencyCode") != CURRENCY or item.get("unitOfMeasure") != "1 Hour":
        return None
    machine, product, sku = (str(item.get(key, "")) for key in ("armSkuName", "productName", "skuName"))
    if machine not in machines or "Windows" in product or "Low Priority" in sku or item.get("type") != "Consumption":
        return None
    amount = decimal(item.get("retailPrice"))
    if amount is None:
        return None
    return FoundPrice("azure", machine, region, "spot" if "Spot" in sku else "on-demand", amount, SOURCE)
