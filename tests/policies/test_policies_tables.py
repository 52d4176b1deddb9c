"""The tables that rules read: tag properties that the SDKs have, versions with dates and sources, groups with rules."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from intertie import catalog
from intertie_policies import registry
from intertie_policies.rules.resilience.versions import supports
from intertie_policies.tags import TAGGED, plain
from intertie_policies.testing import TODAY

SDKS = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "gcp": "pulumi_gcp"}
OLD = {"aws:s3/bucketV2:BucketV2"}


def class_file(type_: str) -> Path | None:
    """The file of a type's class in its SDK: read as text, since importing all of them takes minutes."""
    package, module, _ = type_.split(":")
    spec = find_spec(SDKS[package])
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / module.partition("/")[0].lower()
    return next((file for file in folder.glob("*.py") if f"'{type_}'" in file.read_text()), None)


@pytest.mark.parametrize("type_", sorted(set(TAGGED) - OLD))
def test_a_taggable_type_has_the_property_in_its_sdk(type_: str) -> None:
    file = class_file(type_)
    assert file is not None, "no class of this type"
    snake = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", TAGGED[type_]).lower()
    assert re.search(rf"\b{snake}: ", file.read_text())


def test_spellings_of_a_key_are_one_tag() -> None:
    assert {plain(key) for key in ("cost_center", "Cost-Center", "CostCenter", "cost center")} == {"costcenter"}


def test_versions_have_sources_and_grow_older_in_order() -> None:
    for cloud in catalog.CLOUDS:
        rows = [row for row in supports().values() if row.cloud == cloud]
        assert rows or cloud == "existing"
        assert [row.standard_until for row in rows] == sorted(row.standard_until for row in rows)
        assert all(row.source and row.as_of <= TODAY for row in rows)
        assert all(row.extended_until is None or row.extended_until > row.standard_until for row in rows)


def test_the_version_that_the_catalogue_pins_is_supported_everywhere() -> None:
    rows = [row for row in supports().values() if row.version == catalog.KUBERNETES]
    assert {row.cloud for row in rows} == {"aws", "azure", "gcp"}
    assert all(row.standard_until > TODAY for row in rows)


def test_there_are_rules_for_every_subject() -> None:
    subjects = [rule.subject for rule in registry.rules()]
    assert len(subjects) >= 45
    assert {"region", "capacity", "tagging", "cost", "exposure", "resilience"} <= set(subjects)
