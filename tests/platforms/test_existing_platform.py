"""A cluster that is adopted: nothing is made, everything is said."""

import subprocess
import sys
from typing import Any

import pulumi
import pytest

from intertie.contract import BuildOptions, ClusterHandle, Toleration
from intertie.errors import InputError, PlanError
from intertie.graph import SECRET, record
from intertie.plan import Plan, resolve
from intertie.platforms import registry
from intertie.platforms.existing import pools
from intertie.spec import PipelineSpec
from support.plans import spec_data

POOLS = [
    {"name": "workers", "nodes": 8, "labels": {"acme.example/role": "workers"}},
    {
        "name": "a-long-name-for-gpus",
        "accelerator": "h100",
        "per_node": 8,
        "nodes": 4,
        "labels": {"acme.example/gpu": "h100"},
        "taints": ["nvidia.com/gpu:NoSchedule", "acme.example/team=search:NoExecute"],
    },
]


def planned(cloud: str = "other", **adopt: Any) -> Plan:
    """The plan for a placement that adopts a cluster, resolved as a user's would be."""
    here: dict[str, Any] = {"cloud": cloud, "region": "somewhere", "adopt": {"pools": POOLS, **adopt}}
    here |= {"jurisdiction": "eu"} if cloud == "other" else {"region": "europe-west4"}
    return resolve(PipelineSpec.model_validate(spec_data(placements={"here": here})), "here")


def build(plan: Plan, kubeconfig: Any = "apiVersion: v1") -> ClusterHandle:
    holder: list[ClusterHandle | None] = []

    def program() -> None:
        options = BuildOptions(parent=None, name="here", kubeconfig=kubeconfig)
        holder.append(registry.platform(plan.platform).build(plan, options))
        pulumi.export("kubeconfig", holder[0] and holder[0].kubeconfig)

    graph = record(program, "inference", "here")
    assert [resource.type for resource in graph] == ["pulumi:pulumi:Stack"], "nothing is made"
    assert graph.exports == {"kubeconfig": SECRET}
    assert holder[0] is not None
    return holder[0]


def test_pods_get_onto_pools_by_the_labels_and_taints_that_are_described() -> None:
    handle = build(planned())
    assert set(handle.pools) == {"workers", "a-long-name-for-gpus"}
    gpus = handle.pools["a-long-name-for-gpus"]
    assert gpus.selector == {"acme.example/gpu": "h100"}
    assert gpus.tolerations == (
        Toleration("nvidia.com/gpu", "Exists", "", "NoSchedule"),
        Toleration("acme.example/team", "Equal", "search", "NoExecute"),
    )


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_an_update_without_a_kubeconfig_is_refused_and_told_how_to_give_one(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    with pytest.raises(InputError) as refused:
        build(planned(), given)
    assert "placement 'here' adopts a cluster" in str(refused.value)
    assert "pulumi config set --secret inference:kubeconfig" in str(refused.value)


@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_a_preview_needs_no_kubeconfig_and_takes_it_for_an_unknown_secret(given: str | None) -> None:
    assert set(build(planned(), given).pools) == {"workers", "a-long-name-for-gpus"}


def test_what_the_cluster_provides_is_not_installed_a_second_time() -> None:
    assert "keda" in build(planned(provides=["keda"])).provided
    assert "keda" not in build(planned()).provided
    assert "nvidia-driver" in build(planned()).provided
    assert "nvidia-device-plugin" not in build(planned()).provided


def test_what_a_cloud_brings_or_offers_as_a_switch_is_left_to_whoever_runs_the_cluster() -> None:
    provided = build(planned("gcp")).provided
    assert "nvidia-device-plugin" in provided
    assert "nvidia-metrics-exporter" in provided  # DCGM is a switch, and an exporter of ours would not find the driver


def test_drivers_are_the_clusters_own_even_where_our_clusters_of_that_cloud_get_theirs_from_us() -> None:
    pools = [POOLS[0], {**POOLS[1], "accelerator": "mi300x"}]
    data = spec_data(placements={"here": {"cloud": "azure", "region": "swedencentral", "adopt": {"pools": pools}}})
    data["stages"][1]["accelerators"] = ["mi300x"]
    provided = build(resolve(PipelineSpec.model_validate(data), "here")).provided
    assert "amd-driver" in provided
    assert not {"amd-device-plugin", "amd-metrics-exporter"} & provided


@pytest.mark.parametrize(
    ("written", "read"),
    [(None, None), ("gs://acme-weights", "gs://acme-weights"), ("azblob://weights/llama", "az://weights/llama")],
)
def test_weights_are_where_the_description_says_in_the_loaders_spelling(written, read) -> None:
    adopt = {"weights": written} if written else {}
    assert build(planned(**adopt)).storage.weights_uri == read


def test_who_collects_metrics_is_as_the_description_says() -> None:
    assert build(planned()).metrics is None
    metrics = build(planned(collector="google-managed")).metrics
    assert metrics is not None
    assert metrics.rules == ("monitoring.googleapis.com/v1", "Rules")


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("aws", "service.beta.kubernetes.io/aws-load-balancer-internal"),
        ("azure", "service.beta.kubernetes.io/azure-load-balancer-internal"),
        ("gcp", "networking.gke.io/load-balancer-type"),
    ],
)
def test_a_private_endpoint_stays_private_on_every_cloud(cloud, annotation) -> None:
    from intertie.platforms.existing import network
    from support.plans import plan, spec

    private = spec(cloud, endpoint={**spec_data()["endpoint"], "access": "private"})
    assert annotation in network.gateway(plan(cloud, spec=private)).service_annotations
    assert network.gateway(plan(cloud)).service_annotations == {}


def test_pools_that_cannot_be_told_apart_are_a_problem() -> None:
    other = {"name": "small", "accelerator": "l4", "per_node": 1, "nodes": 4}
    with pytest.raises(PlanError) as refused:
        build(planned(pools=[*POOLS, other]))
    assert "placements.here.adopt.pools[2].labels: found no labels" in str(refused.value)
    same = {**POOLS[1], "name": "more"}
    assert pools.problems(planned(pools=[*POOLS, same])) == []


def test_a_cold_placement_has_nothing_on_the_cluster_and_needs_no_kubeconfig() -> None:
    here = {
        "cloud": "other", "region": "somewhere", "jurisdiction": "eu", "tier": "cold",
        "adopt": {"pools": POOLS},
    }  # fmt: skip
    plan = resolve(PipelineSpec.model_validate(spec_data(placements={"here": here})), "here")
    assert registry.platform("existing").build(plan, BuildOptions(parent=None, name="here")) is None


def test_no_cloud_sdk_is_loaded() -> None:
    program = (
        "import sys; from intertie.platforms import registry; registry.platform('existing');"
        "print(sorted(name for name in sys.modules if name.startswith('pulumi_') and '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_creates_no_reservations_and_says_where_to() -> None:
    with pytest.raises(InputError, match="reserve at the cloud"):
        registry.reservation("existing")
