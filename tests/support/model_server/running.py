"""The server itself, in threads of its own: it plays the scripts that it is told to, and keeps what it was sent."""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.certificates import certify
from tests.support.model_server.exchange import Asked, Exchange
from tests.support.model_server.scripts import SCRIPTS, Script


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left: that is what is tried."""


class ModelServer:
    """Listens on this machine while it is open. `asked` grows with each call, the newest last."""

    def __init__(
        self, *scripts: str | Script, tokens_per_s: float = 0.0, certificate_in: Path | None = None, port: int = 0
    ) -> None:
        """Take what to play, one script a call; the last one goes on.

        Args:
            scripts: names of `SCRIPTS`, or scripts.
            tokens_per_s: how quickly it says something; 0 is at once.
            certificate_in: a folder; where given it speaks TLS, with a certificate that nobody vouches for.
            port: where to listen; 0 is any.
        """
        self.asked: list[Asked] = []
        self._tokens_per_s = tokens_per_s
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._scripts: list[Script] = []
        self.plays(*scripts)
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._tls = certificate_in is not None
        if certificate_in is not None:
            made = certify(certificate_in)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.certificate, made.key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The address for `models.toml`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def newest(self) -> Asked:
        """What it was sent last."""
        return self.asked[-1]

    def plays(self, *scripts: str | Script) -> None:
        """Play these from the next call on."""
        with self._lock:
            self._scripts = list(_named(scripts or ("good",)))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Listen until the process is ended."""
        self._server.serve_forever()

    def _next(self) -> Script:
        with self._lock:
            return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Take a call and play the next script."""
                with contextlib.suppress(OSError):
                    self._answer()
                self.close_connection = True

            def _answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.path, headers, body)
                ours.asked.append(asked)
                ours._next()(Exchange(self, asked, tokens_per_s=ours._tokens_per_s, over=ours._over))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Print nothing."""

        return Handler


def _named(scripts: Iterable[str | Script]) -> Iterable[Script]:
    return [SCRIPTS[script] if isinstance(script, str) else script for script in scripts]
