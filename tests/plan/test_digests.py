"""Images by digest, from the lock beside a description; and where weights come from."""

import json
from pathlib import Path

import pytest

from intertie import catalog
from intertie.errors import InputError
from intertie.plan import resolve
from intertie.plan.weights import HUB, SERVER, STREAMED
from intertie.spec import read_file
from intertie.workload.runtimes import launch_of
from support.descriptions import SMALL
from support.pipelines import generate, planned
from support.rendered import MODEL
from support.workloads import handle, objects

DIGEST = "sha256:" + "d" * 64
VLLM = "vllm/vllm-openai:v0.29.0"


def written(tmp_path: Path, lock: str | None) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("environment: staging", "environment: production"))
    if lock is not None:
        (tmp_path / "small.lock.json").write_text(lock)
    return path


def locked(images: dict[str, str]) -> str:
    return json.dumps({"schema": "intertie.lock/v1", "images": images})


def test_images_that_the_lock_knows_are_taken_by_digest(tmp_path: Path) -> None:
    spec = read_file(written(tmp_path, locked({VLLM: DIGEST})))
    plan = resolve(spec, "here")
    assert plan.stage("generate").image == f"{VLLM}@{DIGEST}"
    assert plan.stage("prepare").image == "ghcr.io/acme/prepare:1.0"


def test_without_a_lock_the_digest_is_the_one_that_the_catalogue_knows_of_the_pinned_release(tmp_path: Path) -> None:
    plan = resolve(read_file(written(tmp_path, None)), "here")
    assert plan.stage("generate").image == f"{VLLM}@{catalog.image_digest(VLLM)}"
    (container,) = objects(plan, handle(plan))["nvidia-device-plugin"]["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("nvcr.io/nvidia/k8s-device-plugin:v0.17.4@sha256:")


def test_an_image_of_ones_own_gets_no_digest_from_the_catalogue() -> None:
    plan = planned(stages=[generate(image="ghcr.io/acme/vllm:v0.29.0")])
    assert plan.stage("generate").image == "ghcr.io/acme/vllm:v0.29.0"


def test_a_locked_image_is_started_like_the_release_that_it_is(tmp_path: Path) -> None:
    loose = resolve(read_file(written(tmp_path, None)), "here")
    pinned = resolve(read_file(written(tmp_path, locked({VLLM: DIGEST}))), "here")
    cluster = handle(loose)
    assert launch_of(loose.stage("generate"), cluster) == launch_of(pinned.stage("generate"), cluster)


def test_agents_on_nodes_are_taken_by_digest_too(tmp_path: Path) -> None:
    plugin = "nvcr.io/nvidia/k8s-device-plugin:v0.17.4"
    plan = resolve(read_file(written(tmp_path, locked({plugin: DIGEST}))), "here")
    (container,) = objects(plan, handle(plan))["nvidia-device-plugin"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{plugin}@{DIGEST}"


def test_in_production_an_image_without_a_digest_is_said(tmp_path: Path) -> None:
    notes = resolve(read_file(written(tmp_path, locked({VLLM: DIGEST}))), "here").notes
    assert [note for note in notes if "has no digest" in note] == [
        "image ghcr.io/acme/prepare:1.0 has no digest: `intertie replicate` records them beside the description"
    ]


def test_elsewhere_a_tag_will_do() -> None:
    assert not [note for note in planned(environment="staging").notes if "has no digest" in note]


@pytest.mark.parametrize(
    "lock", ["", "[]", "{", '{"schema": "intertie.lock/v1"}', locked({VLLM: "sha256:1"}), locked({"A B": DIGEST}),
             '{"schema": "intertie.lock/v2", "images": {}}', "[" * 100_000],
)  # fmt: skip
def test_a_lock_that_is_none_is_refused_and_not_passed_over(tmp_path: Path, lock: str) -> None:
    with pytest.raises(InputError, match=r"small\.lock\.json.*intertie\.lock/v1"):
        read_file(written(tmp_path, lock))


def test_one_lock_makes_one_description(tmp_path: Path) -> None:
    path = written(tmp_path, locked({VLLM: DIGEST}))
    assert read_file(path) is read_file(path)


# ---------------------------------------------------------------------- where weights come from


def way(plan) -> tuple[str, str]:
    (choice,) = [each for each in plan.choices if each.path == "stages[generate].weights"]
    return choice.chosen, choice.why


@pytest.mark.parametrize(
    ("cloud", "stage", "how"),
    [
        ("aws", {"model": MODEL}, STREAMED),
        ("aws", {"model": MODEL, "accelerators": ["trainium1"]}, HUB),
        ("aws", {"model": MODEL, "image": "ghcr.io/acme/vllm:1"}, HUB),
        ("gcp", {"model": MODEL, "runtime": "sglang"}, HUB),
        ("gcp", {"model": MODEL, "runtime": "triton"}, SERVER),
    ],
)
def test_the_plan_says_where_weights_come_from_as_replicas_are_started(cloud: str, stage: dict, how: str) -> None:
    from intertie.contract import StorageBinding

    plan = planned(cloud, stage=stage)
    assert way(plan)[0] == how
    launch = launch_of(plan.stage("generate"), handle(plan, storage=StorageBinding("s3://chat-weights")))
    assert ("s3://chat-weights" in " ".join(map(str, launch.args))) == (how != HUB)


def test_what_was_passed_over_is_said_with_its_size() -> None:
    plan = planned(stage={"model": MODEL})
    (choice,) = [each for each in plan.choices if each.path == "stages[generate].weights"]
    assert "GiB go to the accelerators' memory" in choice.why
    assert {what for what, _ in choice.rejected} == {"mounted bucket", "cache on the node"}


def test_a_stage_without_a_model_has_no_weights() -> None:
    plan = planned(stages=[replace_model(generate())])
    assert not [each for each in plan.choices if each.path.endswith(".weights")]


def replace_model(stage: dict) -> dict:
    return {**{key: value for key, value in stage.items() if key not in ("model", "runtime")},
            "image": "ghcr.io/acme/serve:1", "accelerator_count": 1}  # fmt: skip
