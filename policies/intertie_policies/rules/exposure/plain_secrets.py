"""Secrets that lie open."""

import re
from collections.abc import Iterator, Mapping

from intertie.graph import wire
from intertie_policies.accessor import State, Value, is_list
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.secret_text import secret_in
from intertie_policies.workloads import WORKLOADS, workloads_of

_CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105  a type
_HELM = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")
_PASSWORD = re.compile(r"(?:^|[_.-])(?:password|passwd|passphrase)$|[a-z]Password$", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?:^|[_.-])(?:token|api[_.-]?key|secret|secret[_.-]?key|access[_.-]?key|private[_.-]?key|client[_.-]?secret)$"
    r"|[a-z](?:Token|ApiKey|SecretKey|AccessKey|PrivateKey)$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"^\s*$|^\$[({]|^/|^[a-z]+://[^:@]*$|^(?:true|false|none|null|required|auto)$", re.IGNORECASE)
_RANDOM = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9+/=_.~-]{16,}")
_NAME = re.compile(r"[a-z0-9.]+(?:-[a-z0-9.]+)+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEEPEST = 12  # levels of Helm values
_PODS = (
    "spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec",
    "spec.leaderWorkerTemplate.leaderTemplate.spec", "spec.leaderWorkerTemplate.workerTemplate.spec",
)  # fmt: skip
_AT_APPLY = (
    "data.*",
    "stringData.*",
    *("values" + ".*" * depth for depth in range(_DEEPEST + 1)),
    *(
        f"{pod}.{containers}[*].{where}"
        for pod in _PODS
        for containers in ("containers", "initContainers")
        for where in ("env[*].value", "args[*]", "command[*]")
    ),
)
"""Texts that may name what the same program makes. They are looked at again when they are known."""


@rule(
    "no-secrets-in-plain-config",
    "exposure",
    types=[*WORKLOADS, _CONFIG_MAP, _SECRET, *_HELM],
    baseline=Level.MANDATORY,
    description="No secret lies open in environment variables, ConfigMaps, Helm values or unencrypted Secrets.",
    rationale="It is in the state, in every preview of a pull request, and for everybody who may list pods.",
    remediation=(
        "Take it from a secret store at run time (External Secrets, secretKeyRef), or wrap it with "
        "pulumi.Output.secret; then replace the secret that lay open."
    ),
    references=["OWASP secrets management cheat sheet", "Pulumi documentation, secrets"],
    apply_time_only=[*_AT_APPLY],
)
def no_secrets_in_plain_config(resource: Resource, _context: Context) -> Iterator[Violation]:
    for name, value in _texts(resource):
        if value.quietly().state is State.HIDDEN:
            continue  # marked as a secret: it lies in the state encrypted
        text = value.text
        found = text and _looks(name, text, own_secret=resource.type == _SECRET)
        if found:
            yield fail(resource, f"{name or 'an argument'} looks like {found}", *value.path)


def _texts(resource: Resource) -> Iterator[tuple[str, Value]]:
    if resource.type == _CONFIG_MAP:
        yield from resource["data"].entries.items()
    elif resource.type == _SECRET:
        yield from _open_data(resource)
    elif resource.type in _HELM:
        yield from _nested(resource["values"], 0)
    for workload in workloads_of(resource):
        for container in workload.containers:
            for variable in container["env"].items:
                value = variable["value"]
                if not value.absent:
                    yield variable["name"].text or "", value
            for argument in (*container["args"].items, *container["command"].items):
                yield "", argument


def _open_data(secret: Resource) -> Iterator[tuple[str, Value]]:
    """What a Secret holds and nobody marked as secret. The SDKs mark all of it; other languages leave it to people."""
    for key in ("data", "stringData"):
        if not _marked(secret.node.props, key):
            for name, value in secret[key].entries.items():
                if not _marked(secret[key].raw, name):
                    yield name, value


def _marked(around: object, key: str) -> bool:
    """Whether a field is an envelope for a secret, opened by the engine or not."""
    raw = around.get(key) if isinstance(around, Mapping) else None
    if not isinstance(raw, Mapping):
        return raw == wire.SECRET
    return raw.get(wire.SIGNATURE) == wire.SECRET_SIGNATURE or raw.get("secret") is True


def _nested(value: Value, depth: int) -> Iterator[tuple[str, Value]]:
    if depth > _DEEPEST:
        yield str(value.path[-1]), value  # asked for as text, which it is not: nobody can tell
        return
    if is_list(value.raw):
        for item in value.items:
            yield from _nested(item, depth + 1)
    elif isinstance(value.raw, Mapping):
        for each in value.entries.values():
            yield from _nested(each, depth + 1)
    elif not isinstance(value.raw, bool | int | float) and value.quietly().state is not State.ABSENT:
        yield str(value.path[-1]), value


def _looks(name: str, text: str, *, own_secret: bool) -> str:
    """What kind of secret it is; "" when it is none. A Secret that nobody marked as secret holds one by its nature."""
    if own_secret:
        return "a secret that is not marked as one" if text and not _REFERENCE.search(text) else ""
    if found := secret_in(text):
        return found
    if _REFERENCE.search(text) or "existing" in name.lower():
        return ""
    if _PASSWORD.search(name):
        return "a password"
    named = _NAME.fullmatch(text) and not _UUID.fullmatch(text)  # `chat-tls-2026`: where the secret is, not what
    return "a secret" if _TOKEN.search(name) and _RANDOM.fullmatch(text) and not named else ""
