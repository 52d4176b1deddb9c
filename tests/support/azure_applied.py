"""The Azure stack as it is applied: ids, principals and issuers as Azure would answer them, printed as JSON.

A program of its own (`python -m support.azure_applied`, in tests/), because the SDK's mocks set up a whole process.
What the provider answers here differs from what it is given where Azure's does: ids, computed properties, and
user-assigned identities, which go in as a list and come out as a map.
"""

import base64
import json
import sys
from typing import Any

import pulumi

from intertie.contract import BuildOptions
from intertie.platforms import aks
from support.azure import SUBSCRIPTION, pool
from support.plans import plan

ISSUER = "https://swedencentral.oic.prod-aks.azure.com/tenant/cluster/"
KUBECONFIG = "apiVersion: v1\nkind: Config\n"
OWN_NAME = {
    "AgentPool": "agentPoolName", "Subnet": "subnetName", "BlobContainer": "containerName",
    "ManagedCluster": "resourceName", "UserAssignedIdentity": "resourceName",
    "FederatedIdentityCredential": "federatedIdentityCredentialResourceName", "StorageAccount": "accountName",
    "ResourceGroup": "resourceGroupName", "VirtualNetwork": "virtualNetworkName",
}  # fmt: skip


class Azure(pulumi.runtime.Mocks):
    """Answers as Azure does; keeps what every resource was given."""

    def __init__(self) -> None:
        self.given: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        self.given[args.name] = dict(args.inputs)
        name = args.inputs.get(OWN_NAME.get(kind, ""), args.name)
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/chat-here"
        resource_id = group if kind == "ResourceGroup" else f"{group}/{kind}/{name}"
        answered = {**args.inputs, "name": name}
        if kind == "UserAssignedIdentity":
            answered |= {"principalId": f"principal of {name}", "clientId": f"client of {name}"}
        if ids := args.inputs.get("identity", {}).get("userAssignedIdentities"):
            answered["identity"] = {**args.inputs["identity"], "userAssignedIdentities": {each: {} for each in ids}}
        if kind == "ManagedCluster":
            answered["oidcIssuerProfile"] = {"enabled": True, "issuerURL": ISSUER}
        return resource_id, answered

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.given[args.token] = dict(args.args)
        return {"kubeconfigs": [{"name": "user", "value": base64.b64encode(KUBECONFIG.encode()).decode()}]}, []


class Holder(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("test:index:Holder", "here")
        made = plan("azure", (pool(0, "crg"), pool(1, "spot")))
        self.handle = aks.build(made, BuildOptions(parent=self, name="here"))


@pulumi.runtime.test
def applied(azure: Azure) -> pulumi.Output[None]:
    handle = Holder().handle
    assert handle is not None
    seen = {
        "client": handle.identity.service_account_annotations["azure.workload.identity/client-id"],
        "uri": handle.storage.weights_uri,
        "account": handle.storage.env["AZURE_STORAGE_ACCOUNT_NAME"],
        "kubeconfig": handle.kubeconfig,
    }
    secret = pulumi.Output.from_input(handle.kubeconfig).is_secret()
    return pulumi.Output.all(**seen, secret=secret).apply(lambda found: azure.given.update(handle=found))


def sdks() -> list[str]:
    """Clouds' SDKs that are loaded."""
    return sorted({name.partition(".")[0] for name in sys.modules if name.startswith("pulumi_")})


def main() -> None:
    azure = Azure()
    azure.given["modules"] = {"before": sdks()}
    pulumi.runtime.set_mocks(azure, preview=False)
    applied(azure)
    compute = "pulumi_azure_native.compute._inputs" in sys.modules
    azure.given["modules"] |= {"after": sdks(), "compute": compute}
    print(json.dumps(azure.given, default=str))


if __name__ == "__main__":
    main()
