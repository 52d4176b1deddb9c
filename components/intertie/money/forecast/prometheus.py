"""Usage from Prometheus, or what speaks its language (Thanos, Mimir): a PromQL range query that gives one series.

Source: Prometheus HTTP API, range queries. A server refuses more than 11,000 points at once, so longer ranges are asked
for in parts.
"""

import json
import math
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from intertie.errors import InputError, OutsideError
from intertie.money.forecast.reading import LARGEST, Rows

MOST_POINTS = 10_000
_SECONDS = 60
_MOST_BYTES = 64 * 2**20


def query_range(url: str, query: str, *, end: int, length: int, step: int, token: str = "") -> Rows:
    """Values of `query` from `end - length` to `end`, every `step` seconds. Times are seconds since 1970.

    Raises `InputError` for an address, or an answer, that cannot be used, `OutsideError` when the server fails.
    """
    if not _is_address(url):
        raise InputError(f"--prometheus {url!r}; allowed: an address such as http://localhost:9090")
    if not query.strip() or query.encode(errors="replace").decode() != query:
        raise InputError(f"--query {query!r}; allowed: PromQL that gives one series, such as sum(rate(requests[5m]))")
    end -= end % step
    begin = end - length + step
    seconds: list[int] = []
    values: list[float] = []
    while begin <= end:
        last = min(end, begin + (MOST_POINTS - 1) * step)
        for at, value in _asked(url, {"query": query, "start": begin, "end": last, "step": step}, token):
            seconds.append(at)
            values.append(value)
        begin = last + step
    if not values:
        raise InputError(f"the query has no values from {_text(end - length)} to {_text(end)}: {query}")
    return Rows(seconds, values, True, (0,), False)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return url.isascii() and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return False


def _asked(url: str, parameters: dict[str, Any], token: str) -> list[tuple[int, float]]:
    data = urlencode(parameters).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(f"{url.rstrip('/')}/api/v1/query_range", data, headers)  # noqa: S310  the scheme is checked above
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            said = json.loads(answer.read(_MOST_BYTES))
    except HTTPError as error:
        said = _refused(url, error)
    except (URLError, HTTPException, OSError, ValueError, RecursionError) as error:
        raise OutsideError(f"{url}: {getattr(error, 'reason', None) or error}") from None
    try:
        if said["status"] != "success":
            raise InputError(f"{url} refuses the query: {str(said.get('error'))[:500]}")
        return _points(said["data"]["result"])
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise OutsideError(f"{url} does not answer as Prometheus does: {error!r}") from None


def _refused(url: str, error: HTTPError) -> Any:
    """What the server says of a query that it does not take; a failure of its own is `OutsideError`."""
    try:
        said = json.loads(error.read(100_000))
    except ValueError:
        said = None
    if not isinstance(said, dict) or error.code >= 500:
        raise OutsideError(f"{url}: HTTP status {error.code}") from None
    return said


def _points(result: list[Any]) -> list[tuple[int, float]]:
    if len(result) > 1:
        raise InputError(f"the query gives {len(result)} series; allowed: one: write sum(...) around it")
    points = []
    for at, text in result[0]["values"] if result else ():
        value = float(text)
        if math.isnan(value):
            continue
        if not 0 <= value <= LARGEST:
            raise InputError(f"the query gives {value:g} at {_text(int(at))}; allowed: from 0 to {LARGEST:g}")
        points.append((int(at), value))
    return points


def _text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()
