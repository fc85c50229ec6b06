"""What a call to the API is made of, and what is read from what comes back; whoever sends it is in `client`.

In order: (1) headers say who calls, for whom, and which program it is, (2) the body is JSON, (3) whatever is no success
becomes an error with the problem's own words, (4) a stream is read event by event.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from service.clients.errors import RefusedCallError, UnreachableError

_PREFIX = "urn:greenlit:problem:"
_MAX_DETAIL_CHARS = 500
_LONGEST_WAIT_S = 3600
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Where Greenlit is, and what is shown there.

    Attributes:
        url: such as `https://greenlit.northlight.example`.
        bearer: an API key, a token of the identity provider, or that of local mode.
        channel: which program brings questions: `api`, `cli`, `mcp` or `slack`.
        certificate: a certificate (PEM) to trust, and no other; the system's unless given.
        timeout_s: of one call, in seconds.
    """

    url: str
    bearer: str = field(repr=False)
    channel: str = "api"
    certificate: Path | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call: method, path, body, and what stands in its headers besides who calls.

    `on_behalf_of` is the e-mail address of whom a key acts for; `name` is the `Idempotency-Key`.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    on_behalf_of: str | None = field(default=None, repr=False)
    name: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers of this call."""
        told = {"Greenlit-On-Behalf-Of": self.on_behalf_of, "Idempotency-Key": self.name}
        return {header: value for header, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a stream: its name, and what it says."""

    name: str
    data: Json = field(repr=False)


def ask(question: str, *, conversation_id: str | None, on_behalf_of: str | None, name: str | None) -> Call:
    """Return the call that asks a question."""
    body = {"question": question, "conversation_id": conversation_id}
    return Call("POST", "/v1/ask", body, on_behalf_of, name)


def search(question: str, *, limit: int, on_behalf_of: str | None) -> Call:
    """Return the call that looks for passages."""
    return Call("POST", "/v1/search", {"question": question, "limit": limit}, on_behalf_of)


def value_of(response: httpx.Response) -> Json:
    """Return the JSON object that came.

    Raises:
        RefusedCallError: Greenlit answered with a problem.
        UnreachableError: something else answered.
    """
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UnreachableError(f"expected JSON from Greenlit, got something else (HTTP {response.status_code})")
    if response.is_error:
        raise refused(response.status_code, value, response.headers.get("retry-after"))
    return value


def refused(status: int, problem: Mapping[str, Any], retry_after: str | None = None) -> RefusedCallError:
    """Return a problem as an error."""
    title, detail = problem.get("title", "refused"), problem.get("detail", "")
    return RefusedCallError(
        f"{title}: {detail}"[:_MAX_DETAIL_CHARS],
        status=status,
        kind=str(problem.get("type", "")).removeprefix(_PREFIX),
        retry_after_s=_seconds(retry_after),
    )


def unreachable(error: Exception) -> UnreachableError:
    """Return why nobody answered; the library's own words may hold an address with a secret, so not those."""
    return UnreachableError(f"expected an answer from Greenlit, got none ({type(error).__name__})")


class EventReader:
    """Reads server-sent events from the lines of a stream, as they come."""

    def __init__(self) -> None:
        self._name = "message"
        self._data: list[str] = []

    def read(self, line: str) -> Iterator[Told]:
        """Take a line without its end; yield the event that it ends, if it ends one.

        Raises:
            RefusedCallError: what came is what broke.
            UnreachableError: it is no event of Greenlit's.
        """
        if line:
            field_name, _, value = line.partition(":")
            if field_name == "event":
                self._name = value.removeprefix(" ")
            elif field_name == "data":
                self._data.append(value.removeprefix(" "))
            return
        name, data = self._name, "\n".join(self._data)
        self._name, self._data = "message", []
        if not data:
            return
        try:
            told = json.loads(data)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise UnreachableError("expected events of JSON from Greenlit, got something else")
        if name == "error":
            raise refused(int(told.get("status", 500)), told)
        yield Told(name, told)


def _seconds(retry_after: str | None) -> int | None:
    try:
        return min(_LONGEST_WAIT_S, max(0, math.ceil(float(retry_after or ""))))
    except (ValueError, OverflowError):
        return None
