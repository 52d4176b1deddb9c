"""The plan as data and as an explanation."""

import json

from intertie.plan import resolve
from intertie.plan.explain import explain, text
from intertie.plan.serialize import plan_json
from support.pipelines import pipeline, planned

ODCR = {"kind": "odcr", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2}


def test_the_json_says_its_schema_and_leaves_the_description_out() -> None:
    data = plan_json(planned(where={"capacity": {"generate": [ODCR, "spot"]}}))
    assert data["schema"] == "intertie.plan/v1"
    assert "spec" not in data
    assert all("spec" not in stage for stage in data["stages"])
    assert data["pools"][2]["claim"] == {**ODCR}
    assert data["pools"][2]["kind"] == "odcr"
    assert data["pools"][0]["claim"] is None
    assert data["pools"][0]["taints"] == [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}]
    assert data["stages"][1]["sizing"]["tensor"] == 1
    assert data["choices"][0].keys() == {"path", "chosen", "why", "rejected", "source"}


def test_the_json_is_plain_and_the_same_every_time() -> None:
    first, second = planned().to_json(), planned().to_json()
    assert json.dumps(first) == json.dumps(second)
    assert json.loads(json.dumps(first)) == first


def test_a_window_is_written_as_text() -> None:
    block = {
        "kind": "capacity-block", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b",
        "start": "2027-02-01T11:30:00Z", "end": "2027-02-08T11:30:00Z",
    }  # fmt: skip
    claim = plan_json(planned(where={"capacity": {"generate": [block]}}))["pools"][2]["claim"]
    assert (claim["start"], claim["end"]) == (block["start"], block["end"])


def test_every_choice_is_explained_once_under_its_stage() -> None:
    plan = planned()
    sections = explain(plan)
    assert [section.title for section in sections] == [
        "placement here: aws us-east-1, primary, hot", "stage prepare", "stage generate",
    ]  # fmt: skip
    assert sum(len(section.lines) for section in sections) == len(plan.choices)
    assert "accelerator" in {line.subject for line in sections[2].lines}


def test_the_text_holds_reasons_rejections_sources_and_notes() -> None:
    plan = planned("azure", stage={"accelerators": ["tpu-v6e", "h100"]}, kubernetes="1.34")
    lines = text(plan)
    assert "  accelerator: h100" in lines
    assert "    not tpu-v6e: no machine type of azure has it" in lines
    assert any(line.startswith("    because ") for line in lines)
    assert any(line.startswith("    source: ") for line in lines)
    assert lines[lines.index("notes") + 1].strip() in plan.notes


def test_the_plan_is_made_of_the_description_it_was_asked_for() -> None:
    spec = pipeline()
    assert resolve(spec, "here").spec is spec
