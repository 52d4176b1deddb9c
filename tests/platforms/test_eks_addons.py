"""What an EKS cluster has installed: add-ons, and the autoscaler."""

import json

from intertie.platforms import components
from support.building import build
from support.eks import ADDON, RELEASE, built, group
from support.plans import accelerator_pool, plan


def test_the_add_ons_are_those_of_a_cluster_with_accelerators():
    names = {addon.inputs["addonName"] for addon in built().graph.of_type(ADDON)}
    assert names == {
        "vpc-cni",
        "kube-proxy",
        "coredns",
        "eks-pod-identity-agent",
        "aws-ebs-csi-driver",
        "eks-node-monitoring-agent",
        "metrics-server",
        "kube-state-metrics",
    }


def test_who_may_talk_to_whom_is_enforced_and_not_only_written_down():
    """Without the setting the cluster takes network policies and lets everything through."""
    addon = built().inputs(ADDON, "vpc-cni")
    assert addon["addonName"] == "vpc-cni"
    assert json.loads(addon["configurationValues"]) == {"enableNetworkPolicy": "true"}


def test_the_part_that_watches_gpus_gets_onto_tainted_nodes():
    values = json.loads(built().one(ADDON, "eks-node-monitoring-agent").inputs["configurationValues"])
    assert values == {
        "dcgmAgent": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]}
    }


def test_add_ons_that_run_on_nodes_wait_for_the_system_nodes():
    system = group(built(), "system").urn
    for name in ("coredns", "metrics-server", "aws-ebs-csi-driver", "eks-node-monitoring-agent"):
        assert system in built().one(ADDON, name).depends_on, name


def test_the_autoscaler_changes_only_groups_of_its_cluster():
    policy = built().graph.find("aws:iam/rolePolicy:RolePolicy", "here-cluster-autoscaler-policy")
    changing = [each for each in json.loads(policy.inputs["policy"])["Statement"] if "Condition" in each]
    assert [each["Condition"] for each in changing] == [
        {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/chat-here": "owned"}}
    ]
    reading = [each for each in json.loads(policy.inputs["policy"])["Statement"] if "Condition" not in each]
    verbs = {action.partition(":")[2] for each in reading for action in each["Action"]}
    assert all(verb.startswith(("Describe", "Get")) for verb in verbs)


def test_the_autoscaler_is_of_the_clusters_version_and_climbs_the_ladder_by_rank():
    pools = (accelerator_pool(rank=0), accelerator_pool(kind="spot", rank=1))
    values = build(plan(pools=pools)).graph.find(RELEASE, "here-cluster-autoscaler").inputs["values"]
    assert values["image"]["tag"] == "v1.35.0"
    assert values["extraArgs"]["expander"].startswith("priority")
    assert values["expanderPriorities"] == {
        "1": [".*"],
        "100": ["^eks-generate0-.*"],
        "99": ["^eks-generate1-.*"],
    }


def test_what_the_table_says_of_aws_is_true_without_exceptions():
    handle = built().handle
    assert handle is not None
    assert components.provided("aws", {"nvidia"}) <= handle.provided
    assert not {name for name in handle.provided if "storage" in name}  # weights are streamed, nothing is mounted


def test_a_workload_still_has_to_install_the_device_plugin():
    handle = built().handle
    assert handle is not None
    assert "nvidia-device-plugin" not in handle.provided
    assert {"nvidia-driver", "autoscaler", "metrics-server"} <= handle.provided
