"""What a bootstrap is asked for: whom the cloud shall believe, and in which account."""

from dataclasses import dataclass

from intertie.contract import Bound


@dataclass(frozen=True, slots=True)
class Trust:
    """An issuer of OIDC tokens, and the one subject whose tokens let their bearer deploy this placement."""

    issuer: str  # https://token.actions.githubusercontent.com
    subject: str  # repo:acme/inference:environment:aws-use1
    audience: str  # "" = what the cloud itself expects where nothing is said
    known: bool = False  # the account trusts the issuer already: another placement's bootstrap saw to it

    @property
    def host(self) -> str:
        return self.issuer.removeprefix("https://").rstrip("/")


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What the placement's description and CI are told afterwards."""

    backend: Bound  # for `pulumi login`, and `state.backend`
    secrets_provider: Bound  # for `pulumi stack init`, and `state.secrets_provider`
    deployer: Bound  # `account.deployer`
