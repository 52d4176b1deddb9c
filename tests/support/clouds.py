"""A simulated provider in this process, called as the engine calls it: protobuf in, protobuf out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, status_pb2

from intertie.lab import scenario, values
from intertie.lab.provider import maker
from intertie.lab.servicer import Servicer
from intertie.lab.world import Pool, World

SETTINGS = {
    "aws": {"region": "us-east-1"},
    "azure-native": {"location": "swedencentral", "subscriptionId": "00000000-0000-0000-0000-000000000000"},
    "gcp": {"project": "acme", "region": "europe-west4"},
}


class RefusedError(Exception):
    """What the engine would get instead of an answer. `half` is what was made all the same."""

    def __init__(self, code: Any, message: str, half: dict[str, Any] | None) -> None:
        super().__init__(message)
        self.code, self.message, self.half = code, message, half


class _Context:
    """Stands for gRPC's."""

    def __init__(self) -> None:
        self._half: dict[str, Any] | None = None

    def set_trailing_metadata(self, metadata: Any) -> None:
        status = status_pb2.Status.FromString(dict(metadata)["grpc-status-details-bin"])
        half = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(half)
        self._half = json_format.MessageToDict(half)

    def abort(self, code: Any, message: str) -> None:
        raise RefusedError(code, message, self._half)


@dataclass
class Provider:
    """One provider process of a lab, as the engine sees it."""

    package: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.servicer = Servicer(maker(self.package), self.folder / "world.db")
        args = {**SETTINGS[self.package], **self.settings}
        self.servicer.Configure(provider_pb2.ConfigureRequest(args=values.encode(args)), _Context())

    @property
    def world(self) -> World:
        return World(self.folder / "world.db")

    def urn(self, type_: str, name: str) -> str:
        return f"urn:pulumi:dev::test::{type_}::{name}"

    def check(
        self, type_: str, name: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None, seed: bytes = b"seed"
    ) -> tuple[dict[str, Any], list[str]]:
        """(inputs as the provider completes them, `path: reason` of everything that is wrong)."""
        request = provider_pb2.CheckRequest(
            urn=self.urn(type_, name), type=type_, name=name, news=values.encode(inputs),
            olds=values.encode(olds or {}), randomSeed=seed,
        )  # fmt: skip
        answer = self.servicer.Check(request, _Context())
        return values.decode(answer.inputs), [f"{each.property}: {each.reason}" for each in answer.failures]

    def diff(
        self, type_: str, name: str, olds: dict[str, Any], news: dict[str, Any], ignore: tuple[str, ...] = ()
    ) -> Any:
        return self.servicer.Diff(
            provider_pb2.DiffRequest(
                id="x", urn=self.urn(type_, name), type=type_, name=name, old_inputs=values.encode(olds),
                news=values.encode(news), olds=values.encode(olds), ignoreChanges=list(ignore),
            ),
            _Context(),
        )  # fmt: skip

    def make(self, type_: str, name: str, /, **inputs: Any) -> dict[str, Any]:
        """Checks and creates: outputs with the `id` among them. Inputs by their names on the wire."""
        completed, wrong = self.check(type_, name, inputs)
        assert not wrong, wrong
        request = provider_pb2.CreateRequest(
            urn=self.urn(type_, name), type=type_, name=name, properties=values.encode(completed)
        )
        answer = self.servicer.Create(request, _Context())
        return {**values.decode(answer.properties), "id": answer.id}

    def preview(self, type_: str, name: str, /, **inputs: Any) -> dict[str, Any]:
        request = provider_pb2.CreateRequest(
            urn=self.urn(type_, name), type=type_, name=name, properties=values.encode(inputs), preview=True
        )
        return values.decode(self.servicer.Create(request, _Context()).properties)

    def read(self, type_: str, id_: str, name: str = "") -> tuple[str, dict[str, Any], dict[str, Any]]:
        """(id, inputs, outputs); the id is empty when it is gone."""
        request = provider_pb2.ReadRequest(id=id_, urn=self.urn(type_, name), type=type_, name=name)
        answer = self.servicer.Read(request, _Context())
        return answer.id, values.decode(answer.inputs), values.decode(answer.properties)

    def update(self, type_: str, name: str, id_: str, /, **inputs: Any) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            id=id_, urn=self.urn(type_, name), type=type_, name=name, news=values.encode(inputs)
        )
        return values.decode(self.servicer.Update(request, _Context()).properties)

    def delete(self, type_: str, name: str, id_: str) -> None:
        request = provider_pb2.DeleteRequest(id=id_, urn=self.urn(type_, name), type=type_, name=name)
        self.servicer.Delete(request, _Context())

    def invoke(self, token: str, /, **args: Any) -> dict[str, Any]:
        answer = self.servicer.Invoke(provider_pb2.InvokeRequest(tok=token, args=values.encode(args)), _Context())
        return values.decode(getattr(answer, "return"))

    def apply(self, **data: Any) -> None:
        """Puts a scenario into the world."""
        scenario.apply(self.world, scenario.parse(data))

    def pool(self, name: str) -> Pool:
        """The pool whose name begins so."""
        return next(pool for pool in self.world.pools() if pool.name.startswith(name))


def refusal(act: Callable[[], Any]) -> RefusedError:
    """What a call was refused with."""
    try:
        act()
    except RefusedError as error:
        return error
    raise AssertionError("nothing was refused")


# -- small organisations to stand on


