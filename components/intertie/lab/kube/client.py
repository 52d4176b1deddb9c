"""A client of one API server: plain requests, server-side apply, watches. Thread-safe."""

import contextlib
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from intertie.lab.kube.kubeconfig import Access

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
_SECONDS = 45.0  # for an answer: on a machine that does much else definitions take their time


@dataclass
class ApiError(Exception):
    """A refusal by the API server, in its words. `code` is the HTTP status; 0: it could not be reached."""

    code: int
    reason: str
    message: str
    details: dict[str, Any]

    def __str__(self) -> str:
        return self.message

    @property
    def about_namespace(self) -> bool:
        """Whether it is the namespace of the object that is not there."""
        return self.code == 404 and self.details.get("kind") == "namespaces"


class NoKindError(ApiError):
    """The server serves no such kind: most often a custom resource without its definition."""


@dataclass(frozen=True, slots=True)
class Served:
    """A kind as the server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of an object, or of the list when there is no name."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        place = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        return f"{root}{place}/{self.plural}" + (f"/{quote(name)}" if name else "")


class Api:
    """One API server as one user."""

    def __init__(self, access: Access, seconds: float = _SECONDS) -> None:
        self.access = access
        self._seconds = seconds
        self._kinds: dict[str, dict[str, Served]] = {}
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(
            ssl_context=_tls(access), maxsize=16, retries=urllib3.Retry(0, redirect=0), timeout=seconds
        )
        self._headers = {"Accept": "application/json"}
        if access.token:
            self._headers["Authorization"] = f"Bearer {access.token}"

    def request(
        self, method: str, path: str, body: Any = None, content: str = "application/json", **query: Any
    ) -> dict[str, Any]:
        """The answer as data. ApiError when the server refuses or cannot be reached."""
        url = self.access.server + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, **({"Content-Type": content} if data is not None else {})}
        try:
            answer = self._pool.request(method, url, body=data, headers=headers)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ApiError(0, "Unreachable", f'Get "{self.access.server}": {_cause(error)}', {}) from None
        if answer.status >= 400:
            raise _refusal(answer.status, answer.data)
        return json.loads(answer.data) if answer.data[:1] in (b"{", b"[") else {"text": answer.data.decode()}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.request("GET", path, **query)

    def find(self, path: str) -> dict[str, Any] | None:
        """The object, or None when it is not there."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return list(self.get(path, **query).get("items") or [])

    def patch(self, path: str, body: Any, content: str = MERGE, **query: Any) -> dict[str, Any]:
        return self.request("PATCH", path, body, content, **query)

    def remove(self, path: str, **options: Any) -> bool:
        """Ask for deletion; False when it is not there any more."""
        try:
            self.request("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", **options})
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return True

    def apply(
        self, body: Mapping[str, Any], manager: str, *, force: bool = False, dry_run: bool = False, strict: bool = False
    ) -> dict[str, Any]:
        """Server-side apply. NoKindError when the kind is not served."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        query["fieldValidation"] = "Strict" if strict else "Warn"
        if dry_run:
            query["dryRun"] = "All"
        return self.patch(self.path_of(body), dict(body), APPLY, **query)

    def path_of(self, body: Mapping[str, Any]) -> str:
        """The path of an object: `default` is the namespace of namespaced ones that name none."""
        served = self.served(str(body["apiVersion"]), str(body["kind"]))
        about = body.get("metadata") or {}
        return served.path(about.get("namespace") or "default", about["name"])

    def served(self, api_version: str, kind: str) -> Served:
        """How a kind is served. What is not known is asked for again: definitions come and go."""
        with self._lock:
            known = self._kinds.get(api_version, {}).get(kind)
        return known or self._discover(api_version, kind)

    def _discover(self, api_version: str, kind: str) -> Served:
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        try:
            listed = self.get(root)["resources"]
        except ApiError as error:
            if error.code != 404:
                raise
            listed = []
        kinds = {
            each["kind"]: Served(api_version, each["kind"], each["name"], bool(each["namespaced"]))
            for each in listed
            if "/" not in each["name"]
        }
        with self._lock:
            self._kinds[api_version] = kinds
        if kind not in kinds:
            message = f'no matches for kind "{kind}" in version "{api_version}"'
            raise NoKindError(404, "NoMatch", message, {})
        return kinds[kind]

    def forget_kinds(self) -> None:
        """Discover anew: after a definition was made or deleted."""
        with self._lock:
            self._kinds.clear()

    def watch(self, path: str, since: str, seconds: int = 600) -> Iterator[dict[str, Any]]:
        """Changes after a resource version: {"type": ADDED | MODIFIED | DELETED | ERROR, "object": ...}."""
        query = urlencode(
            {"watch": "true", "resourceVersion": since, "timeoutSeconds": seconds, "allowWatchBookmarks": "true"}
        )
        answer = self._pool.request(
            "GET",
            f"{self.access.server}{path}?{query}",
            headers=self._headers,
            preload_content=False,
            timeout=urllib3.Timeout(connect=self._seconds, read=seconds + 30),
        )
        try:
            if answer.status >= 400:
                raise _refusal(answer.status, answer.read())
            rest = b""
            for chunk in answer.stream(65536, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield json.loads(line)
        finally:
            answer.close()

    def close(self) -> None:
        self._pool.clear()


def _tls(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=access.authority or None)
    if access.certificate:
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads client certificates from files only
            certificate, key = Path(folder, "crt"), Path(folder, "key")
            certificate.write_text(access.certificate)
            key.touch(mode=0o600)
            key.write_text(access.key)
            context.load_cert_chain(certificate, key)
    return context


def _refusal(status: int, data: bytes) -> ApiError:
    """A Kubernetes `Status`, or whatever the server said instead."""
    with contextlib.suppress(ValueError):
        said = json.loads(data)
        if isinstance(said, dict) and said.get("kind") == "Status":
            return ApiError(status, said.get("reason", ""), said.get("message", ""), said.get("details") or {})
    return ApiError(status, "", data.decode(errors="replace")[:500] or f"HTTP status {status}", {})


def _cause(error: BaseException) -> str:
    """The short reason at the bottom of urllib3's chain, as Go's client prints it."""
    text = str(getattr(error, "reason", None) or error)
    if "refused" in text:
        return "dial tcp: connect: connection refused"
    if isinstance(error, urllib3.exceptions.TimeoutError) or "timed out" in text:
        return "context deadline exceeded"
    return text.rpartition(": ")[2]
