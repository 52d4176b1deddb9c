"""What caches of images cost: what nobody's price list tells is listed, and never nothing."""

from intertie.money import PriceBook, cost_of
from support.caches import with_caches
from support.pipelines import planned


def unknown(cloud: str, tier: str = "hot") -> str:
    return "\n".join(cost_of(with_caches(cloud, tier=tier), PriceBook()).unknown)


def test_the_registry_that_azure_is_paid_for_is_listed_and_not_counted_as_nothing() -> None:
    assert "registry with the images' caches" in unknown("azure")
    assert "no source has a price of image-registry" in unknown("azure")


def test_on_aws_and_google_only_what_is_stored_is_paid_for() -> None:
    for cloud in ("aws", "gcp"):
        assert "image-registry" not in unknown(cloud)


def test_what_the_caches_will_hold_is_said_to_be_unknown() -> None:
    for cloud in ("aws", "azure", "gcp"):
        assert "images in the caches" in unknown(cloud)
        assert "caches" not in unknown(cloud, "cold")
        assert "images in the caches" not in "\n".join(cost_of(planned(cloud), PriceBook()).unknown)
