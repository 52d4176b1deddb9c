"""One placement of one described pipeline. Everything that differs between stacks is in their configuration."""

from pathlib import Path

import pulumi

from intertie import InferencePipeline, read_file, read_prices, reserve

config = pulumi.Config()
here = Path(__file__).parent
spec = read_file(here / config.require("spec"))
prices = config.get("prices")
pipeline = InferencePipeline(
    spec.name,
    {
        "spec": spec,
        "placement": config.require("placement"),
        "kubeconfig": config.get_secret("kubeconfig"),  # only for a placement that adopts a cluster
        "lift_deletion_protection": config.get_bool("lift_deletion_protection"),  # before a cluster is destroyed
        "contract_prices": read_prices(here / prices) if prices else None,  # what you pay, for the guard in the cluster
        "peers": config.get_object("peers"),  # what the other ends of interconnects publish
        "interconnect_keys": config.get_secret_object("interconnect_keys"),
    },
)
reserved = reserve(spec, config.require("placement"), config.get_object("capacity"))

pulumi.export("cluster", pipeline.cluster_name)
pulumi.export("endpoint", pipeline.endpoint)
pulumi.export("interconnects", pipeline.interconnects)
pulumi.export("kubeconfig", pipeline.kubeconfig)
pulumi.export("namespace", pipeline.namespace)
pulumi.export("notes", pipeline.notes)
pulumi.export("weights", pipeline.weights)
if reserved:  # name → what a step of the ladder takes as its `id`
    pulumi.export("reservations", reserved)
