"""The GKE stack as a whole: complete, labelled, in the right order, and nothing of another cloud."""

import subprocess
import sys
from dataclasses import replace

import pytest

from intertie.graph import SECRET, check, sdk
from intertie.platforms import registry
from intertie.platforms.gke import addons
from support.building import build
from support.gke import BUCKET, CLUSTER, KINDS, POOL, SERVICE, ladder, multi_node, placed, pool, tpu_pool
from support.plans import plan

LABELS = {"labels", "resourceLabels"}


def properties(token: str) -> set[str]:
    shape = sdk.args_class(token)
    assert shape is not None, token
    return {each.name for each in sdk.properties(shape).values()}


@pytest.mark.parametrize(
    "pools",
    [
        tuple(pool(kind, rank) for rank, kind in enumerate(KINDS)),
        (tpu_pool("spot"),),
        (tpu_pool("reservation", hosts=4),),
        (tpu_pool("flex-start", hosts=2, initial_nodes=0),),
        (multi_node("a3-ultragpu-8g", "roce", "reservation"),),
        (multi_node("a3-megagpu-8g", "tcpxo"),),
        (pool("spot", machine="n1-standard-16", per_node=2, accelerator="t4"),),
    ],
    ids=["every-kind", "tpu", "tpu-slice", "tpu-slice-queued", "roce", "tcpxo", "attached-gpu"],
)
def test_the_sdk_finds_nothing_wrong_missing_or_misspelt(pools) -> None:
    assert check(build(placed(*pools)).graph) == ()


def test_nothing_is_asked_of_the_cloud_and_nothing_is_complained_about() -> None:
    assert ladder().graph.invokes == ()
    assert ladder().graph.messages == ()


def test_names_are_unique_and_say_the_role() -> None:
    keys = [(resource.type, resource.name) for resource in ladder().graph]
    assert len(keys) == len(set(keys))
    children = [resource for resource in ladder().graph if resource.type.startswith("gcp:")]
    assert all(resource.name.startswith("here-") for resource in children)
    assert {resource.parent for resource in children} == {ladder().graph.resources[1].urn}


def test_everything_that_takes_labels_has_the_labels_of_the_plan() -> None:
    labelled = 0
    for resource in ladder().graph:
        if not resource.type.startswith("gcp:"):
            continue
        for name in LABELS & properties(resource.type):
            labelled += 1
            assert resource.inputs[name] == dict(plan("gcp").tags), resource.name
    assert labelled == 4  # cluster, key, bucket, the certificate's secret: networks, accounts and roles take none
    for node_pool in ladder().graph.of_type(POOL):
        assert node_pool.inputs["nodeConfig"]["resourceLabels"] == dict(plan("gcp").tags)


