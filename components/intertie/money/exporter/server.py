"""The endpoint. What a scrape gets is rendered when the cluster is read, not when it is asked for."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Endpoint:
    """`/metrics` and `/healthz` on an address; on the loopback unless another one is given."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._text: bytes | None = None
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def show(self, text: bytes) -> None:
        """What scrapes get from now on."""
        self._text = text

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                text = endpoint._text
                if self.path == "/healthz":
                    self._answer(200 if text is not None else 503, "text/plain", b"ok\n" if text else b"not yet\n")
                elif self.path.partition("?")[0] != "/metrics":
                    self._answer(404, "text/plain", b"/metrics\n")
                elif text is None:
                    self._answer(503, "text/plain", b"the cluster has not been read yet\n")
                else:
                    self._answer(200, CONTENT_TYPE_LATEST, text)

            def _answer(self, status: int, content: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
                """Scrapes are no news."""

        return Handler
