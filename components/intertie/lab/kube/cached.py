"""A list of objects that follows the API server by itself: one thread that lists once and then watches."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import urllib3

from intertie.lab.kube.client import Api, ApiError

_PAUSE = 0.25  # seconds before it lists anew
_BROKEN_OFF = (ApiError, OSError, ValueError, urllib3.exceptions.HTTPError, http.client.HTTPException)


class Cached:
    """All objects of one kind, as of some moments ago. `changed` is called after every change, in this thread."""

    def __init__(self, api: Api, path: str, changed: Callable[[], None]) -> None:
        self._api = api
        self._path = path
        self._changed = changed
        self._items: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.listed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"watch {path}", daemon=True)
        self._thread.start()

    def all(self) -> list[dict[str, Any]]:
        """The objects, which nobody must change, in order of their names."""
        with self._lock:
            return [self._items[key] for key in sorted(self._items)]

    def end(self) -> None:
        """No more changes. The thread ends with the connection, which the caller closes."""
        self._ended.set()

    def _follow(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(*_BROKEN_OFF):
                self._watch(self._list())
            self._ended.wait(_PAUSE)

    def _list(self) -> str:
        answer = self._api.get(self._path)
        items = {_key(item): item for item in answer.get("items") or []}
        with self._lock:
            self._items = items
        self.listed.set()
        self._changed()
        return str(answer["metadata"]["resourceVersion"])

    def _watch(self, since: str) -> None:
        for event in self._api.watch(self._path, since):
            if self._ended.is_set() or event["type"] == "ERROR":
                return
            if event["type"] == "BOOKMARK":
                continue
            with self._lock:
                if event["type"] == "DELETED":
                    self._items.pop(_key(event["object"]), None)
                else:
                    self._items[_key(event["object"])] = event["object"]
            self._changed()


def _key(item: dict[str, Any]) -> tuple[str, str]:
    about = item["metadata"]
    return about.get("namespace", ""), about["name"]


class Quiet:
    """When something last happened: the lab's clock only moves on when nothing is happening."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def touch(self) -> None:
        self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since something last happened."""
        return time.monotonic() - self._last
