"""Custom resource definitions of the components that charts bring, at the versions that `tools/crds/go.mod` declares.

They come from the Go module proxy into Go's own cache when they are first needed, and are never kept in the
repository. Where a module cannot be had, definitions without a schema stand in, and it is said that nothing was
checked.
"""

import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from intertie.errors import OutsideError
from intertie.lab import programs
from intertie.lab.kube.client import Api

UNCHECKED = "schema not checked"
_DOWNLOAD_SECONDS = 180
_ESTABLISHED_SECONDS = 60
_KEPT_FORM = 2  # of the cache: to be changed with what is kept
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the pure Python one takes seconds for these files


@dataclass(frozen=True, slots=True)
class Definitions:
    """Definitions of one component. `checked`: whether they carry the schemas of `version`."""

    component: str
    objects: tuple[dict[str, Any], ...]
    version: str
    checked: bool

    @property
    def note(self) -> str:
        return "" if self.checked else f"{self.component}: {UNCHECKED}"


def components() -> tuple[str, ...]:
    """Names of all components that the table knows."""
    return tuple(_table())


def definitions(component: str) -> Definitions:
    """The definitions of a component. KeyError for one that no table names."""
    return _definitions(component)


def install(api: Api, component: str, busy: Callable[[], None] = lambda: None) -> Definitions:
    """Bring them into a cluster and wait until they are served; `busy` is called now and then meanwhile.

    OutsideError when they are not served in time.
    """
    found = definitions(component)
    for body in found.objects:
        busy()
        if api.find(api.path_of(body)) is None:  # created, not applied: tracking fields of such large objects is slow
            api.request("POST", api.served(body["apiVersion"], body["kind"]).path(), body)
    end = time.monotonic() + _ESTABLISHED_SECONDS
    for body in found.objects:
        while not _is_served(api, body):
            if time.monotonic() > end:
                raise OutsideError(f"{body['metadata']['name']} was not served after {_ESTABLISHED_SECONDS} s")
            busy()
            time.sleep(0.05)
    api.forget_kinds()
    return found


def are_served(api: Api, component: str) -> bool:
    """Whether objects of every kind of a component can be made by now."""
    return all(_is_served(api, body) for body in definitions(component).objects)


def remove(api: Api, component: str) -> None:
    """Take them out of a cluster, with every object of theirs."""
    for body in definitions(component).objects:
        api.remove(api.path_of(body))
    api.forget_kinds()


def _is_served(api: Api, definition: Mapping[str, Any]) -> bool:
    """Established, and listed: the server lists kinds of a group one after another, some time after it takes them."""
    live = api.find(api.path_of(definition)) or {}
    conditions = (live.get("status") or {}).get("conditions") or []
    if not any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
        return False
    spec = definition["spec"]
    versions = [f"/apis/{spec['group']}/{each['name']}" for each in spec["versions"] if each["served"]]
    return all(spec["names"]["kind"] in _kinds(api.find(path) or {}) for path in versions)


def _kinds(listed: Mapping[str, Any]) -> set[str]:
    return {each["kind"] for each in listed.get("resources") or ()}


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files("intertie.lab").joinpath("data", "definitions.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@cache
def _definitions(component: str) -> Definitions:
    row = _table()[component]
    module = row.get("module", "")
    version = _declared().get(module, "")
    folder = _module(module, version)
    if folder is None:
        return Definitions(component, tuple(_stand_in(kind) for kind in row["kinds"]), "", checked=False)
    return Definitions(component, tuple(_read(component, folder, row)), version, checked=True)


def _read(component: str, folder: Path, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The definitions in a module's files, from a cache of ours when they were read before: YAML is slow."""
    patterns, wanted = row["files"], {(kind["group"], kind["kind"]) for kind in row["kinds"]}
    digest = hashlib.sha256(f"{folder}{row}{_KEPT_FORM}".encode()).hexdigest()[:12]
    kept = programs.root() / ".cache" / "crds" / f"{component}-{digest}.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    found = [
        body
        for pattern in patterns
        for path in sorted(folder.glob(pattern))
        for body in yaml.load_all(path.read_text(encoding="utf-8"), _LOADER)
        if isinstance(body, dict) and body.get("kind") == "CustomResourceDefinition"
        if (body["spec"]["group"], body["spec"]["names"]["kind"]) in wanted
    ]
    for body in found:
        _without_descriptions(body["spec"])
        body.pop("status", None)
        (body["metadata"].get("annotations") or {}).pop("cert-manager.io/inject-ca-from", None)
        if (body["spec"].get("conversion") or {}).get("strategy") == "Webhook":
            del body["spec"]["conversion"]  # nobody would answer
    kept.parent.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_suffix(f".{time.time_ns()}")
    scratch.write_text(json.dumps(found))
    scratch.replace(kept)
    return found


def _without_descriptions(value: Any) -> None:
    """Two thirds of a definition are texts, which check nothing and cost the API server time."""
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            del value["description"]
        for each in value.values():
            _without_descriptions(each)
    elif isinstance(value, list):
        for each in value:
            _without_descriptions(each)


@cache
def _declared() -> dict[str, str]:
    """Module → version, of `tools/crds/go.mod`."""
    text = (programs.root() / "tools" / "crds" / "go.mod").read_text()
    return dict(re.findall(r"^\s*([\w./-]+\.[\w./-]+) (v\S+)$", text, re.MULTILINE))


def _module(module: str, version: str) -> Path | None:
    """The folder of a module in Go's cache; None when it cannot be had here."""
    if not version or shutil.which("go") is None:
        return None
    try:
        done = subprocess.run(
            ["go", "mod", "download", "-json", f"{module}@{version}"],
            cwd=programs.root() / "tools" / "crds",
            capture_output=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return None
    return Path(answer["Dir"]) if done.returncode == 0 and answer.get("Dir") else None


def _stand_in(kind: Mapping[str, str]) -> dict[str, Any]:
    """A definition that takes anything."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": kind["version"], "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": anything},
    }  # fmt: skip
    names = {"kind": kind["kind"], "plural": kind["plural"], "singular": kind["kind"].lower()}
    approved = {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs"}  # asked for in *.k8s.io groups
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind['plural']}.{kind['group']}", "annotations": approved},
        "spec": {
            "group": kind["group"],
            "names": {**names, "listKind": f"{kind['kind']}List"},
            "scope": kind.get("scope", "Namespaced"),
            "versions": [version],
        },
    }
