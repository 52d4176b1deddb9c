"""One placement of one described pipeline. Everything that differs between stacks is in their configuration."""

from pathlib import Path

import pulumi

from intertie import InferencePipeline, read_file, reserve

config = pulumi.Config()
spec = read_file(Path(__file__).parent / config.require("spec"))
pipeline = InferencePipeline(
    spec.name,
    {
        "spec": spec,
        "placement": config.require("placement"),
        "kubeconfig": config.get_secret("kubeconfig"),  # only for a placement that adopts a cluster
        "lift_deletion_protection": config.get_bool("lift_deletion_protection"),  # before a cluster is destroyed
    },
)
reserved = reserve(spec, config.require("placement"), config.get_object("capacity"))

pulumi.export("cluster", pipeline.cluster_name)
pulumi.export("endpoint", pipeline.endpoint)
pulumi.export("kubeconfig", pipeline.kubeconfig)
pulumi.export("namespace", pipeline.namespace)
pulumi.export("notes", pipeline.notes)
pulumi.export("weights", pipeline.weights)
if reserved:  # name → what a step of the ladder takes as its `id`
    pulumi.export("reservations", reserved)
