"""Calls Greenlit's HTTP API: `Greenlit` waits for each call, `AsyncGreenlit` is for an event loop. They give the same.

Nothing is tried again and nothing is kept; who calls decides on that. Proxies and credentials of the environment are
not used: what is shown goes to the address that was given, and nowhere else.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from service.clients import calls
from service.clients.calls import Call, EventReader, Json, Service, Told
from service.clients.errors import UnreachableError

_EVENTS = "text/event-stream"


def _settings(service: Service) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {service.bearer}", "Greenlit-Channel": service.channel}
    return {
        "base_url": service.url,
        "headers": headers,
        "timeout": service.timeout_s,
        "trust_env": False,
        "follow_redirects": False,
        "verify": _trusted(service),
    }


def _trusted(service: Service) -> ssl.SSLContext:
    if not service.url.startswith("https://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nobody: no list of whom to trust is read (45 ms)
    if service.certificate is None:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=service.certificate)


class Greenlit:
    """A client that waits for each call. Any thread may call."""

    def __init__(self, service: Service) -> None:
        """Take where Greenlit is; nothing is sent yet.

        Raises:
            OSError, ssl.SSLError: the certificate cannot be read.
        """
        self._http = httpx.Client(**_settings(service))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open to Greenlit."""
        self._http.close()

    def ask(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        on_behalf_of: str | None = None,
        name: str | None = None,
    ) -> Json:
        """Return an answer or a refusal, as `POST /v1/ask` gives it; under the same `name` it is asked once.

        Raises:
            CallError: there is none.
        """
        return self.call(calls.ask(question, conversation_id=conversation_id, on_behalf_of=on_behalf_of, name=name))

    def search(self, question: str, *, limit: int = 10, on_behalf_of: str | None = None) -> Json:
        """Return ranked passages, as `POST /v1/search` gives them.

        Raises:
            CallError: there is nothing.
        """
        return self.call(calls.search(question, limit=limit, on_behalf_of=on_behalf_of))

    def call(self, call: Call) -> Json:
        """Make any call; return the JSON object that it gives.

        Raises:
            CallError: it gives none.
        """
        try:
            response = self._http.request(call.method, call.path, json=_body(call.body), headers=call.headers())
        except httpx.HTTPError as error:
            raise calls.unreachable(error) from None
        return calls.value_of(response)


class AsyncGreenlit:
    """A client for one event loop."""

    def __init__(self, service: Service, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take where Greenlit is; nothing is sent yet. `transport` stands for the network, where it is another.

        Raises:
            OSError, ssl.SSLError: the certificate cannot be read.
        """
        self._http = httpx.AsyncClient(transport=transport, **_settings(service))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what is open to Greenlit."""
        await self._http.aclose()

    async def ask(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        on_behalf_of: str | None = None,
        name: str | None = None,
    ) -> Json:
        """Return an answer or a refusal; see `Greenlit.ask`.

        Raises:
            CallError: there is none.
        """
        return await self.call(
            calls.ask(question, conversation_id=conversation_id, on_behalf_of=on_behalf_of, name=name)
        )

    async def search(self, question: str, *, limit: int = 10, on_behalf_of: str | None = None) -> Json:
        """Return ranked passages; see `Greenlit.search`.

        Raises:
            CallError: there is nothing.
        """
        return await self.call(calls.search(question, limit=limit, on_behalf_of=on_behalf_of))

    async def events(
        self,
        question: str,
        *,
        conversation_id: str | None = None,
        on_behalf_of: str | None = None,
        name: str | None = None,
    ) -> AsyncIterator[Told]:
        """Ask a question and yield what is told of it, as it is told; the last event, `done`, holds all of the answer.

        Raises:
            CallError: there is no answer, or the stream broke off before its end.
        """
        call = calls.ask(question, conversation_id=conversation_id, on_behalf_of=on_behalf_of, name=name)
        headers = {**call.headers(), "Accept": _EVENTS}
        reader, last = EventReader(), ""
        try:
            async with self._http.stream(call.method, call.path, json=_body(call.body), headers=headers) as response:
                if not response.headers.get("content-type", "").startswith(_EVENTS):
                    await response.aread()
                    calls.value_of(response)
                    raise UnreachableError("expected events from Greenlit, got something else")
                async for line in response.aiter_lines():
                    for told in reader.read(line):
                        last = told.name
                        yield told
        except httpx.HTTPError as error:
            raise calls.unreachable(error) from None
        if last != "done":
            raise UnreachableError("expected events to the end of an answer, got a stream that broke off")

    async def call(self, call: Call) -> Json:
        """Make any call; return the JSON object that it gives.

        Raises:
            CallError: it gives none.
        """
        try:
            response = await self._http.request(call.method, call.path, json=_body(call.body), headers=call.headers())
        except httpx.HTTPError as error:
            raise calls.unreachable(error) from None
        return calls.value_of(response)


def _body(body: Mapping[str, Any] | None) -> Json | None:
    return dict(body) if body is not None else None
