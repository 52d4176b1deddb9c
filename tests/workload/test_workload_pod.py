"""The pod of a stage: rights, probes, resources, volumes, environment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie.contract import IdentityBinding, StorageBinding
from intertie.workload.pod import DRAIN_SECONDS
from support import plans
from support.workloads import (
    binding,
    container,
    generate,
    handle,
    objects,
    pinned,
    pod,
    spanning,
    stage_spec,
    staged,
    variables,
)

GIB = 2**30


def deployment(plan, cluster=None):
    return objects(plan, cluster)["generate-deployment"]


def test_no_container_can_gain_rights() -> None:
    """But for what measures devices: that is an agent of the node, not of the pipeline."""
    for role, body in objects(pinned(plans.plan())).items():
        if body["kind"] in ("Deployment", "DaemonSet") and not role.endswith("-metrics-exporter"):
            security = container(body)["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert "privileged" not in security


def test_system_calls_are_those_of_the_default_profile() -> None:
    for role in ("prepare-deployment", "generate-deployment"):
        security = pod(objects(pinned(plans.plan()))[role])["securityContext"]
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_image_that_is_made_for_it_runs_without_root() -> None:
    security = pod(deployment(pinned(plans.plan())))["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"], security["runAsGroup"]) == (True, 2000, 0)


def test_an_image_of_which_nothing_is_known_keeps_its_own_user() -> None:
    plan = staged(pinned(plans.plan()), "generate", image="registry.example.com/acme/vllm:1")
    assert "runAsUser" not in pod(deployment(plan))["securityContext"]
    assert "runAsUser" not in pod(objects(plan)["prepare-deployment"])["securityContext"]


def test_the_pinned_image_by_digest_is_still_the_pinned_image() -> None:
    plan = pinned(plans.plan())
    plan = staged(plan, "generate", image=f"docker.io/{generate(plan).image}@{plans.DIGEST}")
    assert pod(deployment(plan))["securityContext"]["runAsUser"] == 2000


def test_a_port_below_1024_may_be_bound() -> None:
    plan = stage_spec(pinned(plans.plan()), "prepare", port=80)
    assert container(objects(plan)["prepare-deployment"])["securityContext"]["capabilities"] == {
        "drop": ["ALL"],
        "add": ["NET_BIND_SERVICE"],
    }


def test_a_fabric_between_nodes_is_asked_for_and_may_pin_memory() -> None:
    plan = spanning(pinned(plans.plan()))
    far = binding("generate0", fabric_resources={"fabric.example.com/nic": "32"}, fabric_env={"NCCL_DEBUG": "WARN"})
    made = objects(plan, handle(plan, pools={**handle(plan).pools, "generate0": far}))
    for part in ("leader", "worker"):
        one = container(made["generate-group"], part)
        assert one["resources"]["limits"]["fabric.example.com/nic"] == "32"
        assert one["securityContext"]["capabilities"]["add"] == ["IPC_LOCK"]
        assert {"name": "NCCL_DEBUG", "value": "WARN"} in one["env"]
    assert made["namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"


def test_a_replica_on_one_node_asks_for_no_fabric() -> None:
    plan = pinned(plans.plan())
    near = binding("generate0", fabric_resources={"fabric.example.com/nic": "32"})
    cluster = handle(plan, pools={**handle(plan).pools, "generate0": near})
    assert "fabric.example.com/nic" not in container(deployment(plan, cluster))["resources"]["limits"]
    labels = objects(plan, cluster)["namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"


def test_pods_ask_only_for_the_fabric_that_all_their_pools_have() -> None:
    pools = (plans.accelerator_pool("aws", "on-demand", 0), plans.accelerator_pool("aws", "spot", 1))
    plan = spanning(pinned(plans.plan("aws", pools)))
    many = binding("generate0", fabric_resources={"fabric.example.com/nic": "32", "hugepages-2Mi": "5120Mi"})
    few = binding("generate1", fabric_resources={"fabric.example.com/nic": "8"})
    made = objects(plan, handle(plan, pools={**handle(plan).pools, "generate0": many, "generate1": few}))
    limits = container(made["generate-group"])["resources"]["limits"]
    assert limits["fabric.example.com/nic"] == "8"
    assert "hugepages-2Mi" not in limits


@given(seconds=st.integers(1, 20_000))
@settings(max_examples=40, deadline=None)
def test_the_startup_probe_waits_at_least_as_long_as_loading_takes(seconds: int) -> None:
    probe = container(deployment(staged(pinned(plans.plan()), "generate", load_seconds=seconds)))["startupProbe"]
    waited = probe["periodSeconds"] * probe["failureThreshold"]
    assert seconds <= waited <= max(seconds + 30, 40)


@pytest.mark.parametrize("runtime", ["vllm", "sglang"])
def test_runtimes_are_asked_at_their_health_path(runtime: str) -> None:
    one = container(deployment(pinned(plans.plan(), runtime)))
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert one[probe]["httpGet"] == {"path": "/health", "port": "http"}


def test_triton_is_alive_before_it_is_ready() -> None:
    plan = pinned(plans.plan(), "triton")
    one = container(deployment(plan, handle(plan, storage=StorageBinding("s3://chat-weights"))))
    assert one["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert one["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"


def test_an_image_without_a_health_path_is_asked_whether_its_port_is_open() -> None:
    one = container(objects(plans.plan())["prepare-deployment"])
    assert one["readinessProbe"]["tcpSocket"] == {"port": "http"}
    plan = stage_spec(plans.plan(), "prepare", health="/ready")
    one = container(objects(plan)["prepare-deployment"])
    assert one["readinessProbe"]["httpGet"]["path"] == "/ready"


@given(grace=st.integers(1, 3600))
@settings(max_examples=30, deadline=None)
def test_a_pod_may_drain_and_then_finish_its_streams(grace: int) -> None:
    body = deployment(stage_spec(pinned(plans.plan()), "generate", grace=f"{grace}s"))
    before = container(body)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before == DRAIN_SECONDS
    assert pod(body)["terminationGracePeriodSeconds"] > before + grace
    args = container(body)["args"]
    assert args[args.index("--shutdown-timeout") + 1] == str(grace)


def test_accelerators_are_requests_and_limits() -> None:
    resources = container(deployment(pinned(plans.plan())))["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == "4"


def test_cpu_has_no_limit_and_memory_has_its_request_as_limit() -> None:
    for role in ("prepare-deployment", "generate-deployment"):
        resources = container(objects(pinned(plans.plan()))[role])["resources"]
        assert "cpu" not in resources["limits"]
        assert resources["limits"]["memory"] == resources["requests"]["memory"]


def test_a_pod_asks_for_its_accelerators_share_of_the_machine() -> None:
    """Half of the eight accelerators of a machine with 192 vCPUs and 2048 GiB, of which 70 % are to be shared."""
    requests = container(deployment(pinned(plans.plan())))["resources"]["requests"]
    assert requests["cpu"] == "67200m"
    assert requests["memory"] == "716Gi"


def test_what_the_description_asks_for_wins_over_the_share() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", resources={"memory": "64Gi"})
    requests = container(deployment(plan))["resources"]["requests"]
    assert (requests["cpu"], requests["memory"]) == ("67200m", "64Gi")


def test_the_smallest_machine_of_the_ladder_decides() -> None:
    small = plans.accelerator_pool("aws", "spot", 1, machine="g6.12xlarge", per_node=4, fabric="none")
    plan = pinned(plans.plan("aws", (plans.accelerator_pool("aws"), small)))
    assert container(deployment(plan))["resources"]["requests"]["cpu"] == "33600m"


def test_memory_that_nobody_knows_is_not_limited() -> None:
    plan = pinned(plans.plan("aws", (plans.accelerator_pool("aws", machine="unheard-of"),)))
    resources = container(deployment(plan))["resources"]
    assert "memory" not in resources["limits"]
    assert resources["requests"]["memory"] == "8Gi"


def test_processes_share_memory_within_the_pods_own() -> None:
    body = deployment(pinned(plans.plan()))
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in container(body)["volumeMounts"]
    volume = next(volume for volume in pod(body)["volumes"] if volume["name"] == "shared-memory")
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Gi"}


def test_weights_from_the_hub_get_a_disk_that_holds_them() -> None:
    plan = pinned(plans.plan())
    hub = container(deployment(plan))["resources"]["requests"]["ephemeral-storage"]
    bucket = handle(plan, storage=StorageBinding("s3://chat-weights"))
    streamed = container(deployment(plan, bucket))["resources"]["requests"]["ephemeral-storage"]
    assert int(hub.removesuffix("Mi")) * 2**20 > 70e9 * 2
    assert streamed == "20Gi"


def test_what_is_read_ahead_fits_into_the_pods_memory() -> None:
    plan = pinned(plans.plan())
    bucket = handle(plan, storage=StorageBinding("s3://chat-weights"))
    limit = int(variables(deployment(plan, bucket))["RUNAI_STREAMER_MEMORY_LIMIT"])
    assert 2 * GIB <= limit * 4 <= 716 * GIB / 4
    assert "RUNAI_STREAMER_MEMORY_LIMIT" not in variables(deployment(plan))


def test_a_service_called_like_a_runtime_sets_no_variables_in_its_pods() -> None:
    assert pod(deployment(pinned(plans.plan())))["enableServiceLinks"] is False


def test_the_users_environment_wins() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", env={"VLLM_CACHE_ROOT": "/elsewhere"})
    assert variables(deployment(plan))["VLLM_CACHE_ROOT"] == "/elsewhere"


def test_a_hub_token_comes_from_its_secret_and_never_as_text() -> None:
    model = {"id": "acme/gated", "parameters": "8e9", "token_secret": "hub-token"}
    body = deployment(stage_spec(pinned(plans.plan()), "generate", model=model))
    token = next(variable for variable in container(body)["env"] if variable["name"] == "HF_TOKEN")
    assert token == {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub-token", "key": "token"}}}


def test_the_labels_that_identity_needs_are_on_the_pods() -> None:
    plan = pinned(plans.plan())
    cluster = handle(plan, identity=IdentityBinding({}, {"identity.example.com/use": "true"}))
    labels = deployment(plan, cluster)["spec"]["template"]["metadata"]["labels"]
    assert labels["identity.example.com/use"] == "true"
