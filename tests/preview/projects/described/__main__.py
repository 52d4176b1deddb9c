"""A program that reads a description and makes one resource of it: what `stacks/` does with all of them."""

from pathlib import Path

import pulumi

from intertie.plan import resolve
from intertie.spec import read_file

config = pulumi.Config()
plan = resolve(read_file(Path(__file__).parent / config.require("spec")), config.require("placement"))
pulumi.CustomResource("kubernetes:core/v1:Namespace", plan.namespace, {"metadata": {"name": plan.namespace}})
pulumi.export("kubeconfig", config.get_secret("kubeconfig"))
for note in plan.notes:
    pulumi.log.warn(note)
