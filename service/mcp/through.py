"""The knowledge of a running service, through its API, for a program beside it; loads nothing of the service."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from service.clients.calls import Call
from service.clients.client import AsyncGreenlit
from service.clients.errors import CallError, RefusedCallError
from service.mcp.knowledge import Json, NotGivenError


@dataclass(frozen=True, slots=True)
class ThroughApi:
    """A `Knowledge` for whoever's key or token the clients show that `client` makes, one a call."""

    client: Callable[[], AsyncGreenlit]
    address: str

    async def ask(self, question: str, *, conversation_id: str | None) -> Json:
        """Answer a question; see `Knowledge`."""
        return await self._called(Call("POST", "/v1/ask", {"question": question, "conversation_id": conversation_id}))

    async def search(self, question: str, *, limit: int) -> Json:
        """Find passages; see `Knowledge`."""
        return await self._called(Call("POST", "/v1/search", {"question": question, "limit": limit}))

    async def documents(self) -> list[Json]:
        """List documents; see `Knowledge`."""
        listed: list[Json] = (await self._called(Call("GET", "/v1/documents")))["documents"]
        return listed

    async def document(self, document: str) -> Json | None:
        """Read a document; see `Knowledge`."""
        try:
            async with self.client() as client:
                return await client.call(Call("GET", f"/v1/documents/{quote(document)}"))
        except RefusedCallError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise NotGivenError(str(error)) from None
        except CallError as error:
            raise NotGivenError(str(error)) from None

    async def _called(self, call: Call) -> Json:
        try:
            async with self.client() as client:
                return await client.call(call)
        except CallError as error:
            raise NotGivenError(_words(error)) from None


def _words(error: CallError) -> str:
    later = error.retry_after_s if isinstance(error, RefusedCallError) else None
    return f"{error}." + (f" Try again in {later} s." if later is not None else "")
