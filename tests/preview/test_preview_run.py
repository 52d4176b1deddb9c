"""Previews of whole projects: which stacks, what they show, and what happens when one of them is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.graph import SECRET
from intertie.preview import Preview, StackPreview, preview

PROJECTS = Path(__file__).parent / "projects"
PLAIN, DESCRIBED = PROJECTS / "plain", PROJECTS / "described"

Copy = Callable[..., Path]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of a project with files changed: name → text, or None to remove it."""

    def make(project: Path, files: dict[str, str | None]) -> Path:
        folder = tmp_path / project.name
        shutil.copytree(project, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in files.items():
            if text is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(text)
        return folder

    return make


def stack_of(result: Preview, name: str) -> StackPreview:
    return next(stack for stack in result.stacks if stack.stack == name)


def test_all_stacks_are_previewed_in_the_order_of_their_names() -> None:
    result = preview(PLAIN)
    assert [stack.stack for stack in result.stacks] == ["dev", "prod"]
    assert result.verdict == "pass"
    assert result.evaluated == ("graph",)


def test_any_program_can_be_previewed_and_has_no_plan_without_a_description() -> None:
    dev = stack_of(preview(PLAIN), "dev")
    assert (dev.spec, dev.plan, dev.problems, dev.findings) == (None, None, (), ())
    assert dev.graph is not None
    assert [(resource.name, resource.inputs) for resource in dev.graph.of_type("aws:ec2/vpc:Vpc")] == [
        ("a", {"cidrBlock": "10.0.0.0/16"}),
        ("b", {"cidrBlock": "10.1.0.0/16"}),
    ]


def test_configuration_is_the_stacks_before_the_projects() -> None:
    result = preview(PLAIN)
    dev, prod = stack_of(result, "dev").graph, stack_of(result, "prod").graph
    assert dev is not None
    assert prod is not None
    assert (dev.exports["region"], prod.exports["region"]) == ("eu-west-1", "us-east-1")
    assert prod.of_type("aws:ec2/vpc:Vpc")[0].inputs == {"cidrBlock": "10.0.0.0/20"}


def test_an_encrypted_value_is_a_secret_and_the_ciphertext_is_nowhere() -> None:
    result = preview(PLAIN)
    dev, prod = stack_of(result, "dev").graph, stack_of(result, "prod").graph
    assert dev is not None
    assert prod is not None
    assert dev.exports["token"] == SECRET
    assert "token" not in prod.exports
    assert "ciphertext" not in json.dumps(result.to_json())


def test_chosen_stacks_come_in_the_order_of_the_choice_and_once() -> None:
    assert [stack.stack for stack in preview(PLAIN, ["prod", "dev", "prod"]).stacks] == ["prod", "dev"]


def test_a_stack_that_does_not_exist_is_refused_with_the_ones_that_do() -> None:
    with pytest.raises(InputError, match=r"no stack is called 'prd'; known: dev, prod; did you mean 'prod'\?"):
        preview(PLAIN, ["prd"])


def test_a_described_stack_shows_its_plan_beside_its_resources() -> None:
    data = preview(DESCRIBED).to_json()
    assert data["verdict"] == "pass"
    assert [(stack["stack"], stack["spec"], stack["cloud"], stack["region"]) for stack in data["stacks"]] == [
        ("echo-aws", "echo.yaml", "aws", "us-east-1"),
        ("echo-gcp", "echo.yaml", "gcp", "europe-west4"),
    ]
    aws = data["stacks"][0]
    assert aws["plan"]["schema"] == "intertie.plan/v1"
    assert [resource["type"] for resource in aws["resources"]] == [
        "pulumi:pulumi:Stack",
        "kubernetes:core/v1:Namespace",
    ]


def test_the_json_has_the_promised_shape_and_says_what_was_not_evaluated() -> None:
    data = preview(DESCRIBED, ["echo-aws"]).to_json()
    assert data["schema"] == "intertie.preview/v1"
    assert data["evaluated"] == ["graph", "cost"]
    (stack,) = data["stacks"]
    assert {"stack", "spec", "cloud", "region", "plan", "resources", "problems", "findings", "policies", "cost"} <= set(
        stack
    )
    assert stack["policies"] == []
    assert {"monthly", "currency", "as_of", "unknown"} <= set(stack["cost"])
    assert set(stack["cost"]["monthly"]) == {"min", "likely", "max"}
    assert {"urn", "type", "name", "parent", "provider", "depends_on", "inputs"} <= set(stack["resources"][0])
    assert json.loads(json.dumps(data)) == data


def test_the_same_project_gives_the_same_bytes() -> None:
    first = json.dumps(preview(DESCRIBED).to_json())
    assert json.dumps(preview(DESCRIBED).to_json()) == first


def test_a_description_of_ones_own_is_previewed_without_any_stack_file(copy: Copy, tmp_path: Path) -> None:
    project = copy(DESCRIBED, {"Pulumi.echo-aws.yaml": None, "Pulumi.echo-gcp.yaml": None, "echo.yaml": None})
    mine = tmp_path / "mine.yaml"
    mine.write_text((DESCRIBED / "echo.yaml").read_text().replace("name: echo\n", "name: mine\n"))
    data = preview(project, spec_file=mine).to_json()
    assert [(stack["stack"], stack["spec"]) for stack in data["stacks"]] == [
        ("echo-aws", str(mine)),
        ("echo-gcp", str(mine)),
    ]
    assert {resource["name"] for stack in data["stacks"] for resource in stack["resources"]} >= {"mine"}
    assert [stack.stack for stack in preview(project, ["echo-gcp"], mine).stacks] == ["echo-gcp"]
    with pytest.raises(InputError, match=r"no placement is called 'echo-gpc'; .* did you mean 'echo-gcp'\?"):
        preview(project, ["echo-gpc"], mine)


def test_a_relative_path_of_a_description_is_the_callers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(DESCRIBED)
    assert preview(DESCRIBED, spec_file=Path("echo.yaml")).to_json()["stacks"][0]["spec"] == "echo.yaml"


def test_a_cluster_to_adopt_gets_a_kubeconfig_that_nobody_knows(copy: Copy) -> None:
    adopted = (DESCRIBED / "echo.yaml").read_text().partition("placements:")[0] + (
        "placements:\n"
        "  here:\n"
        "    cloud: aws\n"
        "    region: us-east-1\n"
        "    adopt: {pools: [{name: gpu, accelerator: l4, per_node: 1, nodes: 4}, {name: cpu, nodes: 3}]}\n"
    )
    project = copy(DESCRIBED, {"adopted.yaml": adopted})
    graph = preview(project, spec_file=project / "adopted.yaml").stacks[0].graph
    assert graph is not None
    assert graph.exports["kubeconfig"] == SECRET


def test_a_plan_that_cannot_be_is_the_stacks_problem_and_the_others_go_on(copy: Copy) -> None:
    text = (DESCRIBED / "echo.yaml").read_text().replace("region: us-east-1", "region: us-east-9")
    result = preview(copy(DESCRIBED, {"echo.yaml": text}))
    aws, gcp = result.stacks
    assert (result.verdict, aws.verdict, gcp.verdict) == ("fail", "fail", "pass")
    assert [problem.found for problem in aws.problems] == ["us-east-9"]
    assert (aws.plan, aws.graph) == (None, None)
    assert aws.to_json()["problems"][0]["found"] == "us-east-9"
    assert gcp.graph is not None


def test_a_placement_that_the_description_has_not_is_the_stacks_problem(copy: Copy) -> None:
    config = "config:\n  inference:spec: echo.yaml\n  inference:placement: echo-awz\n"
    result = preview(copy(DESCRIBED, {"Pulumi.echo-aws.yaml": config}))
    assert [problem.found for problem in result.stacks[0].problems] == ["echo-awz"]
    assert result.stacks[1].verdict == "pass"


def test_a_program_that_fails_is_the_stacks_problem_with_its_place(copy: Copy) -> None:
    project = copy(DESCRIBED, {})
    program = project / "__main__.py"
    program.write_text(program.read_text() + "if plan.cloud == 'aws':\n    {}['no']\n")
    aws, gcp = preview(project).stacks
    (problem,) = aws.problems
    lines = program.read_text().count("\n")
    assert (problem.path, problem.found) == ("program", "KeyError: 'no'")
    assert problem.where == f"described/__main__.py:{lines}"
    assert gcp.verdict == "pass"


def test_an_error_in_pulumis_log_is_a_problem_and_a_warning_is_none(copy: Copy) -> None:
    project = copy(DESCRIBED, {})
    program = project / "__main__.py"
    program.write_text(program.read_text() + "pulumi.log.warn('careful')\npulumi.log.error('no quota')\n")
    stack = preview(project, ["echo-aws"]).stacks[0]
    assert [problem.found for problem in stack.problems] == ["no quota"]
    assert "careful" in stack.to_json()["warnings"]


def test_a_misspelt_property_fails_the_preview(copy: Copy) -> None:
    project = copy(DESCRIBED, {})
    program = project / "__main__.py"
    program.write_text(program.read_text().replace('"metadata": {"name"', '"metadata": {"nmae"'))
    result = preview(project, ["echo-aws"])
    assert result.verdict == "fail"
    assert result.to_json()["stacks"][0]["findings"][0]["message"].endswith("did you mean 'name'?")


def test_a_warning_level_finding_passes(copy: Copy) -> None:
    project = copy(PLAIN, {})
    program = project / "program" / "__main__.py"
    program.write_text(
        program.read_text() + "\npulumi.CustomResource('azure-native:network:NatGateway', 'n', "
        "{'resourceGroupName': 'g', 'sku': {'name': 'Premium'}})\n"
    )
    result = preview(project, ["dev"])
    assert [finding.severity for finding in result.stacks[0].findings] == ["warning"]
    assert result.verdict == "pass"


def test_a_description_that_no_stack_can_read_is_bad_input(copy: Copy) -> None:
    project = copy(DESCRIBED, {"echo.yaml": "name: [\n"})
    with pytest.raises(InputError, match=r"echo\.yaml"):
        preview(project)
    with pytest.raises(InputError, match=r"echo\.yaml"):
        preview(project, spec_file=project / "echo.yaml")


def test_a_description_that_one_stack_cannot_read_is_that_stacks_problem(copy: Copy) -> None:
    config = "config:\n  inference:spec: other.yaml\n  inference:placement: echo-aws\n"
    aws, gcp = preview(copy(DESCRIBED, {"Pulumi.echo-aws.yaml": config})).stacks
    assert (aws.verdict, gcp.verdict) == ("fail", "pass")
    assert aws.problems[0].where.endswith("other.yaml")


@pytest.mark.parametrize("path", ['"a\\0b"', "x" * 5000, "..", "[1]", "echo.yaml/x"])
def test_a_path_that_is_none_is_bad_input(copy: Copy, path: str) -> None:
    config = f"config:\n  inference:spec: {path}\n  inference:placement: echo-aws\n"
    project = copy(DESCRIBED, {"Pulumi.echo-aws.yaml": config})
    stack = preview(project).stacks[0]
    assert stack.problems
    assert stack.graph is None


def test_the_plan_is_the_one_that_the_program_works_with() -> None:
    stack = preview(DESCRIBED, ["echo-aws"]).stacks[0]
    assert stack.plan is not None
    assert stack.graph is not None
    assert stack.graph.of_type("kubernetes:core/v1:Namespace")[0].name == stack.plan.namespace
