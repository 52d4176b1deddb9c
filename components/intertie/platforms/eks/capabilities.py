"""What Intertie can do on Amazon EKS. Plain data, no SDK."""

from intertie.platforms.capability import Capabilities

CAPABILITIES = Capabilities(
    name="eks",
    title="Amazon EKS",
    cloud="aws",
    creatable=("odcr",),
    sdk="pulumi_aws",
    extra="aws",
    gaps=(
        "Capacity Blocks are consumed, not bought: their price changes by the minute and is paid at once.",
        "The public address of the Kubernetes API is open to all networks, behind IAM.",
        "Whoever creates the cluster is its administrator: no other principal is known without asking the account.",
        "Zones that nobody names are taken as the region's letters a and b; an account without them needs `zones`.",
        "Replicas over several machines get EFA; libfabric and NCCL's plugin must be in the image, else NCCL uses TCP.",
        "The node image release is the newest at creation, and changes with an update of the node group only.",
    ),
)
