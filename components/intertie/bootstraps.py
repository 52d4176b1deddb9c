"""`PlacementBootstrap`: what must be there before a placement's stack is deployed for the first time.

State bucket, key, trust in the CI's tokens and a deploy role with exactly what the stacks need. It is a stack of its
own with a state of its own: what holds all other states cannot be in one of them. `intertie bootstrap` writes it.
"""

from typing import Any, NotRequired, TypedDict

import pulumi

from intertie.boundary import plan_of, told_plainly
from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.platforms import registry
from intertie.platforms.trust import Trust


class PlacementBootstrapArgs(TypedDict):
    """What a bootstrap is made from."""

    spec: Any
    """The description of the pipeline, as in `stacks/specs/*.yaml`."""
    placement: str
    """Name of the placement in the description."""
    account: str
    """AWS account id, Azure subscription id, or Google project id."""
    issuer: str
    """Issuer of the CI's OIDC tokens: an address that starts with https://."""
    subject: str
    """The one subject whose tokens may deploy, as the issuer writes it."""
    audience: NotRequired[str]
    """Audience that the tokens name. Default: what the cloud's own sign-in action asks for."""
    issuer_known: NotRequired[bool]
    """The account trusts the issuer already: AWS takes each issuer once per account."""


AUDIENCES = {"aws": "sts.amazonaws.com", "azure": "api://AzureADTokenExchange"}
"""Google's names the provider in full, which has a name only once it is made: there nothing is said."""


class PlacementBootstrap(pulumi.ComponentResource):
    """State bucket, key, trust and deploy role of one placement, in its own cloud and region."""

    backend: pulumi.Output[str]
    """For `pulumi login`."""
    secrets_provider: pulumi.Output[str]
    """For `pulumi stack init --secrets-provider`."""
    deployer: pulumi.Output[str]
    """For `account.deployer` of the placement."""

    def __init__(self, name: str, args: PlacementBootstrapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("intertie:index:PlacementBootstrap", name, None, opts)
        with told_plainly():
            plan = plan_of(args)
            trust = Trust(
                issuer=args["issuer"],
                subject=args["subject"],
                audience=args.get("audience") or AUDIENCES.get(plan.cloud, ""),
                known=bool(args.get("issuer_known")),
            )
            if plan.platform == "existing":
                raise InputError(f"placement {plan.placement!r} adopts a cluster: there is no account to prepare")
            made = registry.bootstrap(plan.platform).build(
                plan, BuildOptions(parent=self, name=name), account=args["account"], trust=trust
            )
        self.backend = pulumi.Output.from_input(made.backend)
        self.secrets_provider = pulumi.Output.from_input(made.secrets_provider)
        self.deployer = pulumi.Output.from_input(made.deployer)
        self.register_outputs(
            {"backend": self.backend, "secretsProvider": self.secrets_provider, "deployer": self.deployer}
        )
