"""What a placement needs, and the commands that bring it there."""

from pathlib import Path

import pytest

from intertie import catalog
from intertie.errors import InputError
from intertie.plan.references import mirrored
from intertie.replication import Kind, Task, tasks
from intertie.replication.tools import steps
from support.pipelines import PREPARE, generate, planned
from support.rendered import DOOR, MODEL
from support.workloads import handle

SCRATCH = Path("out/weights")
GATED = {**MODEL, "token_secret": "hub-token"}


def found(cloud: str = "aws", bucket: str | None = "s3://chat-weights", **changes) -> dict[str, Task]:
    stages = [PREPARE, {**generate(model=GATED), "after": ["prepare"]}]
    plan = planned(cloud, stages=stages, endpoint={**DOOR, "auth": "api-key"}, **changes)
    return {f"{task.kind}/{task.name}": task for task in tasks(plan, bucket)}


def commands(task: Task) -> list[tuple[str, ...]]:
    return [step.command for step in steps(task, SCRATCH)]


def test_a_placement_needs_images_weights_and_secrets() -> None:
    assert set(found()) == {
        "image/ghcr.io/acme/prepare:1.0", "image/vllm/vllm-openai:v0.29.0", "weights/acme/model",
        "secret/hub-token", "secret/chat-api-keys", "secret/chat-tls",
    }  # fmt: skip


def test_images_are_copied_into_the_placements_registry_and_else_only_looked_at() -> None:
    (digest,) = commands(found()["image/ghcr.io/acme/prepare:1.0"])
    assert digest == ("crane", "digest", "ghcr.io/acme/prepare:1.0")
    task = found(where={"registry": "mirror.example.com/acme"})["image/ghcr.io/acme/prepare:1.0"]
    copy, digest = commands(task)
    assert copy == ("crane", "copy", "ghcr.io/acme/prepare:1.0", "mirror.example.com/acme/acme/prepare:1.0")
    assert digest == ("crane", "digest", "mirror.example.com/acme/acme/prepare:1.0")


def test_an_image_of_a_known_digest_is_copied_by_it_under_its_tag() -> None:
    pinned = f"vllm/vllm-openai:v0.29.0@{catalog.image_digest('vllm/vllm-openai:v0.29.0')}"
    copy, digest = commands(found(where={"registry": "mirror.example.com/acme"})["image/vllm/vllm-openai:v0.29.0"])
    assert copy == ("crane", "copy", pinned, "mirror.example.com/acme/vllm/vllm-openai:v0.29.0")
    assert digest == ("crane", "digest", "mirror.example.com/acme/vllm/vllm-openai:v0.29.0")


@pytest.mark.parametrize("image", ["ghcr.io/acme/prepare:1.0", "vllm/vllm-openai:v0.29.0", "localhost:5000/a/b:1"])
def test_a_copy_lies_where_pods_look_for_it(image: str) -> None:
    from intertie.workload.images import image as reference

    plan = planned()
    assert mirrored(image, "mirror.example.com/acme") == reference(plan, image, "mirror.example.com/acme")


@pytest.mark.parametrize(
    ("cloud", "bucket", "tool", "target"),
    [
        ("aws", "s3://chat-weights", "aws", "s3://chat-weights/acme/model/6f6073b"),
        ("gcp", "gs://chat-weights", "gcloud", "gs://chat-weights/acme/model/6f6073b"),
        ("azure", "https://chatw.blob.core.windows.net/weights", "az", "acme/model/6f6073b"),
    ],
)
def test_weights_go_from_the_hub_into_the_folder_that_replicas_read(
    cloud: str, bucket: str, tool: str, target: str
) -> None:
    fetch, upload = commands(found(cloud, bucket)["weights/acme/model"])
    assert fetch[:3] == ("hf", "download", "acme/model")
    assert fetch[-2:] == ("--revision", "6f6073b")
    assert (upload[0], upload[-1] if tool != "aws" else upload[4]) == (tool, target)


def test_weights_lie_where_the_loader_looks() -> None:
    from intertie.contract import StorageBinding
    from intertie.workload.runtimes import launch_of

    plan = planned(stages=[generate(model=MODEL)])
    launch = launch_of(plan.stage("generate"), handle(plan, storage=StorageBinding("s3://chat-weights")))
    (task,) = [task for task in tasks(plan, "s3://chat-weights") if task.kind is Kind.WEIGHTS]
    assert launch.args[0] == task.target


def test_a_bucket_that_nobody_knows_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"--bucket here=\$\(pulumi stack output weights\)"):
        steps(found(bucket=None)["weights/acme/model"], SCRATCH)


def test_a_bucket_that_the_placement_names_is_known() -> None:
    task = found(bucket=None, where={"weights": "acme-weights"})["weights/acme/model"]
    assert task.target == "s3://acme-weights/acme/model/6f6073b"


def test_the_account_of_a_container_on_azure_is_the_placements_own() -> None:
    """The stack's output is what the loader reads, which leaves the account out."""
    from intertie.plan.accounts import account_name

    made = planned("azure", stages=[generate(model=MODEL)])
    for bucket in (None, "az://weights"):
        task = found("azure", bucket)["weights/acme/model"]
        _, upload = commands(task)
        assert task.target == f"https://{account_name(made)}.blob.core.windows.net/weights/acme/model/6f6073b"
        assert upload[upload.index("--account-name") + 1] == account_name(made)


@pytest.mark.parametrize(("named", "container"), [("acmeweights", "weights"), ("acmeweights.llama", "llama")])
def test_an_account_that_the_placement_names_is_written_as_the_tool_takes_it(named: str, container: str) -> None:
    _, upload = commands(found("azure", None, where={"weights": named})["weights/acme/model"])
    assert upload[upload.index("--account-name") + 1] == "acmeweights"
    assert upload[upload.index("--destination") + 1] == container


@pytest.mark.parametrize(("cloud", "tool"), [("aws", "aws"), ("azure", "az"), ("gcp", "gcloud")])
def test_a_secrets_value_goes_in_by_standard_input(cloud: str, tool: str) -> None:
    (step,) = steps(found(cloud)["secret/hub-token"], SCRATCH)
    assert step.tool == tool
    assert step.secret
    assert "chat-here-hub-token" in step.command
    assert any(part.endswith(("/dev/stdin", "=-")) for part in step.command)


def test_secrets_of_an_adopted_cluster_are_its_owners() -> None:
    adopt = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "machine": "p5.48xlarge",
                        "labels": {"a": "b"}}, {"name": "cpu", "labels": {"c": "d"}}]}  # fmt: skip
    assert not [name for name in found(where={"adopt": adopt}) if name.startswith(("secret", "weights"))]
