"""What a node of EKS is started with: its cards and fabric, its disks, its metadata and tags."""

import base64

from intertie import catalog
from intertie.platforms.eks import pools_launch
from support.building import build
from support.eks import CLUSTER, NODE_GROUP, RELEASE, TEMPLATE, group, sources, template, with_pool, zones_of
from support.plans import accelerator_pool, claim, plan

ODCR = accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"))
FABRIC = accelerator_pool(hosts=2)


def test_what_the_launch_template_says_the_group_does_not_say_again():
    for node_group in with_pool(ODCR).graph.of_type(NODE_GROUP):
        assert not {"diskSize", "remoteAccess"} & set(node_group.inputs)
    for made in with_pool(ODCR).graph.of_type(TEMPLATE):
        assert not {"iamInstanceProfile", "imageId", "hibernationOptions"} & set(made.inputs)


def test_nodes_join_because_their_cards_carry_the_clusters_own_group():
    built = with_pool(FABRIC)
    made = template(built, "generate0")
    from_where = {(each.type, each.name) for each in sources(built.graph, made, "networkInterfaces")}
    assert (CLUSTER, "here-control-plane") in from_where
    assert ("aws:ec2/securityGroup:SecurityGroup", "here-generate0-fabric") in from_where
    assert "vpcSecurityGroupIds" not in made.inputs


def test_without_a_fabric_eks_adds_the_clusters_group_by_itself():
    made = template(with_pool(accelerator_pool()), "generate0").inputs
    assert not {"networkInterfaces", "vpcSecurityGroupIds"} & set(made)


def test_every_network_card_has_its_efa_interface_and_card_zero_an_address():
    cards = template(with_pool(FABRIC), "generate0").inputs["networkInterfaces"]
    assert len(cards) == catalog.machine("aws", "p5.48xlarge").fabric_nics == 32
    assert [card["networkCardIndex"] for card in cards] == list(range(32))
    assert (cards[0]["deviceIndex"], cards[0]["interfaceType"]) == (0, "efa")
    assert {(card["deviceIndex"], card["interfaceType"]) for card in cards[1:]} == {(1, "efa-only")}
    assert not any("associatePublicIpAddress" in card for card in cards)


def test_where_the_first_card_takes_no_efa_there_is_one_card_more():
    from dataclasses import replace

    machine = replace(catalog.machine("aws", "p6-b200.48xlarge"), name="p6-b300.48xlarge", fabric_nics=16)
    cards = pools_launch.cards(machine, [])
    assert len(cards) == 17
    assert cards[0].interface_type == "interface"
    assert {card.interface_type for card in cards[1:]} == {"efa-only"}


def test_the_fabric_is_let_through_in_both_ways():
    graph = with_pool(FABRIC).graph
    for kind, name in (("Ingress", "in"), ("Egress", "out")):
        rule = graph.find(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule", f"here-generate0-fabric-{name}")
        assert rule.inputs["ipProtocol"] == "-1"
        assert [each.name for each in sources(graph, rule, "referencedSecurityGroupId")] == ["here-generate0-fabric"]


def test_machines_of_one_replica_stand_close_together_in_one_zone():
    built = with_pool(FABRIC)
    placement = built.one("aws:ec2/placementGroup:PlacementGroup", "generate0-placement")
    assert placement.inputs["strategy"] == "cluster"
    assert template(built, "generate0").inputs["placement"] == {"groupName": "chat-here-generate0"}
    assert zones_of(built.graph, group(built, "generate0")) == {"us-east-1b"}


def test_what_was_reserved_outside_a_placement_group_is_not_launched_in_one():
    built = build(plan(pools=(accelerator_pool(kind="odcr", claim=claim("odcr", id="cr-0abc"), hosts=2),)))
    assert "placement" not in template(built, "generate0").inputs
    assert not built.graph.of_type("aws:ec2/placementGroup:PlacementGroup")
    assert len(template(built, "generate0").inputs["networkInterfaces"]) == 32


def test_pods_of_such_replicas_ask_for_the_interfaces_and_the_pages():
    handle = with_pool(FABRIC).handle
    assert handle is not None
    assert handle.pools["generate0"].fabric_resources == {"vpc.amazonaws.com/efa": "32", "hugepages-2Mi": "5120Mi"}
    assert handle.pools["generate0"].fabric_env["FI_PROVIDER"] == "efa"
    assert "efa-device-plugin" in handle.provided


def test_the_efa_plugin_runs_only_where_there_is_efa():
    values = with_pool(FABRIC).one(RELEASE, "aws-efa-k8s-device-plugin").inputs["values"]
    assert values["supportedInstanceLabels"]["values"] == ["p5.48xlarge"]
    assert values["nodeSelector"] == {"vpc.amazonaws.com/efa.present": "true"}
    assert group(with_pool(FABRIC), "generate0").inputs["labels"]["vpc.amazonaws.com/efa.present"] == "true"
    plain = with_pool(accelerator_pool())
    names = [release.name for release in plain.graph.of_type(RELEASE)]
    assert names == ["here-cluster-autoscaler", "here-aws-for-fluent-bit"]
    assert plain.handle is not None
    assert plain.handle.pools["generate0"].fabric_resources == {}


def test_the_disk_that_is_enlarged_is_the_one_with_the_images():
    disk = template(with_pool(accelerator_pool()), "generate0").inputs["blockDeviceMappings"][0]
    assert disk["deviceName"] == "/dev/xvda"
    assert disk["ebs"] == {
        "volumeType": "gp3",
        "volumeSize": 500,
        "throughput": 500,
        "encrypted": "true",
        "deleteOnTermination": "true",
    }


def test_on_bottlerocket_it_is_the_second_disk():
    from dataclasses import replace

    machine = replace(catalog.machine("aws", "g5.xlarge"), image="BOTTLEROCKET_x86_64_NVIDIA")
    assert pools_launch.disk(accelerator_pool(), machine).device_name == "/dev/xvdb"
    assert pools_launch.user_data(machine) is None


def test_local_disks_are_joined_and_not_left_unused():
    data = template(with_pool(accelerator_pool()), "generate0").inputs["userData"]
    text = base64.b64decode(data).decode()
    assert "Content-Type: application/node.eks.aws" in text
    assert "strategy: RAID0" in text
    assert "userData" not in template(with_pool(accelerator_pool()), "system").inputs


def test_pods_cannot_take_the_nodes_credentials():
    for made in with_pool(accelerator_pool()).graph.of_type(TEMPLATE):
        assert made.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }


def test_machines_their_disks_and_their_cards_are_tagged():
    for made in with_pool(accelerator_pool()).graph.of_type(TEMPLATE):
        tagged = {each["resourceType"]: each["tags"] for each in made.inputs["tagSpecifications"]}
        assert set(tagged) == {"instance", "volume", "network-interface"}
        assert all(dict(plan().tags).items() <= tags.items() for tags in tagged.values())
