"""Providers that say where they work."""

from collections.abc import Iterator

from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule, unknown

_KEYS = {"aws": ("region",), "azure-native": ("location",), "gcp": ("region", "zone")}
_CONFIG = {"aws": ("aws:region",), "azure-native": ("azure-native:location",), "gcp": ("gcp:region", "gcp:zone")}


@rule(
    "provider-region-explicit",
    "region",
    types=["pulumi:providers:aws", "pulumi:providers:azure-native", "pulumi:providers:gcp"],
    description="A provider names its region itself; it does not take it from the machine that runs the update.",
    rationale="With a region from the environment, the same commit deploys to another place on another machine.",
    remediation="Set the region on the provider or in the stack's configuration.",
    references=["Pulumi AWS, Azure Native and Google Cloud providers: configuration"],
)
def provider_region_explicit(provider: Resource, context: Context) -> Iterator[Violation]:
    config = context.stack_config or {}
    if any(config.get(key) for key in _CONFIG[provider.package]):
        return
    values = [provider.props[key] for key in _KEYS[provider.package]]
    if any(value.given and value.quietly().text != "" for value in values):
        return
    doubtful = [value for value in values if value.unknown]
    if doubtful:
        yield unknown(provider, doubtful[0])
    else:
        yield fail(provider, f"no {' or '.join(_KEYS[provider.package])} is set", _KEYS[provider.package][0])
