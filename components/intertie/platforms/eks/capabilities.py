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
        (
            "A pilot placement has no workspace: that its reserved capacity ends, which is paid all the same, is told "
            "by the plan and by `intertie capacity`, and to nobody by an alert."
        ),
        "Capacity Blocks are consumed, not bought: their price changes by the minute and is paid at once.",
        "Without `account.deployer` whoever creates the cluster administers it: who that is cannot be known offline.",
        "EKS has no maintenance window: it patches control planes when it will, and nodes only when they are told to.",
        "Pods hold floors: EKS refuses a minimum above a group's present size, so only the system's nodes have one.",
        "A new ceiling sends EKS the size that the state knows: `pulumi up --refresh` keeps what the autoscaler added.",
        "Versions of EKS add-ons are the default of the cluster's Kubernetes version: no installed package lists them.",
        "A runner's network is peered within one account and region; routes in that network are its owner's to make.",
        "ECR caches neither nvcr.io nor mcr.microsoft.com: what is named after them comes from there, or by a mirror.",
        "Repositories that ECR makes for a cache are in no state: they outlive the stack, and empty after 90 days.",
        "With `egress: none` images of charts must be mirrored in `registry` under the paths that they have at home.",
        "Disks and log groups have AWS' own keys; the customer's key is for Kubernetes secrets and for the state.",
        "The bootstrap's deploy role can make roles under the cluster's name: where that is too much, bound it.",
        "The gateway's load balancer is made by the controller in EKS' control plane: no other is installed.",
        "Zones that nobody names are taken as the region's letters a and b; an account without them needs `zones`.",
        "Replicas over several machines get EFA; libfabric and NCCL's plugin must be in the image, else NCCL uses TCP.",
        "No source says how much memory a stage that is not root may pin on a node: NCCL's log tells if EFA is in use.",
        "The node image release is the newest at creation, and changes with an update of the node group only.",
    ),
)
