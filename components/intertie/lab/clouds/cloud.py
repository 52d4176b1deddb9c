"""One simulated cloud as one provider process sees it: its place (account, region), its words, its special types.

The general rules stand here; `aws/`, `azure/` and `gcp/` add what is their own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from intertie.lab.clouds import kinds
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill, text
from intertie.lab.errors import CloudError
from intertie.lab.world import Resource, World


@dataclass(slots=True)
class Request:
    """One operation on one resource."""

    world: World
    kind: Kind
    urn: str
    name: str  # the logical one, in the program
    inputs: dict[str, Any]
    context: Context
    start: int = 0  # virtual milliseconds
    zones: tuple[str, ...] = ()
    old: Resource | None = None

    @property
    def region(self) -> str:
        return str(self.context.place.get("region", ""))

    @property
    def id(self) -> str:
        return str(self.context.own.get("id", ""))


@dataclass
class Cloud:
    """What is common. `settings` is the provider's configuration as the engine gave it, parsed."""

    settings: Mapping[str, Any] = field(default_factory=dict)

    name: ClassVar[str] = ""  # aws | azure | gcp
    package: ClassVar[str] = ""
    suffix: ClassVar[int] = 7  # hexadecimal digits that the provider puts behind a name which it makes up
    patience_s: ClassVar[float] = 120  # how long the provider waits for what is not visible yet
    attempts: ClassVar[int] = 10  # how often it asks again when it is throttled
    configures_online: ClassVar[bool] = False  # whether configuring the provider asks the cloud

    # -- what each cloud answers for itself

    def problem_with_settings(self) -> str:
        """Why the provider refuses its configuration; empty when it does not."""
        return ""

    def place(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Where a resource with these inputs lies: values for templates, `region` and `zone` among them."""
        raise AssertionError("each cloud says where things are")

    def wrap(self, kind: Kind, verb: str, code: str, message: str, context: Context) -> str:
        """A refusal as the provider prints it."""
        raise AssertionError("each cloud has its own words")

    def key(self, kind: Kind, context: Context) -> str:
        """The id, unique over all accounts and regions of the organisation."""
        return str(fill(kind.key, context.having(id=context.own.get("id", ""))))

    def missing(self) -> str:
        """`Code|message` for something that is named and does not exist (`{value}`)."""
        return "NotFound|{value} does not exist"

    def missing_need(self) -> str:
        """The same for something that must be there without being named."""
        return self.missing()

    def need(self, wanted: str) -> dict[str, str]:
        """Values for the text of `missing_need`."""
        return {}

    def exists(self) -> str:
        """`Code|message` for a name that is taken."""
        return "AlreadyExists|{name} already exists"

    def in_use(self) -> str:
        """`Code|message` for a deletion that something stands in the way of (`{holder}`)."""
        return "InUse|{id} is in use by {holder}"

    def cannot_change(self) -> str:
        """`Code|message` for a change of what is fixed (`{path}`)."""
        return "Immutable|{path} cannot be changed"

    def is_given(self, name: str) -> bool:
        """Whether the cloud brings along what a reference names (a policy that AWS maintains)."""
        return False

    def own(self, world: World, kind: Kind, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Values of the resource that only this cloud knows how to make."""
        return {}

    def names_of(self, resource: Resource) -> set[str]:
        """By what others may name a resource, besides what its kind says."""
        return set()

    def check(self, kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
        """What the cloud says of inputs that no published model does: (path, reason).

        `inputs` are those that are known, `pending` the names of those that are not: their absence says nothing.
        """
        return []

    def same(self, token: str, path: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether a changed text means what it meant before."""
        return False

    def before(self, request: Request) -> None:
        """Refuses, with a CloudError, what the cloud would refuse at once."""

    def made(self, request: Request, resource: Resource) -> Resource:
        """After a resource was made or changed: what it brings about. May raise NotHealthyError."""
        return resource

    def gone(self, request: Request, resource: Resource) -> None:
        """After a resource was deleted."""

    def may_delete(self, request: Request, resource: Resource) -> None:
        """Refuses, with a CloudError, a deletion that the cloud guards against."""

    def shape(self, kind: Kind, outputs: dict[str, Any]) -> dict[str, Any]:
        """Outputs whose shape differs from that of the input of the same name."""
        return outputs

    def invoke(self, world: World, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """A function of the provider. Credentials are all that the lab gives."""
        raise CloudError("NotSimulated", f"the lab answers no question but for credentials: {token}", "UNIMPLEMENTED")

    # -- general rules

    def kind(self, token: str) -> Kind:
        """What is known of a type; little, when no table names it."""
        return kinds.load(self.name).get(token) or Kind(type=token, id="{name}-{hex7}", name="name", longest=63)

    def context(self, world: World, kind: Kind, urn: str, inputs: Mapping[str, Any], made: int = 0) -> Context:
        seed = f"{world.meta('seed')}/{urn}/{made}"
        context = Context(self.place(inputs), inputs, seed, {"urn": urn})
        context = context.having(**self.own(world, kind, inputs, context))
        return context.having(name=self.physical_name(kind, inputs, context))

    def physical_name(self, kind: Kind, inputs: Mapping[str, Any], context: Context) -> str:
        """The name in the cloud: given, or the prefix with what Terraform's providers put behind it (26 digits)."""
        given = inputs.get(kind.name) if kind.name else None
        if isinstance(given, str):
            return given
        prefix = inputs.get(kind.prefix) if kind.prefix else None
        if isinstance(prefix, str):
            return prefix + str(fill("{digits26}", context))
        return str(context.own["urn"]).rpartition("::")[2]

    def auto_name(self, kind: Kind, name: str, news: dict[str, Any], olds: Mapping[str, Any], seed: bytes) -> None:
        """Gives a resource a name where the program gave none; a name once given is kept."""
        if not kind.name or news.get(kind.name) is not None or news.get(kind.prefix) is not None:
            return
        kept = olds.get(kind.name)
        digits = hashlib.sha256(seed or name.encode()).hexdigest()[: self.suffix]
        longest = kind.longest or 255
        news[kind.name] = kept or self.joined(name[: longest - self.suffix - 1], digits)

    def keeps_name(self, token: str, name: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether a replacement has the name of what it replaces, because the program gives it: two cannot be at once.

        Then the old one goes first. Sources: pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`;
        pulumi-azure-native, `__createBeforeDelete`.
        """
        kind = self.kind(token)
        given = news.get(kind.name) if kind.name else None
        if not isinstance(given, str) or given != olds.get(kind.name):
            return False
        longest = kind.longest or 255
        return given != self.joined(name[: longest - self.suffix - 1], given[-self.suffix :])

    def joined(self, name: str, digits: str) -> str:
        return f"{name}-{digits}"

    def refuse(
        self, kind: Kind, verb: str, coded: str, context: Context, status: str = "FAILED_PRECONDITION"
    ) -> CloudError:
        """The error for `Code|message`, a template."""
        code, _, message = text(coded, context).partition("|")
        return CloudError(code, self.wrap(kind, verb, code, message, context), status)
