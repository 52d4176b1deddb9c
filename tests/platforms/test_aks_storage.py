"""Storage account and container for the weights."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.platforms.aks import storage
from support.azure import AZ, other, placed, plain
from support.plans import spec, spec_data

ACCOUNT = f"{AZ}storage:StorageAccount"


def account() -> dict:
    return plain().inputs(ACCOUNT, "weights-account")


def named(weights: str) -> list:
    data = spec_data("azure")
    data["placements"]["here"]["weights"] = weights
    return storage.problems(placed(spec=spec("azure", **data)))


def test_the_account_has_no_keys_and_nothing_public() -> None:
    inputs = account()
    assert inputs["allowSharedKeyAccess"] is False
    assert inputs["allowBlobPublicAccess"] is False
    assert inputs["enableHttpsTrafficOnly"] is True
    assert inputs["minimumTlsVersion"] == "TLS1_2"
    assert plain().inputs(f"{AZ}storage:BlobContainer", "weights")["publicAccess"] == "None"


def test_weights_are_copied_over_zones_where_the_region_has_them() -> None:
    assert account()["sku"] == {"name": "Standard_ZRS"}


def test_deleted_weights_can_be_had_back() -> None:
    service = plain().inputs(f"{AZ}storage:BlobServiceProperties", "weights-service")
    kept = {"enabled": True, "days": 14}
    assert service["deleteRetentionPolicy"] == service["containerDeleteRetentionPolicy"] == kept
    assert service["blobServicesName"] == "default"


@given(
    pipeline=st.from_regex(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", fullmatch=True),
    placement=st.from_regex(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", fullmatch=True),
)
def test_every_pipeline_gets_a_name_that_azure_takes(pipeline: str, placement: str) -> None:
    base = placed()
    described = base.spec.model_copy(update={"name": pipeline, "placements": {placement: base.where}})
    plan = replace(base, spec=described, placement=placement)
    assert re.fullmatch(r"[a-z0-9]{3,24}", storage.account_name(plan))


def test_the_accounts_name_stays_and_differs_between_placements_and_owners() -> None:
    base = placed()
    other_owner = replace(base, spec=base.spec.model_copy(update={"owner": "speech"}))
    data = spec_data("azure")
    data["placements"]["here"]["account"] = {"id": "00000000-0000-4000-8000-000000000001"}
    names = [storage.account_name(plan) for plan in (base, other_owner, placed(spec=spec("azure", **data)))]
    assert len({*names, storage.account_name(replace(base, region="westeurope"))}) == 4
    assert names[0] == storage.account_name(placed()) == account()["accountName"]


def test_existing_weights_are_pointed_at_and_nothing_is_made() -> None:
    handle = other().handle
    assert handle is not None
    assert [each.name for each in other().graph.of_type(ACCOUNT)] == ["here-flow-logs-account"]
    assert handle.storage.env == {"AZURE_STORAGE_ACCOUNT_NAME": "acmemodels"}


@pytest.mark.parametrize("weights", ["acmemodels", "acmemodels.llama", "abc.llama-3"])
def test_existing_weights_are_an_account_or_an_account_and_a_container(weights: str) -> None:
    assert named(weights) == []


@pytest.mark.parametrize("weights", ["acme-models", "a" * 25, "acmemodels.a--b", "acmemodels.ab", "a.b.c"])
def test_other_names_of_existing_weights_are_problems(weights: str) -> None:
    (found,) = named(weights)
    assert found.path == "placements.here.weights"
    assert "3–24 lower case letters and digits" in found.allowed
