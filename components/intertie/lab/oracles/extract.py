"""Makes the rules of types from the installed packages: `python -m intertie.lab.oracles.extract FOLDER TOKEN...`.

A process of its own, because the SDKs and the clouds' libraries take seconds to import, and a provider should not.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from intertie.lab.oracles import mapping, sdk
from intertie.lab.oracles.combine import Combining
from intertie.lab.oracles.field import Field
from intertie.lab.oracles.mapping import Model
from intertie.lab.oracles.rules import Rule, Type, file_name, to_json


def source(model: Model) -> str:
    """How findings name a model: `AWS::EKS::Nodegroup (cfn-lint 1.58.0)`."""
    package = mapping.distribution(model)
    return f"{model.shape} ({package} {version(package)})"


def shape(model: Model) -> Field:
    """The published shape, read from its package. After `#` stands the part of it that is meant."""
    whole, _, path = model.shape.partition("#")
    found = _whole(model.origin, whole)
    inner = found.at(path) if path else found
    assert inner is not None, model.shape
    return inner


def _whole(origin: str, name: str) -> Field:
    package, _, what = name.rpartition(".")
    if origin in ("cfn", "botocore"):
        from intertie.lab.oracles import aws

        return aws.resource(name) if origin == "cfn" else aws.operation(package, what)
    if origin == "azure":
        from intertie.lab.oracles import azure

        return azure.model(package, what)
    if origin == "azure-address":
        from intertie.lab.oracles import azure_address

        return azure_address.address(package, what)
    from intertie.lab.oracles import gcp

    return gcp.message(package, what)


def rules(token: str) -> Type:
    """Everything that is published of a type, under the SDK's names."""
    declared = sdk.inputs(token)
    if declared is None:
        return Type(token, Rule(kind="any"), known=False)
    rule = _plain(declared)
    unmatched: list[str] = []
    sources: list[str] = []
    for model in mapping.models().get(token, ()):
        names = {**mapping.names().get(("*", model.origin), {}), **mapping.names().get((token, model.origin), {})}
        combining = Combining(source(model), _with_generated(shape(model), model), names)
        rule = combining.over(rule)
        unmatched += [f"{model.shape}: {path}" for path in combining.unmatched()]
        sources.append(source(model))
    return Type(token, rule, sdk.outputs(token), tuple(sources), tuple(unmatched))


def _with_generated(field: Field, model: Model) -> Field:
    for path in model.generated:
        each = field.at(path)
        assert each is not None, f"{model.shape} has no {path}"
        each.required = False
    return field


def _plain(field: Field) -> Rule:
    return Rule(
        kind=field.kind,
        required=field.required,
        fields={name: _plain(each) for name, each in field.fields.items()},
        item=_plain(field.item) if field.item is not None else None,
    )


def write(folder: Path, found: Type) -> None:
    """One file per type, put in place at once."""
    data = {
        "token": found.token,
        "known": found.known,
        "inputs": to_json(found.inputs),
        "outputs": found.outputs,
        "sources": found.sources,
        "unmatched": found.unmatched,
    }
    target = folder / file_name(found.token)
    new = target.with_suffix(f".{id(found)}.new")
    new.write_text(json.dumps(data), encoding="utf-8")
    new.replace(target)


def main() -> None:
    folder = Path(sys.argv[1])
    for token in sys.argv[2:]:
        write(folder, rules(token))


if __name__ == "__main__":
    main()
