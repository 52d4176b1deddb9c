"""The bucket with the weights, and capacity that is reserved."""

import json

from intertie.graph import check
from support.building import build
from support.eks import built, placed
from support.plans import plan


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
    assert policy.property_dependencies["policy"] == (bucket.urn,)


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
