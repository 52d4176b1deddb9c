"""Which images run."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule
from intertie_policies.workloads import WORKLOADS, workloads_of

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MOVING = frozenset({"", "latest", "main", "master", "nightly", "stable", "edge", "dev", "current"})


@rule(
    "images-pinned",
    "exposure",
    types=WORKLOADS,
    description="Images are pinned, so that the same program runs the same code.",
    rationale="A tag can be moved: by its owner to another version, by a thief to other code.",
    remediation="Write name@sha256:…, as `crane digest` or the registry shows it.",
    references=["Kubernetes documentation, images", "OpenSSF Scorecard, pinned dependencies"],
    settings=["exposure"],
)
def images_pinned(resource: Resource, context: Context) -> Iterator[Violation]:
    exposure = context.settings.exposure
    for workload in workloads_of(resource):
        for container in workload.containers:
            image = container["image"]
            text = image.text
            if text is None:
                continue
            name, tag, digest = parts(text)
            excused = _among(name, exposure.pinned_by_version)
            by_digest = exposure.images_pinned_by == "digest" and not excused
            if not _DIGEST.fullmatch(digest) and (by_digest or tag in _MOVING):
                wanted = "a digest (@sha256:…)" if by_digest else "a version"
                yield fail(resource, f"the image {text} is not pinned by {wanted}", *image.path)


@rule(
    "images-from-known-registries",
    "exposure",
    types=WORKLOADS,
    description="Images come from registries that the organisation knows.",
    rationale="Anybody can publish an image whose name differs in one letter.",
    remediation="Mirror the image into your own registry, or add its source to `exposure.registries`.",
    references=["NIST SP 800-190, application container security guide"],
    settings=["exposure"],
)
def images_from_known_registries(resource: Resource, context: Context) -> Iterator[Violation]:
    known = context.settings.exposure.registries
    for workload in workloads_of(resource):
        for container in workload.containers:
            image = container["image"]
            text = image.text
            if text is not None and not _among(parts(text)[0], known):
                yield fail(resource, f"{parts(text)[0]} is from no known registry", *image.path)


def _among(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one pattern names the image: a `*` in the registry's part stands for no `/`, so none is imitated."""
    host, _, rest = name.partition("/")
    pairs = (pattern.partition("/") for pattern in patterns)
    return any(fnmatchcase(host, registry) and fnmatchcase(rest, path or "*") for registry, _, path in pairs)


def parts(image: str) -> tuple[str, str, str]:
    """Full name, tag and digest of an image reference: `vllm/x:1` → (`docker.io/vllm/x`, `1`, "")."""
    name, _, digest = image.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    name = f"{head}{slash}{last}"
    host, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}", tag, digest
    if "." not in host and ":" not in host and host != "localhost":
        return f"docker.io/{name}", tag, digest
    return name, tag, digest
