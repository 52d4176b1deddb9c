"""Usage from a Prometheus: asked for in parts, one series, and every answer that cannot be used has its message."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from intertie.errors import InputError, OutsideError
from intertie.money.forecast.prometheus import MOST_POINTS, query_range
from support.command import run

END = 1_767_571_200
Answer = Callable[[dict[str, str]], tuple[int, Any]]


class Server:
    """Speaks as much of Prometheus' API as a range query needs."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str | None] = []
        self.answer: Answer = self.daily
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                server.asked.append({name: values[0] for name, values in body.items()})
                server.tokens.append(self.headers.get("Authorization"))
                assert self.path == "/api/v1/query_range"
                status, said = server.answer(server.asked[-1])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    @staticmethod
    def daily(asked: dict[str, str]) -> tuple[int, Any]:
        times = range(int(asked["start"]), int(asked["end"]) + 1, int(asked["step"]))
        values = [[at, str(100 + at // 3600 % 24)] for at in times]
        return 200, {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]},
        }


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    found.http.shutdown()
    thread.join()
    found.http.server_close()


def rows(server: Server, length: int = 86_400, step: int = 3600, **more: Any) -> Any:
    return query_range(server.url, "sum(rate(x[1h]))", end=END, length=length, step=step, **more)


def test_a_range_is_asked_for_step_by_step_with_its_token(server: Server) -> None:
    found = rows(server, token="secret")
    assert len(found.seconds) == 24
    assert found.seconds[-1] == END
    assert server.tokens == ["Bearer secret"]
    assert server.asked[0]["query"] == "sum(rate(x[1h]))"


def test_a_long_range_is_asked_for_in_parts_without_gap_or_overlap(server: Server) -> None:
    found = rows(server, length=60 * 25_000, step=60)
    assert len(server.asked) == 3
    assert len(found.seconds) == 25_000
    assert {two - one for one, two in zip(found.seconds, found.seconds[1:], strict=False)} == {60}
    assert all(int(a["end"]) - int(a["start"]) < MOST_POINTS * 60 for a in server.asked)


def matrix(*series: list[list[Any]]) -> dict[str, Any]:
    return {"status": "success", "data": {"result": [{"metric": {}, "values": values} for values in series]}}


@pytest.mark.parametrize(
    ("status", "said", "error", "text"),
    [
        (200, matrix(), InputError, "has no values"),
        (200, matrix([[1, "1"]], [[1, "1"]]), InputError, "2 series"),
        (200, matrix([[1, "-1"]]), InputError, "gives -1"),
        (200, matrix([[1, "+Inf"]]), InputError, "gives inf"),
        (400, {"status": "error", "error": "parse error: unexpected end"}, InputError, "parse error"),
        (503, {"status": "error", "error": "overloaded"}, OutsideError, "HTTP status 503"),
        (200, b"<html>", OutsideError, "Expecting value"),
        (200, {"status": "success", "data": None}, OutsideError, "does not answer as Prometheus does"),
        (200, matrix([["soon", "1"]]), OutsideError, "does not answer as Prometheus does"),
        (200, matrix([[1, "much"]]), OutsideError, "does not answer as Prometheus does"),
        (200, matrix([[1e300, "-1"]]), OutsideError, "does not answer as Prometheus does"),
        (200, b"[" * 100_000, OutsideError, "recursion"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told(
    server: Server, status: int, said: Any, error: type[Exception], text: str
) -> None:
    server.answer = lambda _: (status, said)
    with pytest.raises(error, match=text):
        rows(server)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "localhost:9090", "ftp://x", "http://[:9", "http://h:nan", "http://h:²", "http://:9"]
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(InputError, match="--prometheus"):
        query_range(url, "x", end=END, length=3600, step=60)


@pytest.mark.parametrize("query", ["", " ", "x\udcff"])
def test_a_query_that_is_none_is_not_sent(query: str) -> None:
    with pytest.raises(InputError, match="--query"):
        query_range("http://127.0.0.1:9", query, end=END, length=3600, step=60)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(OutsideError, match="refused"):
        query_range("http://127.0.0.1:9", "x", end=END, length=3600, step=60)


def test_the_command_forecasts_what_it_is_told(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--prometheus", server.url, "--query", "x", "--history", "14d", "--horizon", "24h", "--format", "json")
    shown = run(capsys, monkeypatch, "forecast", *words)
    assert shown.code == 0
    data = json.loads(shown.out)
    assert (data["step"], len(data["points"]), data["history"]["known"]) == ("1h", 24, 14 * 24)
    assert run(capsys, monkeypatch, "forecast").code == 2
