"""What AKS can and cannot do. Plain data: reading it loads no SDK."""

from intertie.platforms.capability import Capabilities

CAPABILITIES = Capabilities(
    name="aks",
    title="Azure Kubernetes Service (AKS)",
    cloud="azure",
    creatable=("crg",),
    gaps=(
        (
            "Azure block reservations are consumed by the id of their group; creating one is not in the API version of "
            "the pinned SDK (Microsoft.Compute 2024-11-01)."
        ),
        (
            "The right to use a capacity reservation is given on its resource group, as AKS documents it, and can take "
            "Azure an hour to spread: a pool made before that comes up with a warning and without the reservation. "
            "Bring the cluster up well before the reservation is needed."
        ),
        "A reservation has no end: it is paid for until somebody releases it.",
        "A cache's images stay until its registry goes: Azure's deletes nothing by age, unless a task of yours does.",
        (
            "A registry is named by its host, and a role needs the registry's resource id: for a private Azure "
            "container registry, give AcrPull to the identity `<cluster>-kubelet` once."
        ),
        (
            "MI300X nodes get their driver from AMD's GPU operator, which builds it in the cluster for the nodes' "
            "kernel and keeps it in the placement's `registry`, as `amdgpu-driver`. The right to push there is the "
            "secret `amd-driver-registry` (kubernetes.io/dockerconfigjson) in namespace `kube-amd-gpu`, which you make "
            "once: the pinned SDK cannot ask a registry for a password. Until it is there, no node has accelerators."
        ),
        (
            "An existing storage account is named without its resource group: give Storage Blob Data Reader on its "
            "container to the identity `<cluster>-workload` once. An account that Intertie makes needs no such step."
        ),
        "At most 20 stages: a managed identity takes 20 federated credentials, one for each service account.",
        (
            "InfiniBand pools get no zones unless they are reserved: a scale set over zones has no common fabric. "
            "The feature Microsoft.ContainerService/AKSInfinibandSupport must be registered in the subscription. The "
            "driver of the cards is built on each new machine, which takes minutes: until then its cards cannot be "
            "asked for, and the autoscaler may add machines for pods that wait, up to the pool's limit. Replicas "
            "over several MI300X machines talk TCP: AMD's operator brings a Node Feature Discovery of its own, "
            "beside which NVIDIA's network operator must not bring another, and no source joins the two."
        ),
        "OS disks are managed disks: no source says how much of a size's local disk an ephemeral OS disk may fill.",
        (
            "Later changes of the system pool (size, machine type, minor version) are not applied: AKS wants that pool "
            "inside the cluster's own resource, where a stale list of pools would undo what other pools became. After "
            "a new minor version run `az aks nodepool upgrade` for it."
        ),
        "Pods hold floors: only the system's nodes have a minimum, for it must not rise above the count in the state.",
        (
            "Local accounts stay on until the description names an admin team or a deployer on Azure: nobody could "
            "log in otherwise."
        ),
        (
            "Deletion protection is Pulumi's (`protect`): a lock of Azure's on the cluster would also keep its pools "
            "from being taken away, so what is deleted in the portal is not stopped."
        ),
        (
            "Minor versions come with the description alone, so the channels stable, regular and rapid are the same: "
            "patches as they come. `extended` is long-term support in the Premium tier."
        ),
        (
            "Of private endpoints (`network.endpoints`) the vault with the secrets has one. Storage and registries "
            "are reached by service endpoints: traffic stays in Azure's network at no price per gigabyte, and the "
            "services keep public addresses, as the vault does, since values and weights are written from outside."
        ),
        (
            "Flow logs are written by the region's network watcher, which Azure makes by itself with a network unless "
            "the subscription opted out: then run `az network watcher configure` once. Traffic analytics, which reads "
            "them at a price per gigabyte, is not turned on."
        ),
        (
            "A cluster without a way out (`network.egress: none`) is refused: pods prove who they are to Microsoft "
            "Entra ID, which has no private address, and so would get neither weights nor secrets."
        ),
        "Of kube-system and gatekeeper-system no container logs are kept: what they say is AKS' to read.",
        (
            "A vault that was deleted keeps its name for 7 days: before a placement is made anew within them, run "
            "`az keyvault purge` for its vaults. With `cluster.deletion_protection` nobody can purge them: "
            "`az keyvault recover` brings them back, and `pulumi import` takes them into the stack."
        ),
        (
            "A key that exists (`cluster.key`) is used as it is: let the identity `<cluster>-control-plane` use it "
            "first. The key vault is asked over its public address."
        ),
        "A peering with the runner's network has two halves: the one in the runner's network is not made.",
        "One NAT gateway without a zone of its own: a zone's failure can take the way out with it.",
        (
            "A later change of a pool sends Azure the size that the state knows: use `pulumi up --refresh` for it, or "
            "the pool goes back to that size and loses the nodes that the autoscaler added since."
        ),
        "Quotas of vCPUs per machine family and region are not asked for: the pinned SDK has no resource for them.",
    ),
    sdk="pulumi_azure_native",
    extra="azure",
)
