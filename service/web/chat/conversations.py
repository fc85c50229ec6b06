"""The pages `/conversations`: one's own, in a list and one by one; searching in them, naming, erasing.

All of it is a view on one's own records, and each look is one (`service.audit.reading.conversations`). What is searched
for is posted, so it stands in no address. An answer is shown again as far as its documents are approved now and for
whoever looks; otherwise the text that they were given, and that it is no answer any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from indexes.counting import counted
from indexes.errors import BuildError
from service.answering.errors import AnsweringError
from service.answering.past.past_answers import PastAnswers
from service.audit.errors import AuditError, FilterError, NoRecordError, StillOpenError
from service.audit.reading.conversations import NAME_CHARS, Listed
from service.audit.reading.past_turns import Turn
from service.http.given import given
from service.web.chat.kept import Kept, PageKept
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages

_MOST_WORDS = 200  # characters
_NO_CONVERSATION = "There is no such conversation of yours, or it was erased."
_OPEN = "A question of this conversation is still being answered, so nothing was erased. Please try again in a while."
_NAME = f"A name has at most {NAME_CHARS} printable characters. Nothing was changed."

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Own:
    """The conversations of whoever has a page open."""

    request: Request
    pages: Pages
    kept: Kept
    past: PastAnswers

    @property
    def subject(self) -> str:
        return self.kept.person.principal_id

    def guarded(self, work: Callable[[], Response]) -> Response:
        try:
            return work()
        except StillOpenError:
            return self.pages.message(self.request, 409, _OPEN)
        except NoRecordError:
            return self.pages.message(self.request, 404, _NO_CONVERSATION)
        except (AuditError, BuildError, AnsweringError) as error:
            return self.pages.not_shown(self.request, error)

    def listed(self, before: int | None = None, *, told: str = "") -> Response:
        more = {} if before is None else {"before": before}
        found, following = self.kept.conversations.every(self.subject, **more)
        return self._list(found, following, told=told)

    def searched(self, words: str, before: str) -> Response:
        more = {"before": int(before)} if before.isascii() and before.isdigit() else {}
        try:
            found, following = self.kept.conversations.search(self.subject, words[:_MOST_WORDS], **more)
        except FilterError:
            return self.listed()
        return self._list(found, following, search=words[:_MOST_WORDS])

    def one(self, conversation_id: str, before: int | None = None, *, problem: str = "") -> Response:
        more = {} if before is None else {"before": before}
        found = self.kept.conversations.one(self.subject, conversation_id, **more)
        return self.pages.show(
            self.request,
            "chat/ask.html",
            422 if problem else 200,
            turns=[self._shown(turn, conversation_id) for turn in found.turns],
            conversation_id=conversation_id,
            conversation_name=found.name,
            before=found.before,
            recent=self.kept.recent(),
            naming=problem,
        )

    def renamed(self, conversation_id: str, name: str) -> Response:
        try:
            self.kept.conversations.rename(self.subject, conversation_id, name)
        except FilterError:
            return self.one(conversation_id, problem=_NAME)
        return self.one(conversation_id)

    def erased(self, conversation_id: str) -> Response:
        count = self.kept.conversations.erase(self.subject, conversation_id)
        what = counted(count, "question and its answer", "questions and their answers")
        told = f"The conversation was erased: the texts of {what} are gone. The record still says that they were asked."
        return self.listed(told=told)

    def _list(self, found: list[Listed], following: int | None, **more: Any) -> Response:
        values = {"conversations": found, "older": following, **more}
        return self.pages.show(self.request, "chat/conversations.html", **values)

    def _shown(self, turn: Turn, conversation_id: str) -> dict[str, Any]:
        answer = self.past.again(self.kept.person, turn)
        return {"answer": answer, "question": turn.question, "conversation_id": conversation_id, "past": turn}


async def _own(
    request: Request, pages: ThePages, kept: PageKept, past: Annotated[PastAnswers, Depends(given(PastAnswers))]
) -> _Own:
    return _Own(request, pages, kept, past)


_PageOwn = Annotated[_Own, Depends(_own)]
_Before = Annotated[int | None, Query(ge=0)]


@_router.get("/conversations")
def conversations(own: _PageOwn, before: _Before = None) -> Response:
    """List one's own conversations, the newest first."""
    return own.guarded(lambda: own.listed(before))


@_router.post("/conversations", dependencies=[Depends(from_here)])
async def search(request: Request, own: _PageOwn) -> Response:
    """Search in one's own questions and answers; `before` goes on with older ones."""
    words, before = await field_of(request, "search"), await field_of(request, "before")
    return await run_in_threadpool(own.guarded, lambda: own.searched(words, before))


@_router.get("/conversations/{conversation_id}")
def conversation(own: _PageOwn, conversation_id: str, before: _Before = None) -> Response:
    """Show a conversation with its newest turns, so that one can go on with it."""
    return own.guarded(lambda: own.one(conversation_id, before))


@_router.post("/conversations/{conversation_id}/rename", dependencies=[Depends(from_here)])
async def rename(request: Request, own: _PageOwn, conversation_id: str) -> Response:
    """Give a conversation another name; none gives it its first question's."""
    name = await field_of(request, "name")
    return await run_in_threadpool(own.guarded, lambda: own.renamed(conversation_id, name))


@_router.post("/conversations/{conversation_id}/erase", dependencies=[Depends(from_here)])
async def erase(own: _PageOwn, conversation_id: str) -> Response:
    """Erase the texts of all of a conversation's questions."""
    return await run_in_threadpool(own.guarded, lambda: own.erased(conversation_id))


ROUTES = _router.routes
