"""The door of the pipeline: host, who may reach it, and how they prove who they are."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator

from intertie.spec.base import Cidr, HostName, KubernetesName, Slug, Spec
from intertie.spec.fields import NotAllowed, Text

HttpsUrl = Annotated[str, Text(r"^https://[A-Za-z0-9./_~:-]+$", "an address that starts with https://", 300)]
Audience = Annotated[str, Text(r"^[!-~]+$", "an audience of 1 to 200 visible characters, without spaces", 200)]


class Access(StrEnum):
    """From where the endpoint can be reached."""

    PUBLIC = "public"
    PRIVATE = "private"


class AuthKind(StrEnum):
    """How callers prove who they are. There is no `none`: an open endpoint in front of accelerators is a mistake."""

    OIDC = "oidc"
    API_KEY = "api-key"


class Auth(Spec):
    """Authentication at the gateway. What is missing here makes the gateway refuse, never let pass."""

    kind: AuthKind
    """`oidc` or `api-key`."""
    issuer: HttpsUrl | None = None
    """OIDC: the issuer whose tokens are accepted. Without it every request is refused."""
    audiences: tuple[Audience, ...] = ()
    """OIDC: audiences of which a token must name one. Default: the endpoint's host."""
    jwks: HttpsUrl | None = None
    """OIDC: where the issuer's keys are. Default: `<issuer>/.well-known/jwks.json`."""
    secret: KubernetesName | None = None
    """API keys: the Kubernetes secret that holds them. Default: `<pipeline>-api-keys`."""


def _auth(value: Any) -> Any:
    """`oidc` → `{kind: oidc}`, once, on reading."""
    if isinstance(value, str):
        return {"kind": value}
    if not isinstance(value, dict | Auth):
        raise NotAllowed("oidc, api-key, or a mapping with `kind`")
    return value


class EndpointSpec(Spec):
    """Where callers enter the pipeline."""

    host: HostName
    """DNS name of the endpoint. Its zone and certificate belong to the edge stack, which outlives every cloud."""
    stage: Slug | None = None
    """Stage that takes the requests. Default: the only stage without `after`."""
    access: Access = Access.PRIVATE
    """`public`, or `private` (only from connected networks)."""
    auth: Annotated[Auth, BeforeValidator(_auth, json_schema_input_type=AuthKind | Auth)]
    """`oidc`, `api-key`, or the long form with issuer and audiences."""
    allow: tuple[Cidr, ...] = ()
    """Ranges that may connect. Needed when access is public."""
    tls_secret: KubernetesName | None = None
    """Kubernetes secret with the certificate. Default: `<pipeline>-tls`."""
