"""A program that knows nothing of descriptions."""

import pulumi
from helper import block
from pulumi_aws import ec2

config = pulumi.Config()
for position, name in enumerate(config.require_object("names")):
    ec2.Vpc(name, cidr_block=block(position, config.require_int("size")))
pulumi.export("region", pulumi.Config("aws").require("region"))
pulumi.export("token", config.get_secret("token"))