def test_one_cloud_loads_the_sdk_of_no_other() -> None:
    program = (
        "import sys; from support.building import build; from support.plans import plan; build(plan('gcp'));"
        "print(sorted(name for name in sys.modules if name.startswith('pulumi_') and '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd="tests", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pulumi_gcp']"


def test_asking_what_it_can_do_loads_no_sdk() -> None:
    program = (
        "import sys; from intertie.platforms import registry;"
        "known = registry.capabilities('gke'); print(known.creatable, 'pulumi_gcp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('reservation',) False"
    assert all(gap.endswith(".") for gap in registry.capabilities("gke").gaps)


def test_apis_come_before_everything_and_stay_when_the_stack_goes() -> None:
    apis = ladder().graph.of_type(SERVICE)
    assert {"container.googleapis.com", "compute.googleapis.com"} <= {api.inputs["service"] for api in apis}
    assert all(api.inputs["disableOnDestroy"] is False for api in apis)
    names = {api.name for api in apis}
    for resource in ladder().graph:
        if resource.type.startswith("gcp:") and resource.type != SERVICE:
            assert names <= ladder().before(resource), resource.name


def test_the_api_is_on_that_gives_pods_the_tokens_of_their_account() -> None:
    """Workload identity answers 403 without it, and only when the first pod wants to read weights."""
    assert "iamcredentials.googleapis.com" in {api.inputs["service"] for api in ladder().graph.of_type(SERVICE)}


def test_the_tier_cold_is_apis_bucket_secrets_and_accounts_and_no_cluster() -> None:
    cold = build(placed(tier="cold", renders=("artifacts", "identity")))
    assert cold.handle is None
    assert check(cold.graph) == ()
    assert sorted({resource.type for resource in cold.graph if resource.type.startswith("gcp:")}) == [
        "gcp:projects/service:Service",
        "gcp:secretmanager/secret:Secret",
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        "gcp:serviceaccount/account:Account",
        "gcp:storage/bucket:Bucket",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
    ]
    assert "container.googleapis.com" not in {api.inputs["service"] for api in cold.graph.of_type(SERVICE)}


def test_what_only_pools_could_get_wrong_does_not_stop_a_cold_placement() -> None:
    nowhere = multi_node("a3-megagpu-8g", "tcpxo", zones=(), max_nodes=100_000)
    cold = build(placed(nowhere, tier="cold", renders=("artifacts", "identity"), region="europe-north9"))
    assert cold.handle is None


def test_a_project_that_is_named_is_the_project_of_everything_that_takes_one() -> None:
    named = build(placed(here={"account": {"id": "acme-inference"}}))
    takers = [
        resource
        for resource in named.graph
        if resource.type.startswith("gcp:") and "project" in properties(resource.type) and resource.type != POOL
    ]
    assert len(takers) > 12
    assert {resource.inputs["project"] for resource in takers} == {"acme-inference"}
    cluster = named.inputs(CLUSTER, "cluster")
    assert cluster["workloadIdentityConfig"] == {"workloadPool": "acme-inference.svc.id.goog"}


def test_a_project_that_is_not_named_is_learnt_from_a_resource_and_not_by_a_question() -> None:
    role = ladder().one("gcp:projects/iAMMember:IAMMember", "nodes-service")
    assert role.property_dependencies["project"] == (
        ladder().one("gcp:serviceaccount/account:Account", "pods-account").urn,
    )
    assert "project" not in ladder().inputs(CLUSTER, "cluster")


def test_the_workload_waits_for_pools_and_identities() -> None:
    handle = ladder().handle
    assert handle is not None
    order = 1  # the class of the only ladder
    assert len(handle.ready) == len(plan("gcp").pools) - 1 + len(KINDS) + order + len(plan("gcp").stages) + 2
    assert set(handle.pools) == {"system", "general", *(f"generate{rank}" for rank in range(len(KINDS)))}


def test_what_gke_brings_along_is_not_installed_a_second_time() -> None:
    handle = ladder().handle
    assert handle is not None
    assert {"nvidia-driver", "nvidia-device-plugin", "nvidia-metrics-exporter"} <= handle.provided
    assert not {"scaler", "lws", "gateway"} & handle.provided


def test_the_kubeconfig_is_secret() -> None:
    import pulumi

    from intertie.contract import BuildOptions
    from intertie.graph import record

    def program() -> None:
        holder = pulumi.ComponentResource("test:index:Holder", "here")
        handle = registry.platform("gke").build(placed(), BuildOptions(parent=holder, name="here"))
        assert handle is not None
        pulumi.export("kubeconfig", handle.kubeconfig)

    assert record(program, "inference", "here").exports == {"kubeconfig": SECRET}


def test_a_bucket_that_is_named_is_used_and_not_made() -> None:
    named = build(placed(here={"weights": "acme-weights"}))
    assert named.handle is not None
    assert named.handle.storage.weights_uri == "gs://acme-weights"
    assert named.graph.of_type(BUCKET) == ()
    reader = named.inputs("gcp:storage/bucketIAMMember:BucketIAMMember", "weights-reader")
    assert (reader["bucket"], reader["role"]) == ("acme-weights", "roles/storage.objectViewer")


@pytest.mark.parametrize(("kubernetes", "there"), [("1.33", False), ("1.34", True), ("1.35", True)])
def test_the_definition_of_inference_pools_comes_with_newer_clusters(kubernetes: str, there: bool) -> None:
    assert ("inference-pool" in addons.provided(replace(plan("gcp"), kubernetes=kubernetes))) is there
