"""What a recorded program is: resources, exports and the questions it asked of providers. Plain frozen data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as the program registered it. Inputs carry wire names (camelCase) and plain data.

    An unknown value is `wire.UNKNOWN`, a secret one `wire.SECRET`. Lists of URNs and of property paths are sorted
    where their order means nothing.
    """

    urn: str
    type: str  # aws:eks/cluster:Cluster
    name: str
    custom: bool  # False: a component
    parent: str = ""  # URN; "" for the stack itself
    provider: str = ""  # URN of the explicit provider; "": the default one
    depends_on: tuple[str, ...] = ()  # URNs, explicit and through inputs
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)  # registered by components and the stack
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    retain_on_delete: bool = False
    deleted_with: str = ""
    delete_before_replace: bool = False
    aliases: tuple[Mapping[str, Any], ...] = ()
    timeouts: Mapping[str, str] = field(default_factory=dict)
    import_id: str = ""
    version: str = ""
    external: bool = False  # read with `.get()`, not managed

    @property
    def package(self) -> str:
        """The provider package that the resource belongs to: `aws`, `kubernetes`; of a provider resource, its own."""
        if self.type.startswith(PROVIDER_PREFIX):
            return self.type.removeprefix(PROVIDER_PREFIX)
        return self.type.partition(":")[0]

    def to_json(self) -> dict[str, Any]:
        """The shape that `intertie preview --format json` promises, then what else is set."""
        data: dict[str, Any] = {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "provider": self.provider,
            "depends_on": list(self.depends_on),
            "inputs": dict(self.inputs),
            "custom": self.custom,
        }
        return data | self._options()

    def _options(self) -> dict[str, Any]:
        """Options that differ from their defaults."""
        options = {
            "property_dependencies": {key: list(urns) for key, urns in sorted(self.property_dependencies.items())},
            "outputs": dict(self.outputs),
            "protect": self.protect,
            "ignore_changes": list(self.ignore_changes),
            "replace_on_changes": list(self.replace_on_changes),
            "retain_on_delete": self.retain_on_delete,
            "deleted_with": self.deleted_with,
            "delete_before_replace": self.delete_before_replace,
            "aliases": [dict(alias) for alias in self.aliases],
            "timeouts": dict(self.timeouts),
            "import_id": self.import_id,
            "version": self.version,
            "external": self.external,
        }
        return {key: value for key, value in options.items() if value}


@dataclass(frozen=True, slots=True)
class Invoke:
    """A function of a provider that the program called. Offline its answer is unknown."""

    token: str  # aws:index/getCallerIdentity:getCallerIdentity
    args: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"token": self.token, "args": dict(self.args)}


@dataclass(frozen=True, slots=True)
class Message:
    """Something that the program, or the SDK, wrote to Pulumi's log. An `error` makes the real engine fail."""

    severity: str  # warning | error
    text: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that one program registers for one stack, in the order in which it constructs it."""

    project: str
    stack: str
    resources: tuple[Resource, ...]
    exports: Mapping[str, Any] = field(default_factory=dict)
    invokes: tuple[Invoke, ...] = ()
    messages: tuple[Message, ...] = ()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def of_type(self, token: str) -> tuple[Resource, ...]:
        """All resources of one type token."""
        return tuple(resource for resource in self.resources if resource.type == token)

    def find(self, token: str, name: str) -> Resource:
        """The resource with this type and name. KeyError when there is none or more than one."""
        found = [resource for resource in self.resources if resource.type == token and resource.name == name]
        if len(found) != 1:
            raise KeyError(f"{len(found)} resources are {token} {name!r}")
        return found[0]

    def to_json(self) -> dict[str, Any]:
        return {
            "project": self.project,
            "stack": self.stack,
            "resources": [resource.to_json() for resource in self.resources],
            "exports": dict(self.exports),
            "invokes": [invoke.to_json() for invoke in self.invokes],
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """A property of one resource that its SDK does not declare so: wrong, missing or misspelt.

    kind: unknown-type | unknown-property | missing-property | wrong-type | not-allowed | output-only.
    severity: error | warning. A warning is a value that the SDK does not list but the cloud may still take.
    """

    urn: str
    type: str
    name: str
    path: str  # vpcConfig.subnetIds[0]; "" for the resource itself
    kind: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        place = f" {self.path}" if self.path else ""
        return f"{self.severity}: {self.type} {self.name!r}{place}: {self.message}"

    def to_json(self) -> dict[str, str]:
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "path": self.path,
            "kind": self.kind,
            "message": self.message,
            "severity": self.severity,
        }
