"""The knowledge of the service that this door is a part of: the same pipeline, limits, boundary and record as the API.

To ask and to search takes the role of staff and counts as a question; what goes wrong is told in the words of the API.
"""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from service.access.principals import Principal, Role
from service.answering.library.reading import Reading
from service.answering.questions import Question
from service.http.asking import Asking
from service.http.event_stream import Gone, as_usual
from service.http.identity import with_role
from service.http.limits_per_caller import CallerLimits
from service.mcp.knowledge import Json, NotGivenError

_T = TypeVar("_T")
_staff = with_role(Role.STAFF)


@dataclass(frozen=True, slots=True)
class WithinService:
    """A `Knowledge` for one request of one caller.

    `gone` returns once whoever asks has left; the `request` says how errors are answered here.
    """

    caller: Principal
    asking: Asking
    reading: Reading
    limits: CallerLimits
    address: str
    request: Request
    gone: Gone

    async def ask(self, question: str, *, conversation_id: str | None) -> Json:
        """Answer a question; see `Knowledge`."""
        return await self._given(self._ask(question, conversation_id))

    async def search(self, question: str, *, limit: int) -> Json:
        """Find passages; see `Knowledge`."""
        return await self._given(self._search(question, limit))

    async def documents(self) -> list[Json]:
        """List documents; see `Knowledge`."""
        return await self._given(run_in_threadpool(self._documents))

    async def document(self, document: str) -> Json | None:
        """Read a document; see `Knowledge`."""
        return await self._given(run_in_threadpool(self._document, document))

    async def _ask(self, text: str, conversation_id: str | None) -> Json:
        question = await self._question(text, conversation_id)
        return (await self.asking.answer(question, gone=self.gone)).as_json()

    async def _search(self, text: str, limit: int) -> Json:
        question, answering = await self._question(text), self.asking.answering
        found = await self.asking.look(question, lambda: answering.search(question, limit=limit), gone=self.gone)
        return found.as_json()

    async def _question(self, text: str, conversation_id: str | None = None) -> Question:
        caller = await _staff(self.caller)
        await self.limits.question(caller)
        return self.asking.checked(text, caller, "mcp", conversation_id)

    def _documents(self) -> list[Json]:
        return [readable.as_json() for readable in self.reading.documents(self.caller)]

    def _document(self, document: str) -> Json | None:
        found = self.reading.text(self.caller, document)
        return found.as_json() if found is not None else None

    async def _given(self, work: Awaitable[_T]) -> _T:
        try:
            return await work
        except Exception as error:  # noqa: BLE001 - the application knows what each is answered with
            response = as_usual(self.request, error)
        problem: dict[str, Any] = json.loads(bytes(response.body))
        later = response.headers.get("retry-after")
        when = f" Try again in {later} s." if later else ""
        raise NotGivenError(f"{problem['title']}: {problem['detail']}.{when}")
