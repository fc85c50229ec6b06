"""The one place that opens a connection to a language model, and to the approved endpoint only.

In order: (1) a request has to be for the approved endpoint, (2) it is sent with the headers listed here and no others,
whatever a library or the environment would add, (3) no redirect is followed and no proxy asked but the one in
`models.toml`, (4) the answer has to be a stream of events, as it is and not packed, (5) it is read up to a size and a
time. A connection serves one call and ends with it: `Call.cut` ends both from any thread, also while another reads.
What fails is one of our errors, and none holds anything that was sent or came. Knows nothing of what the events mean.
"""

import contextlib
import functools
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from service.models.approved import ApprovedModel
from service.models.errors import (
    ModelCutOffError,
    ModelProtocolError,
    ModelReplyError,
    ModelTimedOutError,
    ModelUnavailableError,
)

_CONNECT_S = 5.0  # for the connection, and again for agreeing on TLS
_EVENTS = "text/event-stream"
_PASSING = {408, 409, 425, 429, 500, 502, 503, 504}  # it may go better in a moment
_OF_THE_REQUEST = {400, 413, 415, 422}  # what was asked is refused, which says nothing about the model
LONGEST_WAIT_S = 5.0  # for a model that asks to come again later, within one call
_DIGITS = 6  # of a number of seconds that it may name
_HINTS = {
    401: "the key is refused (api_key_env in models.toml)",
    403: "the key is refused (api_key_env in models.toml)",
    404: "there is no such address or model (url and model in models.toml)",
    429: "it is asked too often",
}


class PassingError(ModelUnavailableError):
    """It may go better in a moment: in `again_in_s` seconds, where the endpoint says so."""

    def __init__(self, message: str, again_in_s: float | None = None) -> None:
        super().__init__(message)
        self.again_in_s = again_in_s


class Call:
    """One call as others may end it. Any thread may call."""

    def __init__(self, *, most_bytes: int) -> None:
        """Begin; `most_bytes` is how much of an answer is read."""
        self.most_bytes = most_bytes
        self._over = threading.Event()
        self._socket: socket.socket | None = None

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._over.is_set()

    def cut(self) -> None:
        """End the call: whoever reads of its connection stops doing so."""
        self._over.set()
        if (held := self._socket) is not None:
            with contextlib.suppress(OSError):  # it ended by itself
                held.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        """Wait, unless the call is over before."""
        self._over.wait(seconds)

    def opened(self, event: str, said: dict[str, Any]) -> None:
        """Take the connection, as the client tells of what it does (its extension `trace`)."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = said["return_value"].get_extra_info("socket")
            if self.over:
                self.cut()


def connect(approved: ApprovedModel, *, key: str | None, call: Call) -> httpx.Client:
    """Return a client for one call to an approved model; closing it closes the connection."""
    return httpx.Client(
        transport=_ToTheEndpoint(approved, key=key, call=call),
        trust_env=False,
        follow_redirects=False,
        timeout=_CONNECT_S,
    )


class _ToTheEndpoint(httpx.HTTPTransport):
    def __init__(self, approved: ApprovedModel, *, key: str | None, call: Call) -> None:
        proxy = approved.endpoint.proxy
        super().__init__(
            verify=_certificates(), trust_env=False, retries=0, proxy=httpx.Proxy(proxy) if proxy else None
        )
        self._name = approved.name
        self._url = httpx.URL(approved.endpoint.url + "/chat/completions")
        self._silent_s = approved.limits.silent_s
        self._key = key
        self._call = call

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or request.url != self._url:
            raise ModelUnavailableError(f"model '{self._name}': expected a call to its endpoint, got one elsewhere")
        try:
            response = super().handle_request(self._as_sent(request))
        except httpx.TimeoutException:
            raise ModelTimedOutError(f"model '{self._name}' did not answer in time (silent_s in models.toml)") from None
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise PassingError(f"model '{self._name}' cannot be reached ({_said(error)})") from None
        try:
            self._expect_events(response)
        except BaseException:
            response.close()
            raise
        body = _Body(response.stream, name=self._name, call=self._call)
        return httpx.Response(response.status_code, headers={"Content-Type": _EVENTS}, stream=body)

    def _as_sent(self, request: httpx.Request) -> httpx.Request:
        headers = {
            "Host": request.headers["Host"],
            "Accept": _EVENTS,
            "Accept-Encoding": "identity",  # unpacked, a small answer could be a large one
            "Connection": "close",
            "Content-Type": "application/json",
            "Content-Length": request.headers["Content-Length"],
            "User-Agent": "greenlit",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        waits = {"connect": _CONNECT_S, "write": self._silent_s, "read": self._silent_s, "pool": _CONNECT_S}
        return httpx.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            extensions={"timeout": waits, "trace": self._call.opened},
        )

    def _expect_events(self, response: httpx.Response) -> None:
        status = response.status_code
        if status != httpx.codes.OK:
            said = f"model '{self._name}' answered {status}"
            hint = f": {_HINTS[status]}" if status in _HINTS else ""
            if status in _PASSING:
                raise PassingError(said + hint, _again_in_s(response))
            if status in _OF_THE_REQUEST:
                raise ModelReplyError(f"{said}: it refuses what was asked, which may be too long for it")
            raise ModelUnavailableError(said + hint)
        kind = response.headers.get("Content-Type", "nothing").partition(";")[0].strip().lower()
        if kind != _EVENTS:
            kind = kind if kind.isascii() and kind.isprintable() and len(kind) < len(_EVENTS) * 3 else "another form"
            raise ModelProtocolError(f"expected {_EVENTS} of model '{self._name}', got {kind}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ModelProtocolError(f"expected the answer of model '{self._name}' as it is, got it packed")


class _Body(httpx.SyncByteStream):
    """The bytes of an answer, up to a size, while somebody waits for them."""

    def __init__(self, inner: Any, *, name: str, call: Call) -> None:
        self._inner = inner
        self._name = name
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        try:
            for piece in self._inner:
                read += len(piece)
                if read > self._call.most_bytes:
                    raise ModelProtocolError(
                        f"expected at most {self._call.most_bytes} bytes of model '{self._name}', got more"
                    )
                yield piece
        except httpx.TimeoutException:
            raise ModelTimedOutError(f"model '{self._name}' fell silent (silent_s in models.toml)") from None
        except (httpx.HTTPError, OSError) as error:
            raise ModelCutOffError(f"the connection to model '{self._name}' ended ({_said(error)})") from None

    def close(self) -> None:
        self._inner.close()


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Return the system's, where an organisation keeps its own authority; read once, for they are many."""
    return ssl.create_default_context()


def _said(error: BaseException) -> str:
    """Name an error, and that it is the certificate where it is: the one thing that an operator cannot guess."""
    causes: BaseException | None = error
    while causes is not None:
        if isinstance(causes, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {causes.verify_message}"
        causes = causes.__cause__ or causes.__context__
    return type(error).__name__


def _again_in_s(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) <= _DIGITS else None
