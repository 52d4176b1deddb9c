"""What a preview looks like, from plain data alone."""

import copy
import io
import json
import sys
from typing import Any

import pytest
from rich.console import Console

from intertie import report

POOLS = [
    {
        "name": "general", "machine": "m7i.xlarge", "min_nodes": 2, "max_nodes": 2, "zones": [], "accelerator": "",
        "per_node": 0, "kind": "on-demand", "claim": None,
    },
    {
        "name": "generate0", "machine": "p5.48xlarge", "min_nodes": 0, "max_nodes": 4, "zones": ["us-east-1b"],
        "accelerator": "h100", "per_node": 8, "kind": "odcr", "claim": {"kind": "odcr", "id": "cr-0abc"},
    },
    {
        "name": "generate1", "machine": "p5.48xlarge", "min_nodes": 0, "max_nodes": 4,
        "zones": ["us-east-1a", "us-east-1b"], "accelerator": "h100", "per_node": 8, "kind": "spot",
        "claim": {"kind": "spot"},
    },
]  # fmt: skip

STAGES = [
    {
        "name": "prepare", "min_replicas": 2, "max_replicas": 6, "pools": ["general"], "accelerator": "", "per_pod": 0,
        "sizing": None,
    },
    {
        "name": "generate", "min_replicas": 1, "max_replicas": 8, "pools": ["generate0", "generate1"],
        "accelerator": "h100", "per_pod": 8, "sizing": {"accelerators": 16, "nodes": 2, "tensor": 8, "pipeline": 2},
    },
]  # fmt: skip

PLAN: dict[str, Any] = {
    "role": "primary", "tier": "hot", "cluster": "chat-aws-use1", "platform": "eks", "kubernetes": "1.35",
    "addresses": {"network": "10.64.0.0/18"}, "renders": ["network", "cluster"], "pools": POOLS, "stages": STAGES,
    "notes": ["measure it"],
}  # fmt: skip

RESOURCES = [
    {"type": token, "name": f"r{number}"}
    for number, token in enumerate(
        [
            "pulumi:pulumi:Stack",
            "intertie:index:EksCluster",
            "pulumi:providers:kubernetes",
            "aws:ec2/subnet:Subnet",
            "aws:ec2/subnet:Subnet",
            "aws:ec2/vpc:Vpc",
            "kubernetes:apps/v1:Deployment",
        ]
    )
]


def stack(name: str = "aws-use1", **changes: Any) -> dict[str, Any]:
    data = {
        "stack": name, "verdict": "pass", "spec": "specs/chat.yaml", "cloud": "aws", "region": "us-east-1",
        "plan": PLAN, "resources": RESOURCES, "problems": [], "findings": [], "warnings": [],
        "policies": [], "cost": None,
    }  # fmt: skip
    return {**copy.deepcopy(data), **changes}


