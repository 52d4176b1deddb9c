"""Regions and the law that data in them is under."""

from intertie import catalog
from intertie_policies.region import region_name

# Google's multi-regions of storage, keys and registries. Source: Google Cloud documentation, bucket locations.
_MULTI_REGIONS = {"us": "us", "eu": "eu", "asia": "asia", "europe": "eu", "nam4": "us", "nam-eur-asia1": "global"}
_EU_DUAL = ("eur4", "eur5", "eur7", "eur8")


def jurisdiction(cloud: str, region: str) -> str | None:
    """`us`, `eu`, …; None: no source says where this region is, or it lies in several."""
    name = region_name(region.strip(), cloud)
    if cloud == "gcp":
        name = name.lower()
        if name in _EU_DUAL:
            return "eu"
        if name in _MULTI_REGIONS:
            return _MULTI_REGIONS[name]
    try:
        return catalog.region(cloud, name).jurisdiction
    except KeyError:
        return None
