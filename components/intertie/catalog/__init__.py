"""Facts about clouds and accelerators: plain data with sources, and the questions that are asked of them.

    from intertie import catalog

    catalog.accelerator("h100")                      # Accelerator, or KeyError
    catalog.machines(cloud="aws", accelerator="h100")  # smallest first
    catalog.offered("aws", "us-east-1", "p5.48xlarge") # Offering, or None: unknown, not "no"
    catalog.KUBERNETES                                # the one minor version that is pinned for all clouds

Data lie in `data/*.csv`, one file per kind of row, each with its source and date in the row.
To add a machine type, add its row to `data/machines.csv` and its regions to `data/offerings.csv`: nothing else.
"""

from intertie.catalog.tables import (
    CLOUDS,
    KUBERNETES,
    accelerator,
    accelerators,
    cached_registries,
    image_digest,
    kind_rule,
    kind_rules,
    machine,
    machines,
    model_shape,
    model_shapes,
    offered,
    offerings,
    owner,
    ownership,
    quotas,
    region,
    regions,
    runtime_image,
    runtime_options,
    throughput,
    throughputs,
    tpu_topologies,
)
from intertie.catalog.types import (
    Accelerator,
    CachedRegistry,
    Fact,
    KindRule,
    Machine,
    ModelShape,
    Offering,
    Ownership,
    Quota,
    Region,
    RuntimeImage,
    Throughput,
    TpuTopology,
    row_json,
)

__all__ = [
    "CLOUDS", "KUBERNETES", "Accelerator", "CachedRegistry", "Fact", "KindRule", "Machine", "ModelShape", "Offering",
    "Ownership", "Quota", "Region", "RuntimeImage", "Throughput", "TpuTopology", "accelerator", "accelerators",
    "cached_registries", "image_digest", "kind_rule", "kind_rules", "machine", "machines", "model_shape",
    "model_shapes", "offered", "offerings", "owner", "ownership", "quotas", "region", "regions", "row_json",
    "runtime_image", "runtime_options", "throughput", "throughputs", "tpu_topologies",
]  # fmt: skip
