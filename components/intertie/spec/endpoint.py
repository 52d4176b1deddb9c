"""The door of the pipeline: host, who may reach it, and how they prove who they are."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import Cidr, HostName, KubernetesName, Slug, Spec
from intertie.spec.fields import NotAllowed, Text, Whole
from intertie.spec.units import Duration, Memory

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


Address = Annotated[str, Text(r"^[^@\s]+@[A-Za-z0-9.-]+$", "an address such as platform@example.com", 200)]


SolverName = Annotated[str, Text(r"^[a-z][A-Za-z0-9]{0,62}$", "a name such as cloudDNS or hostedZoneName", 63)]
SolverText = Annotated[str, Text(r"^[!-~]+$", "1 to 300 visible characters, without spaces", 300)]


class Limits(Spec):
    """What one endpoint takes. A stream of tokens is one long answer, so the limits of ordinary web traffic cut it."""

    requests_per_minute: Annotated[int, Whole(1, 10_000_000)] | None = None
    """Requests per minute from one caller's address, over all gateways of a placement. Default: no limit."""
    request_size: Memory = Memory(32 * 2**20)
    """Largest body of a request."""
    stream: Duration = Duration(3_600_000)
    """Longest answer. Replicas that are told to stop get this long to finish, unless `grace` says otherwise."""
    quiet: Duration = Duration(600_000)
    """Longest silence within an answer: the time to the first token of a long prompt that waits for its turn."""


class Challenge(StrEnum):
    """How the certificate's issuer is shown that the host is yours."""

    HTTP = "http"
    DNS = "dns"


class Certificate(Spec):
    """A certificate that is issued in the cluster and renewed there. Without it, one is taken from a secret."""

    issuer: KubernetesName | None = None
    """A ClusterIssuer of cert-manager that the cluster has, such as your organisation's own."""
    email: Address | None = None
    """ACME: where warnings about expiry go. Makes an account with an ACME server."""
    server: HttpsUrl = "https://acme-v02.api.letsencrypt.org/directory"
    """ACME: directory of the server."""
    challenge: Challenge = Challenge.HTTP
    """ACME: `http` (the host must lead here, and all networks must reach port 80), or `dns`."""
    dns: dict[SolverName, dict[SolverName, SolverText | dict[SolverName, SolverText]]] = Field(default_factory=dict)
    """ACME with `dns`: the solver as cert-manager writes it, for example `{cloudDNS: {project: acme-dns}}`."""

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if (self.issuer is None) == (self.email is None):
            raise NotAllowed("either `issuer` (one that the cluster has) or `email` (an ACME account)")
        if self.email is not None and (self.challenge is Challenge.DNS) != bool(self.dns):
            raise NotAllowed("`dns` (a solver) with `challenge: dns`, and only there")
        return self


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
    limits: Limits = Limits()
    """Rate, size and time limits."""
    certificate: Certificate | None = None
    """Have the certificate issued by cert-manager. Default: it is in `tls_secret`."""
    tls_secret: KubernetesName | None = None
    """Kubernetes secret with the certificate. Default: `<pipeline>-tls`."""
