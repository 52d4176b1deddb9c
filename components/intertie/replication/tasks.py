"""Which copies a placement needs: images in its registry, weights in its bucket, secrets in its store."""

from dataclasses import dataclass
from enum import StrEnum

from intertie.plan import Plan
from intertie.plan.accounts import CONTAINER, account_name
from intertie.plan.caches import made, through
from intertie.plan.references import mirrored
from intertie.plan.secrets import needs, vault_name
from intertie.spec import Runtime


class Kind(StrEnum):
    """What is copied."""

    IMAGE = "image"
    WEIGHTS = "weights"
    SECRET = "secret"  # noqa: S105  the word


@dataclass(frozen=True, slots=True)
class Task:
    """One copy. `target` is "" where nothing is copied and only the digest is recorded."""

    placement: str
    cloud: str
    kind: Kind
    name: str  # the image as the plan names it, the model's id, the secret's name
    source: str
    target: str
    why: str
    revision: str = ""  # of weights
    files: str = ""  # of weights: what of the repository is taken; "" = all
    fields: tuple[str, ...] = ()  # of a secret
    vault: str = ""  # of a secret, where stores have names
    region: str = ""  # of a secret
    account: str = ""  # of a secret: account, subscription or project
    username: str = ""  # of a secret: it is the token of a registry, which this name belongs to
    cached: bool = False  # of an image: `target` fetches it from `source` by itself, when it is asked for


def tasks(plan: Plan, bucket: str | None = None) -> tuple[Task, ...]:
    """Everything that this placement needs, in a fixed order. `bucket`: the stack's output `weights`, where it is not
    the placement's own to name."""
    return (*_images(plan), *_weights(plan, bucket), *_secrets(plan))


def _images(plan: Plan) -> list[Task]:
    mirror = plan.where.mirror
    found: dict[str, Task] = {}
    for stage in plan.stages:
        image = stage.image
        if image and image not in found:
            tagged = image.partition("@")[0]
            cached = through(plan, image)
            target = _filled(plan, cached) if cached else (mirrored(tagged, mirror) if mirror else "")
            why = f"stage {stage.name} runs it" + ("" if target else ": its digest is recorded")
            found[image] = Task(
                plan.placement, plan.cloud, Kind.IMAGE, tagged, image, target, why, cached=bool(cached)
            )  # fmt: skip
    return list(found.values())


def _filled(plan: Plan, cached: str) -> str:
    """What is asked for so that a cache has it; "" while there is none: our caches come with the cluster."""
    return cached if "cluster" in plan.renders or not made(plan) else ""


def _weights(plan: Plan, bucket: str | None) -> list[Task]:
    adopt = plan.where.adopt
    where = adopt.weights if adopt is not None else _bucket(plan, bucket)
    found: dict[tuple[str, str], Task] = {}
    for stage in plan.stages:
        model = stage.spec.model
        if model is None or not stage.on_accelerators or (adopt is not None and adopt.weights is None):
            continue
        revision = model.revision or ""
        target = "/".join(part for part in (where or f"<bucket of {plan.placement}>", model.id, revision) if part)
        hub = stage.spec.runtime is not Runtime.TRITON
        source = f"hf://{model.id}" if hub else f"<model repository of {model.id}>"
        why = f"stage {stage.name} serves it: weights, tokenizer and configuration, adapters that lie beside them"
        task = Task(plan.placement, plan.cloud, Kind.WEIGHTS, model.id, source, target, why, revision)
        found.setdefault((model.id, revision), task)
    return list(found.values())


def _bucket(plan: Plan, given: str | None) -> str | None:
    """The bucket as the tools write it: the one that is given, else the one that the placement names.

    On Azure the stack says `az://<container>`, as the loader reads it: the account is the placement's own.
    """
    named = plan.where.weights
    if plan.cloud == "azure" and (given is None or given.startswith("az://")):
        account, _, container = (named or account_name(plan)).partition(".")
        inside = (given or "").removeprefix("az://") or container or CONTAINER
        return f"https://{account}.blob.core.windows.net/{inside}"
    scheme = {"aws": "s3://", "gcp": "gs://"}.get(plan.cloud, "")
    return given or (f"{scheme}{named}" if named else None)


def _secrets(plan: Plan) -> list[Task]:
    """A cluster that is adopted has whatever store its owner uses: its secrets are not ours to write."""
    if plan.where.adopt is not None:
        return []
    pods = [_secret(plan, need.name, need.key, why=need.why, fields=need.fields) for need in needs(plan)]
    tokens = [
        _secret(
            plan, given.secret, given.key, why=f"token of {given.username} for {cache.host}", fields=("token",),
            username=given.username, use="images",
        )
        for cache in made(plan)
        if (given := cache.credentials) is not None
    ]  # fmt: skip
    return [*pods, *tokens]


def _secret(
    plan: Plan, name: str, key: str, *, why: str, fields: tuple[str, ...], username: str = "", use: str = "secrets"
) -> Task:
    return Task(
        plan.placement, plan.cloud, Kind.SECRET, name, "", key, why, fields=fields, username=username,
        vault=vault_name(plan, use) if plan.cloud == "azure" else "", region=plan.region,
        account=plan.where.account.id if plan.where.account else "",
    )  # fmt: skip
