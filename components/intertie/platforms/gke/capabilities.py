"""What GKE can and cannot do. Plain data: reading it loads no SDK."""

from intertie.platforms.capability import Capabilities

CAPABILITIES = Capabilities(
    name="gke",
    title="Google Kubernetes Engine (GKE)",
    cloud="gcp",
    creatable=("reservation",),
    gaps=(
        (
            "Replicas over several nodes of A3 Mega talk over the nodes' first interface: their pools get the "
            "networks of GPUDirect-TCPXO from GKE, but not what uses them: a daemon beside each stage that "
            "administers the pod's network and sees the node's /sys, which the production pack refuses, and two node "
            "agents, one for NCCL's plugin and one that hands GPUs to that daemon (container-engine-accelerators, "
            "gpudirect-tcpxo)."
        ),
        (
            "RDMA (A3 Ultra, A4) is set up by a script of Google's for bash, which is read before the stage's command: "
            "an image of your own without `command` claims the interfaces, and must bring NCCL's plugin and settings."
        ),
        (
            "The deploy role writes claims (`resource.k8s.io`) with Kubernetes Engine Developer, as it writes every "
            "other kind; Google's page on claims names Kubernetes Engine Admin, and no source says which permission "
            "that takes."
        ),
        (
            "Pools of a3-highgpu-8g get no GPUDirect-TCPX networks: GKE lays out accelerator networks by itself from "
            "A3 Mega on."
        ),
        (
            "Multi-networking can be chosen only when a cluster is made: the first multi-node pool of a3-megagpu-8g "
            "replaces the cluster."
        ),
        "Future reservations are used but not requested, because submitting a request commits the money.",
        "A reservation that is made with an end is gone for good at that moment: it is not renewed.",
        "TPU reservations are used but not made: Google grants them on request.",
        (
            "Flex-start nodes come one by one as pods wait: a replica over several GPU nodes may pay for some of them "
            "while it waits for the others. All or none (`queuedProvisioning` of a pool) is not rendered: such a pool "
            "grows for requests (ProvisioningRequest) alone, which Kueue makes for work that ends. When the nodes run "
            "out, after seven days at most, Kueue deactivates what ran on them and never starts it again by itself, "
            "which ends a stage (Kueue, provisioning admission check, CapacityRevoked); and a request holds pods of "
            "one template, not leader and workers (GKE documentation, flex-start with queued provisioning)."
        ),
        (
            "Pods act as a Google service account rather than as a principal of their own, whose name would hold the "
            "project's number: only a lookup in the cloud would tell it."
        ),
        "An existing bucket must lie where the deployer may grant roles/storage.objectViewer on it.",
        (
            "A minor version that the channel has reached can come in any maintenance window: an exclusion of minor "
            "versions needs dates, which a description does not hold."
        ),
        (
            "GKE refuses a maintenance window that is open for fewer than 48 hours in 32 days: one of fewer than 12 "
            "hours (`cluster.maintenance.hours`) also comes on the one or two days after its own."
        ),
        (
            "A key that exists (`cluster.key`) is used as it is: let the project's GKE service agent encrypt and "
            "decrypt with it first."
        ),
        (
            "Logs of the cluster are kept in its own bucket, and a second time in the project's `_Default`, which is "
            "not ours to change: an exclusion there saves what the second copy costs."
        ),
        (
            "Without recipients (`alerts`) alerts are Rules of the pipeline's namespace, which see that namespace's "
            "series alone: those of GPUs and of the gateway do not fire. With recipients they are policies of Cloud "
            "Monitoring, which see them; what a policy costs has no dated source here, and is in no figure."
        ),
        "A peering with the runner's network has two halves: the one in the runner's network is not made.",
    ),
    sdk="pulumi_gcp",
    extra="gcp",
)