def aws_role(aws: Provider, name: str, *policies: str) -> dict[str, Any]:
    """A role with policies that AWS maintains."""
    role = aws.make("aws:iam/role:Role", name, name=name, assumeRolePolicy="{}")
    for policy in policies:
        arn = f"arn:aws:iam::aws:policy/{policy}"
        aws.make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{name}-{policy}", role=name, policyArn=arn)
    return role


def aws_network(aws: Provider, zones: str = "ab") -> tuple[dict[str, Any], list[str]]:
    """A VPC, and the ids of one subnet per zone."""
    vpc = aws.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16")
    subnets = [
        aws.make(
            "aws:ec2/subnet:Subnet", f"subnet-{letter}", vpcId=vpc["id"], cidrBlock=f"10.0.{number}.0/24",
            availabilityZone=f"us-east-1{letter}",
        )["id"]
        for number, letter in enumerate(zones)
    ]  # fmt: skip
    return vpc, subnets


def eks_cluster(aws: Provider, subnets: list[str]) -> dict[str, Any]:
    role = aws_role(aws, "cluster-role", "AmazonEKSClusterPolicy")
    return aws.make(
        "aws:eks/cluster:Cluster", "cluster", name="prod", roleArn=role["arn"], vpcConfig={"subnetIds": subnets}
    )


def eks_group(aws: Provider, name: str, role: dict[str, Any], subnets: list[str], /, **inputs: Any) -> dict[str, Any]:
    """A node group of one node, unless `inputs` say otherwise."""
    usual: dict[str, Any] = {
        "clusterName": "prod",
        "nodeGroupName": name,
        "nodeRoleArn": role["arn"],
        "subnetIds": subnets,
        "instanceTypes": ["m7i.xlarge"],
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"minSize": 0, "desiredSize": 1, "maxSize": 4},
    }
    return aws.make("aws:eks/nodeGroup:NodeGroup", name, **{**usual, **inputs})


NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")


class Eks:
    """A cluster with a node role, ready for groups."""

    def __init__(self, folder: Path) -> None:
        self.provider = Provider("aws", folder)
        _, self.subnets = aws_network(self.provider)
        self.cluster = eks_cluster(self.provider, self.subnets)
        self.role = aws_role(self.provider, "nodes", *NODE_POLICIES)

    def group(self, name: str, /, **inputs: Any) -> dict[str, Any]:
        return eks_group(self.provider, name, self.role, self.subnets, **inputs)


def azure_network(azure: Provider) -> dict[str, Any]:
    """A subnet in a virtual network in the resource group `rg`."""
    azure.make("azure-native:resources:ResourceGroup", "rg", resourceGroupName="rg", location="swedencentral")
    azure.make(
        "azure-native:network:VirtualNetwork", "net", virtualNetworkName="net", resourceGroupName="rg",
        location="swedencentral", addressSpace={"addressPrefixes": ["10.0.0.0/16"]},
    )  # fmt: skip
    return azure.make(
        "azure-native:network:Subnet", "nodes", subnetName="nodes", resourceGroupName="rg", virtualNetworkName="net",
        addressPrefix="10.0.0.0/20",
    )  # fmt: skip


def aks_cluster(azure: Provider, subnet: dict[str, Any], /, **inputs: Any) -> dict[str, Any]:
    identity = azure.make(
        "azure-native:managedidentity:UserAssignedIdentity", "plane", resourceName="plane", resourceGroupName="rg",
        location="swedencentral",
    )  # fmt: skip
    system = {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 2, "vnetSubnetID": subnet["id"]}
    usual: dict[str, Any] = {
        "resourceName": "prod",
        "resourceGroupName": "rg",
        "location": "swedencentral",
        "dnsPrefix": "prod",
        "kubernetesVersion": "1.35",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity["id"]]},
        "oidcIssuerProfile": {"enabled": True},
        "agentPoolProfiles": [system],
    }
    return azure.make("azure-native:containerservice:ManagedCluster", "cluster", **{**usual, **inputs})


def aks_pool(azure: Provider, name: str, /, **inputs: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "agentPoolName": name,
        "resourceGroupName": "rg",
        "resourceName": "prod",
        "mode": "User",
        "vmSize": "Standard_D4s_v5",
        "count": 1,
    }
    return azure.make("azure-native:containerservice:AgentPool", name, **{**usual, **inputs})


def gke_cluster(gcp: Provider, /, **inputs: Any) -> dict[str, Any]:
    """A cluster in a network of its own, with the APIs that it needs."""
    for api in ("compute", "container"):
        gcp.make("gcp:projects/service:Service", f"api-{api}", service=f"{api}.googleapis.com")
    network = gcp.make("gcp:compute/network:Network", "net", name="net", autoCreateSubnetworks=False)
    subnet = gcp.make(
        "gcp:compute/subnetwork:Subnetwork", "sub", name="sub", network=network["id"], ipCidrRange="10.0.0.0/20",
        region="europe-west4",
    )  # fmt: skip
    usual: dict[str, Any] = {
        "name": "prod",
        "location": "europe-west4",
        "network": network["id"],
        "subnetwork": subnet["id"],
        "removeDefaultNodePool": True,
        "initialNodeCount": 1,
        "minMasterVersion": "1.35",
        "deletionProtection": False,
    }
    return gcp.make("gcp:container/cluster:Cluster", "cluster", **{**usual, **inputs})


def gke_pool(gcp: Provider, cluster: dict[str, Any], name: str, /, **inputs: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "name": name,
        "cluster": cluster["id"],
        "nodeLocations": ["europe-west4-a"],
        "initialNodeCount": 1,
        "nodeConfig": {"machineType": "e2-standard-4"},
    }
    return gcp.make("gcp:container/nodePool:NodePool", name, **{**usual, **inputs})
