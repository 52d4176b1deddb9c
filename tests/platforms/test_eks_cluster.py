"""The EKS cluster as a whole: complete, tagged, in its region, in the right order, and nothing of another cloud."""

import json
import subprocess
import sys
from time import process_time

from intertie.graph import SECRET, check, sdk
from intertie.platforms.eks import cluster, identity
from support.building import build
from support.eks import CLUSTER, NODE_GROUP, built, group, of_aws
from support.plans import accelerator_pool, claim, plan


def properties(token: str) -> set[str]:
    shape = sdk.args_class(token)
    assert shape is not None, token
    return {each.name for each in sdk.properties(shape).values()}


def test_the_sdk_finds_nothing_wrong_missing_or_misspelt():
    assert check(built().graph) == ()
    assert not built().graph.messages


def test_nothing_is_asked_of_the_cloud():
    assert built().graph.invokes == ()


def test_names_are_unique_and_say_the_role():
    keys = [(resource.type, resource.name) for resource in built().graph]
    assert len(keys) == len(set(keys))
    assert all(resource.name.startswith("here-") for resource in of_aws(built().graph))
    assert {resource.parent for resource in of_aws(built().graph)} == {built().graph.resources[1].urn}


def test_everything_that_takes_tags_has_the_tags_of_the_plan():
    tagged = [resource for resource in of_aws(built().graph) if "tags" in properties(resource.type)]
    assert len(tagged) > 25
    for resource in tagged:
        assert dict(plan().tags).items() <= resource.inputs["tags"].items(), resource.name


def test_everything_regional_names_its_region():
    regional = [resource for resource in of_aws(built().graph) if "region" in properties(resource.type)]
    assert len(regional) > 30
    assert {resource.inputs.get("region") for resource in regional} == {"us-east-1"}


def test_one_cloud_loads_the_sdk_of_no_other():
    program = (
        "import sys; from support.building import build; from support.plans import plan; build(plan());"
        "print(sorted(name for name in sys.modules if name.startswith('pulumi_') and '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd="tests", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pulumi_aws', 'pulumi_kubernetes']"


def test_a_warm_build_takes_less_than_two_seconds_of_cpu():
    built()
    start = process_time()
    build(plan())
    assert process_time() - start < 2


def test_the_control_plane_is_encrypted_logged_private_and_pinned():
    control_plane = built().graph.find(CLUSTER, "here-control-plane")
    inputs = control_plane.inputs
    assert (inputs["name"], inputs["version"]) == ("chat-here", "1.35")
    assert inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert set(inputs["enabledClusterLogTypes"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert inputs["vpcConfig"]["endpointPrivateAccess"] is True
    assert inputs["accessConfig"]["authenticationMode"] == "API"
    assert inputs["bootstrapSelfManagedAddons"] is False
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    key = built().graph.find("aws:kms/key:Key", "here-secrets-key")
    assert key.inputs["enableKeyRotation"] is True
    assert key.urn in control_plane.depends_on


def test_the_log_group_exists_with_an_end_before_the_cluster():
    group = built().graph.find("aws:cloudwatch/logGroup:LogGroup", "here-control-plane-logs")
    assert group.inputs["name"] == "/aws/eks/chat-here/cluster"
    assert group.inputs["retentionInDays"] == 90
    assert group.urn in built().graph.find(CLUSTER, "here-control-plane").depends_on


def test_nodes_wait_for_the_network_their_rights_and_the_add_ons_that_make_them_ready():
    waits = set(group(built(), "generate0").depends_on)
    named = {resource.name for resource in built().graph if resource.urn in waits}
    assert {
        "here-private-default-route",
        "here-private-us-east-1b-routes",
        "here-s3-endpoint",
        "here-nodes-AmazonEKSWorkerNodePolicy",
        "here-nodes-AmazonEC2ContainerRegistryPullOnly",
        "here-vpc-cni",
        "here-kube-proxy",
        "here-eks-pod-identity-agent",
    } <= named


def test_no_kubernetes_object_goes_to_the_developers_own_cluster():
    objects = [resource for resource in built().graph if resource.type.startswith("kubernetes:")]
    provider = built().graph.find("pulumi:providers:kubernetes", "here-kubernetes")
    assert objects
    assert all(each.provider == provider.urn for each in objects)
    assert provider.inputs["clusterIdentifier"] == "chat-here"
    assert provider.inputs["kubeconfig"] == SECRET


def test_the_kubeconfig_holds_no_credential():
    config = json.loads(cluster.kubeconfig_text(plan(), "https://api.example.com", "Y2E="))
    user = config["users"][0]["user"]
    assert list(user) == ["exec"]
    assert user["exec"]["command"] == "aws"
    assert " ".join(user["exec"]["args"]) == ("--region us-east-1 eks get-token --cluster-name chat-here --output json")
    assert config["clusters"][0]["cluster"]["server"] == "https://api.example.com"


def test_a_cold_placement_is_a_bucket_its_secrets_and_roles():
    cold = build(plan(tier="cold", renders=("artifacts", "identity")))
    assert cold.handle is None
    assert {resource.type.partition("/")[0] for resource in of_aws(cold.graph)} == {
        "aws:s3",
        "aws:iam",
        "aws:secretsmanager",
    }
    assert check(cold.graph) == ()


def test_the_region_decides_the_partition_of_every_arn():
    assert identity.managed_policy("cn-north-1", "X") == "arn:aws-cn:iam::aws:policy/X"
    assert identity.managed_policy("us-gov-west-1", "X") == "arn:aws-us-gov:iam::aws:policy/X"
    assert identity.managed_policy("eu-north-1", "X") == "arn:aws:iam::aws:policy/X"


def test_a_ladder_of_every_kind_builds_in_one_cluster():
    pools = (
        accelerator_pool(kind="odcr", rank=0, claim=claim("odcr", id="cr-0abc")),
        accelerator_pool(kind="capacity-block", rank=1, claim=claim("capacity-block", id="cr-0abd")),
        accelerator_pool(kind="on-demand", rank=2),
        accelerator_pool(kind="spot", rank=3),
    )
    whole = build(plan(pools=pools))
    assert check(whole.graph) == ()
    assert len(whole.graph.of_type(NODE_GROUP)) == 6
