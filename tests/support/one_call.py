"""How the test client of the web framework reaches an application: by one call into its event loop a request.

The framework's own makes nine, with a thread that wakes another at each, so that a test may read an answer while it is
made: that took three quarters of the time of a request that the service refuses. Here an answer is read when it is
whole. Whoever cares how it comes looks at a real server (`service_parts.serving`).
"""

import asyncio
from typing import Any, cast
from urllib.parse import unquote

import anyio
import httpx2
import starlette.testclient
from starlette.types import Message, Scope


class OneCall(starlette.testclient._TestClientTransport):
    """Sends requests of HTTP; `app` may be replaced."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Let the application answer, to the end."""
        body = request.read()
        with self.portal_factory() as portal:
            # The portal's own way starts a task, tells that it did, and then what came of it: each wakes a thread.
            loop = cast("asyncio.AbstractEventLoop", portal._token.native_token)
            answer = asyncio.run_coroutine_threadsafe(self._answer(self._scope(request), body), loop).result()
        if answer is None:
            assert not self.raise_server_exceptions, "expected a response, got none"
            return httpx2.Response(500, request=request)
        start, parts = answer
        headers = [(name.decode(), value.decode()) for name, value in start.get("headers", ())]
        content = b"" if request.method == "HEAD" else b"".join(parts)
        return httpx2.Response(start["status"], headers=headers, stream=httpx2.ByteStream(content), request=request)

    def _scope(self, request: httpx2.Request) -> Scope:
        url = request.url
        assert url.scheme in ("http", "https"), url.scheme
        host = url.raw_host.decode("ascii")
        named = [] if "host" in request.headers else [(b"host", url.netloc)]
        sent = [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": self.root_path,
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": named + sent,
            "client": self.client,
            "server": [host, url.port or {"http": 80, "https": 443}[url.scheme]],
            "state": self.app_state.copy(),
        }

    async def _answer(self, scope: Scope, body: bytes) -> tuple[Message, list[bytes]] | None:
        """Return the beginning of the response and the parts of its body; `None` if there was none."""
        begun: list[Message] = []
        parts: list[bytes] = []
        waiting, ended = [body], anyio.Event()

        async def receive() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            assert not ended.is_set(), "sent after the end of the response"
            if message["type"] == "http.response.start":
                assert not begun, "began twice"
                begun.append(message)
            elif message["type"] == "http.response.body":
                assert begun, "sent before the response began"
                parts.append(bytes(message.get("body", b"")))
                if not message.get("more_body", False):
                    ended.set()

        try:
            await self.app(scope, receive, send)
        except Exception:
            if self.raise_server_exceptions:
                raise
        return (begun[0], parts) if begun else None


def use_one_call() -> None:
    """Let every test client that is made from now on send its requests so."""
    made: Any = starlette.testclient
    made._TestClientTransport = OneCall