def preview(*stacks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    verdict = "pass" if all(each["verdict"] == "pass" for each in stacks) else "fail"
    data = {"schema": "intertie.preview/v1", "verdict": verdict, "evaluated": ["graph"], "stacks": list(stacks)}
    return {**data, **changes}


FAILED = stack(
    "gcp-euw4",
    verdict="fail",
    plan=None,
    cloud=None,
    region=None,
    resources=[],
    problems=[
        {
            "path": "stages[1].accelerators",
            "found": "h900",
            "allowed": "h100, h200",
            "hint": "did you mean h200?",
            "source": "",
            "where": "chat.yaml:14:9",
        }
    ],
    findings=[
        {
            "urn": "u",
            "type": "aws:ec2/vpc:Vpc",
            "name": "v",
            "path": "cidrBlok",
            "kind": "unknown-property",
            "message": "Vpc has no property 'cidrBlok'; did you mean 'cidrBlock'?",
            "severity": "error",
        }
    ],
    warnings=["old option"],
)


def written(data: dict[str, Any], **options: Any) -> str:
    out = io.StringIO()
    report.preview_text(data, Console(file=out, width=100, highlight=False, **options))
    return out.getvalue()


def lines(text: str) -> list[str]:
    """Without the spaces that lay the text out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_the_text_shows_stages_pools_and_resources_by_kind() -> None:
    shown = lines(written(preview(stack())))
    assert shown[0].startswith("aws-use1 · aws · us-east-1 pass")
    assert "cluster: chat-aws-use1 (eks, Kubernetes 1.35)" in shown
    assert "prepare CPU 2–6 m7i.xlarge on-demand" in shown
    assert "generate 16 × h100 on 2 nodes, tensor 8, pipeline 2 1–8 p5.48xlarge odcr → spot" in shown
    assert "general m7i.xlarge – 2 on-demand the cloud's choice" in shown
    assert "generate0 p5.48xlarge h100 ×8 0–4 odcr cr-0abc us-east-1b" in shown
    assert "Resources (6)" in shown
    assert "aws 3 Subnet ×2, Vpc" in shown
    assert "providers 1 kubernetes" in shown
    assert "note plan: measure it" in shown
    assert shown[-2:] == ["1 stack: all pass", "Evaluated: graph. Not evaluated: policies, cost."]


def test_problems_findings_and_warnings_are_shown_with_place_and_remedy() -> None:
    shown = lines(written(preview(stack(), FAILED)))
    assert "error chat.yaml:14:9: stages[1].accelerators: found h900; allowed: h100, h200" in shown
    assert "→ did you mean h200?" in shown
    finding = " ".join(shown)
    assert "error aws:ec2/vpc:Vpc v cidrBlok: Vpc has no property 'cidrBlok'; did you mean 'cidrBlock'?" in finding
    assert "warning program: old option" in shown
    assert "2 stacks: 1 fail (gcp-euw4)" in shown


def test_several_stacks_are_compared_side_by_side() -> None:
    shown = lines(written(preview(stack(), stack("aws-euw1", region="eu-west-1"), FAILED)))
    start = shown.index("Side by side")
    assert shown[start + 1 : start + 14] == [
        "aws-use1 aws-euw1 gcp-euw4",
        "cloud aws aws –",
        "region us-east-1 eu-west-1 –",
        "role and tier primary, hot primary, hot –",
        "resources 6 6 0",
        "prepare: one replica CPU CPU –",
        "generate: one replica 16 × h100 on 2 nodes, tensor 8, 16 × h100 on 2 nodes, tensor 8, –",
        "pipeline 2 pipeline 2",
        "generate: machine type p5.48xlarge p5.48xlarge –",
        "generate: ladder odcr → spot odcr → spot –",
        "problems 0 0 1",
        "findings 0 0 1",
        "verdict pass pass fail",
    ]


def test_only_stacks_of_one_description_are_compared() -> None:
    other = [stack(name, spec="specs/pilot.yaml") for name in ("pilot-aws", "pilot-gcp")]
    alone = stack("datacentre", spec="specs/existing.yaml")
    data = preview(stack(), other[0], alone, stack("gcp-euw4"), other[1])
    shown = lines(written(data))
    start, then = shown.index("Side by side: specs/chat.yaml"), shown.index("Side by side: specs/pilot.yaml")
    assert (shown[start + 1], shown[then + 1]) == ("aws-use1 gcp-euw4", "pilot-aws pilot-gcp")
    assert "Side by side: specs/existing.yaml" not in shown
    assert report.preview_markdown(data).count("**Side by side: ") == 2


@pytest.mark.parametrize(("count", "columns"), [(4, [4]), (5, [2, 3]), (9, [3, 3, 3]), (13, [3, 3, 3, 4])])
def test_many_placements_are_compared_a_few_at_a_time(count: int, columns: list[int]) -> None:
    shown = lines(written(preview(*(stack(f"p{number:02d}") for number in range(count)))))
    heads = [shown[index + 1].split() for index, line in enumerate(shown) if line == "Side by side"]
    assert [len(head) for head in heads] == columns
    assert [name for head in heads for name in head] == [f"p{number:02d}" for number in range(count)]


def test_the_verdict_is_shown_however_long_the_name_is() -> None:
    shown = written(preview(stack("x" * 300)))
    assert "us-east-1 pass" in " ".join(shown.split())


def test_no_network_is_shown_for_a_cluster_that_has_its_own() -> None:
    assert "network: 10.64.0.0/18" in lines(written(preview(stack())))
    adopted = stack(plan={**PLAN, "platform": "existing"})
    assert "10.64.0.0/18" not in written(preview(adopted))


def test_one_stack_is_compared_with_nothing() -> None:
    assert "Side by side" not in written(preview(stack()))
    assert "Side by side" not in report.preview_markdown(preview(stack()))


def test_a_program_without_a_plan_shows_its_resources_alone() -> None:
    shown = lines(written(preview(stack(plan=None, spec=None, cloud=None, region=None))))
    assert shown[0].startswith("aws-use1 pass")
    assert shown[1] == "Resources (6)"


def test_what_was_evaluated_is_not_listed_as_missing() -> None:
    shown = lines(written(preview(stack(), evaluated=["graph", "policies", "cost"])))
    assert shown[-1] == "1 stack: all pass"


def test_text_has_colour_only_on_a_terminal_and_never_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in written(preview(stack(), FAILED))
    assert "\x1b[1;32m" in written(preview(stack(), FAILED), force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in written(preview(stack(), FAILED), force_terminal=True)


def test_text_of_users_is_neither_markup_nor_control(capsys: Any) -> None:
    hostile = "[red]x[/red] \x1b[31mred\x1b[0m\nnext\r\u202egnp"
    shown = written(preview(stack(warnings=[hostile])))
    assert "[red]x[/red] \\x1b[31mred\\x1b[0m next \\u202egnp" in " ".join(shown.split())
    assert "\x1b" not in shown


def test_nothing_is_wider_than_the_console() -> None:
    long = "x" * 300
    out = io.StringIO()
    report.preview_text(preview(stack(long, warnings=[long]), FAILED), Console(file=out, width=60))
    assert max(len(line) for line in out.getvalue().splitlines()) <= 60


@pytest.mark.parametrize("data", [preview(stack(), FAILED), preview(stack())])
def test_the_same_data_give_the_same_bytes(data: dict[str, Any]) -> None:
    again = copy.deepcopy(data)
    assert written(data) == written(again)
    assert report.preview_markdown(data) == report.preview_markdown(again)
    assert report.as_json(data) == report.as_json(again)
    assert data == again


def test_json_is_the_data_as_they_are() -> None:
    data = preview(stack("größe"))
    assert json.loads(report.as_json(data)) == data
    assert "größe" in report.as_json(data)
    assert report.as_json(data).endswith("}\n")


def test_a_report_needs_no_pulumi() -> None:
    import subprocess

    program = "import sys, intertie.report; print([m for m in sys.modules if m.split('.')[0] == 'pulumi'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
