"""GET over HTTP with few retries and firm bounds. Standard library only."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from urllib.parse import urlsplit

from intertie.errors import OutsideError

ATTEMPTS = 4
TIMEOUT_S = 30.0
LARGEST = 2 * 2**30
"""Bytes of one answer: the largest price file of AWS is a few hundred MB."""

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK = 2**16

Sleep = Callable[[float], None]


def get(url: str, sleep: Sleep = time.sleep, largest: int = LARGEST) -> Iterator[bytes]:
    """The body in parts. OutsideError after four attempts, for a refusal, and for a body that is cut short.

    Only the beginning is tried again: once a part was handed out, a failure is final.
    """
    answer = _opened(url, sleep)
    expected = answer.headers.get("Content-Length")
    got = 0
    try:
        with answer:
            while part := answer.read(_CHUNK):
                got += len(part)
                if got > largest:
                    raise OutsideError(f"{_name(url)}: the answer is larger than {largest:,} bytes")
                yield part
    except (OSError, HTTPException) as error:
        raise OutsideError(f"{_name(url)}: broke off after {got:,} bytes ({_reason(error)})") from None
    if expected is not None and expected.isdigit() and got != int(expected):
        raise OutsideError(f"{_name(url)}: broke off after {got:,} of {int(expected):,} bytes")


def _opened(url: str, sleep: Sleep):  # noqa: ANN202  a response object that the library does not name
    if urlsplit(url).scheme not in ("http", "https"):
        raise OutsideError(f"{_name(url)}: only http and https are asked")
    last = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2.0**attempt / 2)
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "intertie"})  # noqa: S310  checked above
            return urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            last = f"HTTP {error.code}"
            if error.code not in _AGAIN:
                break
        except (OSError, HTTPException) as error:
            last = _reason(error)
    raise OutsideError(f"{_name(url)}: no answer ({last})\n  → the prices that are there stay as they are")


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__


def _name(url: str) -> str:
    """Host and path, without what a query may hold."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
