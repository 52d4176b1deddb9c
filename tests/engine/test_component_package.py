"""The component package as other languages use it: its schema, and Construct over gRPC through the plugin's process."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from intertie.graph import Graph
from intertie.lab import equality
from intertie.lab.engine import Engine, environment
from intertie.lab.session import Lab
from support.labs import done, sample
from support.stacks import ROOT, SAMPLE, graph_of, grouped

pytestmark = pytest.mark.engine

PIPELINE = "intertie:index:InferencePipeline"
REMOTE = f"""
from pathlib import Path

import pulumi
import yaml


class InferencePipeline(pulumi.ComponentResource):
    '''What a generated SDK has: a token, inputs and outputs by their wire names, and no code of the component.'''

    clusterName: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    namespace: pulumi.Output[str]

    def __init__(self, name, args, opts=None):
        outputs = dict.fromkeys(["clusterName", "endpoint", "kubeconfig", "namespace", "notes"])
        super().__init__("{PIPELINE}", name, {{**args, **outputs}}, opts, remote=True)


config = pulumi.Config()
spec = yaml.safe_load((Path(__file__).parent / config.require("spec")).read_text())
pipeline = InferencePipeline(spec["name"], {{"spec": spec, "placement": config.require("placement")}})
pulumi.export("cluster", pipeline.clusterName)
pulumi.export("endpoint", pipeline.endpoint)
pulumi.export("kubeconfig", pipeline.kubeconfig)
pulumi.export("namespace", pipeline.namespace)
"""


def remote(lab: Lab, folder: Path, stack: str) -> Engine:
    """The engine on a sample whose program knows the pipeline only as a package that Pulumi.yaml names."""
    engine = sample(lab, folder, stack)
    (folder / "stacks" / "__main__.py").write_text(REMOTE)
    project = folder / "Pulumi.yaml"
    plugins = f"plugins:\n  providers:\n    - {{name: intertie, path: {ROOT / 'components'}}}\n"
    project.write_text(project.read_text() + plugins)
    return engine


def run(lab: Lab, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["pulumi", *words],
        env=environment(lab.environment()),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_cli_gets_the_golden_schema_from_the_package(clouds: Lab) -> None:
    shown = run(clouds, "package", "get-schema", str(ROOT / "components"))
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == json.loads((ROOT / "components" / "schema.json").read_text())


def test_the_golden_schema_has_no_fault_that_the_cli_knows(clouds: Lab) -> None:
    shown = run(clouds, "schema", "check", str(ROOT / "components" / "schema.json"))
    assert (shown.returncode, shown.stdout.strip()) == (0, ""), shown.stdout + shown.stderr


def test_the_cli_does_find_faults_in_schemas(clouds: Lab, tmp_path: Path) -> None:
    broken = json.loads((ROOT / "components" / "schema.json").read_text())
    broken["resources"][PIPELINE]["inputProperties"]["spec"] = {"$ref": "#/types/intertie:index:Nothing"}
    (tmp_path / "schema.json").write_text(json.dumps(broken))
    shown = run(clouds, "schema", "check", str(tmp_path / "schema.json"))
    assert shown.returncode != 0
    assert "Nothing" in shown.stdout + shown.stderr


def alike(engine: Graph, offline: Graph) -> Graph:
    """The engine's graph with what a remote component has by nature taken off: inputs, and a provider of its own."""
    (there,) = (each for each in offline if each.type == PIPELINE)
    return replace(engine, resources=tuple(there if each.type == PIPELINE else each for each in engine))


@pytest.mark.parametrize("stack", [grouped(stack) for stack in SAMPLE])
def test_a_remote_pipeline_has_the_children_of_a_direct_one(clouds: Lab, tmp_path: Path, stack: str) -> None:
    outcome = done(remote(clouds, tmp_path / "project", stack).preview("--json"))
    engine = equality.engine_graph(json.loads(outcome.stdout), "inference", stack)
    offline = graph_of(stack)

    assert [each.type for each in engine].count(PIPELINE) == 1
    assert equality.told(equality.difference(offline, alike(engine, offline))) == ""


def test_a_remote_pipeline_with_a_wrong_description_is_told_once_and_plainly(clouds: Lab, tmp_path: Path) -> None:
    engine = remote(clouds, tmp_path / "project", "aws-use1")
    spec = engine.project / "stacks" / "specs" / "chat.yaml"
    spec.write_text(spec.read_text().replace("cloud: aws", "cloud: awz"))

    outcome = engine.preview()

    assert outcome.code == 1
    assert outcome.text.count('found "awz"; allowed: one of aws, azure, gcp, other') == 1, outcome.text
    assert "Traceback" not in outcome.text
