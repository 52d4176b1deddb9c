"""The EKS cluster as a whole: complete, tagged, in its region, in the right order, and nothing of another cloud."""

import json
import subprocess
import sys
from functools import cache
from ipaddress import IPv4Network
from time import process_time

import pytest

from intertie.graph import SECRET, check, sdk
from intertie.plan import Plan
from intertie.platforms import components
from intertie.platforms.eks import cluster, identity
from intertie.spec.placement import PlacementSpec
from support.building import Built, build
from support.eks import ADDON, CLUSTER, NODE_GROUP, RELEASE, group, of_aws, sources
from support.plans import accelerator_pool, claim, plan, spec


@cache
def built() -> Built:
    return build(plan())


def properties(token: str) -> set[str]:
    shape = sdk.args_class(token)
    assert shape is not None, token
    return {each.name for each in sdk.properties(shape).values()}


def placed(**changes: object) -> Plan:
    """The plan of a description whose placement says something else."""
    described = spec("aws")
    here = PlacementSpec.model_validate({**described.placements["here"].model_dump(exclude_none=True), **changes})
    return plan(spec=described.model_copy(update={"placements": {"here": here}}))


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


def test_service_addresses_lie_in_no_range_of_the_vpc():
    network = built().graph.find("aws:ec2/vpc:Vpc", "here-vpc").inputs
    more = built().graph.of_type("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    ranges = [IPv4Network(each) for each in (network["cidrBlock"], *(one.inputs["cidrBlock"] for one in more))]
    config = built().graph.find(CLUSTER, "here-control-plane").inputs["kubernetesNetworkConfig"]
    assert not any(IPv4Network(config["serviceIpv4Cidr"]).overlaps(each) for each in ranges)
    for subnet in built().graph.of_type("aws:ec2/subnet:Subnet"):
        assert any(IPv4Network(subnet.inputs["cidrBlock"]).subnet_of(each) for each in ranges)


def test_nodes_reach_the_world_through_one_regional_gateway():
    nat = built().graph.find("aws:ec2/natGateway:NatGateway", "here-nat").inputs
    assert nat["availabilityMode"] == "regional"
    assert "subnetId" not in nat
    assert "allocationId" not in nat
    route = built().graph.find("aws:ec2/route:Route", "here-private-default-route")
    assert [each.name for each in sources(built().graph, route, "natGatewayId")] == ["here-nat"]


def test_weights_do_not_pay_for_the_gateway():
    endpoint = built().graph.find("aws:ec2/vpcEndpoint:VpcEndpoint", "here-s3-endpoint")
    assert endpoint.inputs["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert [each.name for each in sources(built().graph, endpoint, "routeTableIds")] == ["here-private-routes"]


def test_private_and_public_subnets_can_be_found_by_load_balancers():
    for subnet in built().graph.of_type("aws:ec2/subnet:Subnet"):
        inner = subnet.name.startswith("here-private")
        role = "kubernetes.io/role/internal-elb" if inner else "kubernetes.io/role/elb"
        assert subnet.inputs["tags"][role] == "1"
        assert subnet.inputs["mapPublicIpOnLaunch"] is False


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


def test_nodes_may_pull_images_and_join_and_no_more():
    attached = built().graph.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    of_nodes = {each.inputs["policyArn"] for each in attached if each.name.startswith("here-nodes-")}
    assert of_nodes == {
        "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    }


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
    assert json.loads(built().one(ADDON, "vpc-cni").inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}


def test_the_part_that_watches_gpus_gets_onto_tainted_nodes():
    values = json.loads(built().one(ADDON, "eks-node-monitoring-agent").inputs["configurationValues"])
    assert values == {
        "dcgmAgent": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]}
    }


def test_add_ons_that_run_on_nodes_wait_for_the_system_nodes():
    system = group(built(), "system").urn
    for name in ("coredns", "metrics-server", "aws-ebs-csi-driver", "eks-node-monitoring-agent"):
        assert system in built().one(ADDON, name).depends_on, name


def test_pods_take_on_roles_through_pod_identity_and_tag_their_sessions():
    trusts = [json.loads(role.inputs["assumeRolePolicy"]) for role in built().graph.of_type("aws:iam/role:Role")]
    statements = [statement for trust in trusts for statement in trust["Statement"]]
    of_pods = [each for each in statements if each["Principal"]["Service"] == "pods.eks.amazonaws.com"]
    assert len(of_pods) == 6  # pipeline, network, storage, autoscaler, secrets, logs
    assert all(each["Action"] == ["sts:AssumeRole", "sts:TagSession"] for each in of_pods)


def test_every_stage_reads_the_weights_under_its_own_service_account():
    made = built().graph.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    accounts = {(each.inputs["namespace"], each.inputs["serviceAccount"]) for each in made}
    assert accounts == {
        ("chat", "chat-prepare"),
        ("chat", "chat-generate"),
        ("kube-system", "cluster-autoscaler"),
        ("kube-system", "aws-for-fluent-bit"),
        ("external-secrets", "external-secrets"),
    }


def test_names_fit_even_for_the_longest_cluster():
    long = build(plan(cluster="a" * 40)).graph
    assert max(len(role.inputs["name"]) for role in long.of_type("aws:iam/role:Role")) <= 64
    assert len(long.of_type("aws:s3/bucket:Bucket")[0].inputs["bucketPrefix"]) == 37  # S3 adds 26 and ends at 63


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


def test_pods_are_led_onto_pools_by_intertie_labels_and_declared_taints():
    handle = built().handle
    assert handle is not None
    assert handle.pools["generate0"].selector == {"intertie.dev/pool": "generate0"}
    assert [each.key for each in handle.pools["generate0"].tolerations] == ["nvidia.com/gpu"]
    assert handle.name == "chat-here"
    ready = {resource._name for resource in handle.ready}
    assert {"here-generate0-nodes", "here-coredns", "here-generate-identity", "here-cluster-autoscaler"} <= ready


@pytest.mark.parametrize(("access", "internal"), [("public", False), ("private", True)])
def test_the_load_balancer_is_public_only_when_the_endpoint_is(access: str, internal: bool):
    endpoint = {"host": "chat.example.com", "auth": "oidc", "access": access, "allow": ["198.51.100.0/24"]}
    annotations = cluster.gateway(plan(spec=spec("aws", endpoint=endpoint))).service_annotations
    assert ("service.beta.kubernetes.io/aws-load-balancer-internal" in annotations) is internal
    assert "owner=search-platform" in annotations[
        "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags"
    ].split(",")


def test_without_an_endpoint_nothing_is_public():
    annotations = cluster.gateway(plan(spec=spec("aws", endpoint=None))).service_annotations
    assert annotations["service.beta.kubernetes.io/aws-load-balancer-internal"] == "true"


def test_a_cold_placement_is_a_bucket_its_secrets_and_roles():
    cold = build(plan(tier="cold", renders=("artifacts", "identity")))
    assert cold.handle is None
    assert {resource.type.partition("/")[0] for resource in of_aws(cold.graph)} == {
        "aws:s3",
        "aws:iam",
        "aws:secretsmanager",
    }
    assert check(cold.graph) == ()


def test_the_bucket_is_private_versioned_encrypted_and_takes_no_plain_http():
    graph = built().graph
    bucket = graph.find("aws:s3/bucket:Bucket", "here-weights")
    assert bucket.inputs["bucketPrefix"] == "chat-here-weights-"
    block = graph.find("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "here-weights-private").inputs
    assert [block[key] for key in block if key.startswith(("block", "ignore", "restrict"))] == [True] * 4
    versioning = graph.find("aws:s3/bucketVersioning:BucketVersioning", "here-weights-versioning")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    lifecycle = graph.find(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "here-weights-lifecycle"
    ).inputs["rules"]
    assert lifecycle[0]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    policy = graph.find("aws:s3/bucketPolicy:BucketPolicy", "here-weights-tls")
    assert graph.find("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "here-weights-private").urn in (
        policy.depends_on
    )


def test_an_existing_bucket_is_read_and_not_made():
    named = build(placed(weights="acme-weights"))
    assert not named.graph.of_type("aws:s3/bucket:Bucket")
    policy = json.loads(named.graph.find("aws:iam/rolePolicy:RolePolicy", "here-pipeline-policy").inputs["policy"])
    assert [each["Resource"] for each in policy["Statement"]] == [
        "arn:aws:s3:::acme-weights",
        "arn:aws:s3:::acme-weights/*",
    ]
    assert {each["Action"] for each in policy["Statement"]} == {"s3:ListBucket", "s3:GetObject"}
    assert named.handle is not None
    assert named.handle.storage.weights_uri == "s3://acme-weights"


def test_the_mirror_of_images_is_handed_on():
    handle = build(placed(registry="123456789012.dkr.ecr.us-east-1.amazonaws.com/acme")).handle
    assert handle is not None
    assert handle.registry == "123456789012.dkr.ecr.us-east-1.amazonaws.com/acme"


def test_a_reservation_is_targeted_protected_and_outlives_the_stack():
    import pulumi

    from intertie.contract import BuildOptions
    from intertie.graph import record
    from intertie.platforms import registry

    def program() -> None:
        component = pulumi.ComponentResource("test:index:Reservation", "r")
        registry.reservation("eks").create(
            plan(), BuildOptions(parent=component, name="r"), machine="p5.48xlarge", zone="us-east-1b", count=2
        )

    graph = record(program, "inference", "here")
    made = graph.find("aws:ec2/capacityReservation:CapacityReservation", "r-reservation")
    assert check(graph) == ()
    assert (made.protect, made.retain_on_delete) == (True, True)
    assert made.inputs["instanceMatchCriteria"] == "targeted"
    assert made.inputs["instanceCount"] == 2
    assert made.inputs["availabilityZone"] == "us-east-1b"
    assert dict(plan().tags).items() <= made.inputs["tags"].items()


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
