"""Reading files: resources as lists and checkpoints, and the configuration with all that is wrong with it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from intertie.errors import InputError
from intertie_policies import reading, registry
from intertie_policies.config import read, schema
from intertie_policies.config import reading as configuring
from intertie_policies.config.settings import Settings

KEY = "aws:kms/key:Key"
FULL = {
    "type": KEY,
    "name": "k",
    "urn": "urn:k",
    "props": {"a": 1},
    "parent": "urn:p",
    "provider": "urn:q",
    "depends_on": ["urn:d", 3],
    "property_dependencies": {"a": ["urn:d"]},
    "protect": True,
    "ignore_changes": ["a"],
    "retain_on_delete": True,
}
URN = "urn:pulumi:live::inference::aws:kms/key:Key::k"


def test_a_list_gives_each_resource_with_all_that_it_says() -> None:
    (node,) = reading.read([FULL], "list").nodes
    assert (node.type, node.name, node.urn, node.props) == (KEY, "k", "urn:k", {"a": 1})
    assert (node.parent, node.provider, node.depends_on) == ("urn:p", "urn:q", ("urn:d",))
    assert (node.property_dependencies, node.ignore_changes) == ({"a": ("urn:d",)}, ("a",))
    assert (node.protect, node.retain_on_delete, node.custom) == (True, True, True)


def test_what_a_list_leaves_out_has_a_default() -> None:
    found = reading.read([{"type": KEY, "name": "k", "protect": "yes", "props": None}], "list")
    (node,) = found.nodes
    assert (found.applied, found.stack, found.project) == (False, "", "")
    assert node.urn == f"urn:pulumi:list::list::{KEY}::k"
    assert (node.props, node.parent, node.provider, node.depends_on) == ({}, "", "", ())
    assert (node.protect, node.retain_on_delete, node.property_dependencies) == (False, False, {})


def test_properties_of_components_are_spelled_as_they_like_and_so_are_keys_inside() -> None:
    given = [{"type": "acme:index:Chat", "name": "c", "props": {"my_size": 1}}]
    given += [{"type": KEY, "name": "k", "props": {"tags": {"cost_center": "x"}, "__defaults": []}}]
    assert [node.props for node in reading.read(given, "list").nodes] == [each["props"] for each in given]


STATED = {
    "urn": URN,
    "type": KEY,
    "inputs": {"a": 1},
    "parent": "urn:p",
    "provider": "urn:q::id",
    "dependencies": ["urn:d"],
    "propertyDependencies": {"a": ["urn:d"]},
    "protect": True,
    "ignoreChanges": ["a"],
    "retainOnDelete": True,
    "custom": False,
}


@pytest.mark.parametrize("data", [{"deployment": {"resources": [STATED]}}, {"resources": [STATED]}])
def test_a_checkpoint_gives_inputs_relations_and_options_and_the_names_of_stack_and_project(data: Any) -> None:
    found = reading.read(data, "state")
    (node,) = found.nodes
    assert (found.applied, found.stack, found.project) == (True, "live", "inference")
    assert (node.type, node.name, node.urn, node.props) == (KEY, "k", URN, {"a": 1})
    assert (node.parent, node.provider, node.depends_on) == ("urn:p", "urn:q::id", ("urn:d",))
    assert (node.property_dependencies, node.ignore_changes) == ({"a": ("urn:d",)}, ("a",))
    assert (node.protect, node.retain_on_delete, node.custom) == (True, True, False)


def test_a_checkpoint_that_says_little_is_read_too() -> None:
    found = reading.read({"resources": [{"urn": "x::y", "type": KEY}]}, "state")
    (node,) = found.nodes
    assert (found.stack, found.project, node.name, node.props, node.custom) == ("", "", "y", {}, True)
    assert (node.protect, node.retain_on_delete) == (False, False)
    assert reading.read({"resources": []}, "state").stack == ""


REFUSED = [
    (None, "f: found nothing; allowed: a JSON list of"),
    (True, "found true or false"),
    ("x", "found text"),
    ({"resources": 3}, "found an object"),
    ([[]], r"\[0\]: found a list; allowed: an object with type, name and props"),
    ([FULL, 3], r"\[1\]: found a number"),
    ([{"type": KEY}], r"\[0\].name: found nothing; allowed: text"),
    (
        [{"type": KEY, "name": "k", "props": {"a": 1, "enable_key_rotation": True}}],
        r"\[0\].props: found 'enable_key_rotation'; allowed: names as on the wire: enableKeyRotation",
    ),
    ([{"type": "", "name": "x"}], r"\[0\].type: found text; allowed: text"),
    ({"resources": [3]}, r"resources\[0\]: found a number; allowed: a resource"),
    ({"resources": [{"type": KEY}]}, r"\[0\].urn: found nothing"),
]


@pytest.mark.parametrize(("data", "text"), REFUSED)
def test_data_of_another_form_is_refused_with_its_place(data: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        reading.read(data, "f")


def test_a_file_is_read_and_standard_input_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "f.json"
    file.write_text(json.dumps([FULL]))
    assert len(reading.read_file(file).nodes) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("["))
    with pytest.raises(InputError, match="standard input: not JSON"):
        reading.read_file(Path("-"))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "f.json"
    with pytest.raises(InputError, match="cannot be read"):
        reading.read_file(file)
    file.write_bytes(b"\xff\xfe[")
    with pytest.raises(InputError, match="not UTF-8 text"):
        reading.read_file(file)
    file.write_text("[]")
    monkeypatch.setattr(reading, "LARGEST", 2)
    assert reading.read_file(file).nodes == ()
    monkeypatch.setattr(reading, "LARGEST", 1)
    with pytest.raises(InputError, match="larger than 1 bytes"):
        reading.read_file(file)


# ---------------------------------------------------------------------- configuration

RULES = {"region-allowed", "cost-cap"}
WAIVER = {"rule": "region-allowed", "resource": "audit-*", "owner": "me", "reason": "until it is moved"}
WRONG = [
    (3, "found int; allowed: a JSON object"),
    ({"configuration": 3}, "configuration: found int; allowed: a JSON object"),
    ({"no-rule": "advisory"}, "no-rule: found no such rule"),
    ({"cost-cap": "loud"}, "cost-cap: found 'loud'; allowed: disabled, advisory, mandatory, remediate"),
    ({"cost-cap": {"enforcementLevel": "advisory", "cap": 3}}, "cost-cap.cap: found no such setting"),
    ({"configuration": {"regons": {}}}, "configuration.regons: found no such setting"),
    ({"configuration": {"cost": {"max_hourly_usd": "x"}}}, "configuration.cost.max_hourly_usd: found 'x'"),
    ({"configuration": {"remediate": ["x"]}}, "configuration.remediate.0: found 'x'; allowed: the id of a rule"),
    ({"configuration": {"waivers": [{**WAIVER, "rule": "y", "expires": "2030-01-01"}]}}, "waivers.0.rule: found 'y'"),
    ({"configuration": {"waivers": [{**WAIVER, "owner": "   ", "expires": "2030-01-01"}]}}, "waivers.0.owner"),
    ({"configuration": {"waivers": [{**WAIVER, "owner": "x", "expires": "2030-01-01"}]}}, "waivers.0.owner"),
    ({"configuration": {"waivers": [{**WAIVER, "reason": "why not?!", "expires": "2030-01-01"}]}}, "waivers.0.reason"),
    ({"configuration": {"cost": {"prices": {"aws:p5.48xlarge": float("nan")}}}}, "prices.aws:p5.48xlarge: found nan"),
    ({"configuration": {"cost": {"prices": {"aws:p5.48xlarge": -1}}}}, "prices.aws:p5.48xlarge: found -1"),
    ({"configuration": {"cost": {"prices": {"p5.48xlarge": 1}}}}, "does not begin with aws:, azure: or gcp:"),
    ({"configuration": {"cost": {"max_hourly_usd": float("inf")}}}, "configuration.cost.max_hourly_usd: found inf"),
    ({"configuration": {"regions": {"primaries": {"live": "us-east-1"}}}}, "'us-east-1' does not begin with"),
    ({"configuration": {"regions": {"allowed": ["aws-us-east-1"]}}}, "'aws-us-east-1' does not begin with"),
    ({"configuration": {"regions": {"classification": "helth"}}}, "'helth' is not among jurisdictions: default"),
    ({"configuration": {"capacity": {"quota": {"aws:us-east-1": 8}}}}, "is not `cloud:region:accelerator`"),
    ({"configuration": {"capacity": {"quota": {"aws:us-east-1:": 8}}}}, "is not `cloud:region:accelerator`"),
    ({"configuration": {"capacity": {"machines": ["p5*"]}}}, "'p5*' does not begin with"),
    ({"configuration": {"tagging": {"required": {"owner": "["}}}}, "the pattern of 'owner' is no regular expression"),
    ({"configuration": {"longest_waiver_days": 367}}, "longest_waiver_days: found 367; allowed: Input should be less"),
    ({"configuration": {"longest_waiver_days": 0}}, "longest_waiver_days: found 0; allowed: Input should be greater"),
    ({"configuration": {"environments": {"d": {"levels": {"z": "advisory"}}}}}, "environments.d.levels.z: found 'z'"),
]


@pytest.mark.parametrize(("data", "text"), WRONG)
def test_a_mistake_in_the_configuration_is_said_with_its_place(data: Any, text: str) -> None:
    with pytest.raises(InputError) as refused:
        read(data, RULES, "f")
    assert text in str(refused.value)


def test_settings_of_places_are_taken_as_patterns_too() -> None:
    given = {"regions": {"allowed": ["*:eu-*", "a*:*"]}, "cost": {"prices": {"azure:Standard_A": 0}}}
    settings = read({"configuration": given}, RULES, "f").settings
    assert settings.regions.allowed == ("*:eu-*", "a*:*")
    assert settings.cost.prices == {"azure:Standard_A": 0.0}
    waiver = {**WAIVER, "reason": "why not?!?", "expires": "2030-01-01"}
    assert read({"configuration": {"waivers": [waiver]}}, RULES, "f").settings.waivers[0].reason == "why not?!?"


def test_the_longest_waiver_is_half_a_year_unless_the_organisation_says_so() -> None:
    assert read({}, RULES, "f").settings.longest_waiver_days == 180
    for days in (1, 366):
        found = read({"configuration": {"longest_waiver_days": days}}, RULES, "f")
        assert found.settings.longest_waiver_days == days


def test_settings_are_not_changed_after_they_are_read() -> None:
    settings = read({}, RULES, "f").settings
    with pytest.raises(ValidationError, match="frozen"):
        settings.longest_waiver_days = 3


def test_a_place_that_is_none_is_quoted_to_eighty_characters() -> None:
    with pytest.raises(InputError) as refused:
        read({"configuration": {"regions": {"allowed": ["x" * 100]}}}, RULES, "f")
    assert f"'{'x' * 80}' does not begin with" in str(refused.value)


def test_all_mistakes_are_said_at_once_and_counted() -> None:
    with pytest.raises(InputError, match="f: 3 problems"):
        read({"a": "advisory", "cost-cap": "x", "configuration": {"b": 1}}, RULES, "f")
    settings = {
        "cost": {"max_hourly_usd": "x"}, "remediate": ["a", 3], "waivers": [4, {"rule": "b"}],
        "environments": {"d": {"levels": {"c": "advisory"}}, "e": 5},
    }  # fmt: skip
    with pytest.raises(InputError) as refused:
        read({"configuration": settings}, RULES, "f")
    found = [problem.path.removeprefix("configuration.") for problem in refused.value.problems]
    named = ["waivers.1.rule", "remediate.0", "environments.d.levels.c"]
    assert found[:4] == [*named, "environments.e"]
    assert {"cost.max_hourly_usd", "remediate.1", "waivers.0", "waivers.1.owner"} <= set(found[4:])
    with pytest.raises(InputError, match="f: 1 problem\n"):
        read({"a": "advisory"}, RULES, "f")


def test_levels_are_words_or_objects_and_an_empty_one_is_none() -> None:
    data = {"cost-cap": {"enforcementLevel": "advisory"}, "region-allowed": "disabled", "all": {}}
    assert read(data, RULES).levels == {"cost-cap": "advisory", "region-allowed": "disabled"}


def test_the_engines_own_word_among_the_settings_is_left_out() -> None:
    found = read({"configuration": {"enforcementLevel": "disabled", "environment": "dev"}}, RULES)
    assert found.settings.environment == "dev"


def test_a_configuration_file_is_read_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.json"
    assert configuring.read_file(None, RULES).levels == {}
    with pytest.raises(InputError, match="cannot be read"):
        configuring.read_file(file, RULES)
    file.write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        configuring.read_file(file, RULES)
    file.write_text('{"cost-cap": "advisory"}')
    assert configuring.read_file(file, RULES).levels == {"cost-cap": "advisory"}
    monkeypatch.setattr(configuring, "LARGEST", len(file.read_text()))
    assert configuring.read_file(file, RULES).levels == {"cost-cap": "advisory"}
    monkeypatch.setattr(configuring, "LARGEST", len(file.read_text()) - 1)
    with pytest.raises(InputError, match="larger than"):
        configuring.read_file(file, RULES)


def test_the_schema_of_the_settings_has_every_section_without_references() -> None:
    found = schema()
    assert set(found) == set(Settings.model_fields)
    assert "$ref" not in json.dumps(found)
    assert found["waivers"]["items"]["properties"]["owner"]["minLength"] == 2
    assert found["cost"]["properties"]["max_hourly_usd"]["description"]


@pytest.mark.parametrize(
    ("settings", "stack", "environment"),
    [
        ({}, "live", "production"),
        ({"environment": "dev"}, "live", "dev"),
        ({"environments": {"dev": {"stacks": ["*-dev"]}, "test": {"stacks": ["t*"]}}}, "a-dev", "dev"),
        ({"environments": {"dev": {"stacks": ["*-dev"]}, "test": {"stacks": ["t*"]}}}, "t1", "test"),
        ({"environments": {"dev": {"stacks": ["*-dev"]}}}, "live", "production"),
    ],
)
def test_a_stack_belongs_to_the_environment_that_names_it_else_to_production(
    settings: Any, stack: str, environment: str
) -> None:
    assert Settings.model_validate(settings).environment_of(stack) == environment


BOUNDS = [
    ("capacity", "max_nodes_per_pool", 1, 0),
    ("capacity", "max_accelerators_per_pool", 1, 0),
    ("capacity", "max_accelerators_per_stack", 1, 0),
    ("capacity", "min_warm_nodes", 0, -1),
    ("capacity", "min_boot_disk_gib", 1, 0),
    ("capacity", "reservation_min_days", 0, -1),
    ("cost", "max_hourly_usd", 0.01, 0),
    ("cost", "max_monthly_usd", 0.01, 0),
    ("cost", "max_ceiling_monthly_usd", 0.01, 0),
    ("cost", "ceiling_over_budget", 1, 0.9),
    ("cost", "log_retention_days", 1, 0),
    ("cost", "max_node_disk_gib", 1, 0),
    ("cost", "max_nat_gateways_per_network", 1, 0),
    ("resilience", "min_replicas", 1, 0),
    ("resilience", "min_accelerated_replicas", 1, 0),
    ("resilience", "model_load_seconds", 0, -1),
    ("resilience", "version_notice_days", 0, -1),
]


@pytest.mark.parametrize(("section", "key", "least", "less"), BOUNDS)
def test_a_limit_has_a_least_value(section: str, key: str, least: float, less: float) -> None:
    assert read({"configuration": {section: {key: least}}}, registry.ids())
    with pytest.raises(InputError, match=key):
        read({"configuration": {section: {key: less}}}, registry.ids())


def test_the_defaults_are_what_the_documents_say() -> None:
    settings = Settings()
    cost, resilience, capacity = settings.cost, settings.resilience, settings.capacity
    assert (capacity.max_nodes_per_pool, capacity.max_accelerators_per_pool) == (64, 512)
    assert (capacity.max_accelerators_per_stack, capacity.min_warm_nodes) == (2_048, 0)
    assert (capacity.min_boot_disk_gib, capacity.reservation_min_days) == (100, 1)
    assert (cost.max_hourly_usd, cost.max_monthly_usd, cost.max_ceiling_monthly_usd) == (1_000, 500_000, 3_000_000)
    assert (cost.ceiling_over_budget, cost.log_retention_days, cost.max_node_disk_gib) == (4, 365, 2_000)
    assert cost.max_nat_gateways_per_network == 3
    assert (resilience.min_replicas, resilience.min_accelerated_replicas) == (2, 1)
    assert (resilience.model_load_seconds, resilience.version_notice_days) == (300, 60)
    assert settings.exposure.public_ports == (80, 443)
