"""The pages `/answers/{request_id}`: an answer again, for its asker, and for others once the asker shared it.

Somebody else sees it only while they may read every document cited in it, in the version that was cited; otherwise the
page is the one for an answer that there is not. Their look is on record, and the asker sees it at `/record`.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from indexes.errors import BuildError
from service.access.principals import Principal
from service.answering.errors import AnsweringError
from service.answering.past.past_answers import PastAnswers
from service.audit.errors import AuditError, NoRecordError
from service.audit.reading.shared_answers import SharedAnswers
from service.http.given import given
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages
from service.web.visitors import Person

_NO_ANSWER = (
    "There is no such answer, or it is not for you: it was not shared, or rests on a document that you may not read."
)
_SHARED = "Shared. Whoever has this page's link and may read all its sources can open it; your record says who did."
_ENDED = "Not shared any more. The link opens this page for you alone."

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers that whoever has a page open may see."""

    request: Request
    pages: Pages
    person: Principal
    shared: SharedAnswers
    past: PastAnswers

    def shown(self, request_id: str, *, told: str = "") -> Response:
        try:
            found = self.shared.open(
                self.person.principal_id, request_id, lambda turn: self.past.again(self.person, turn)
            )
        except NoRecordError:
            return self.pages.message(self.request, 404, _NO_ANSWER)
        except (AuditError, BuildError, AnsweringError) as error:
            return self.pages.not_shown(self.request, error)
        return self.pages.show(
            self.request,
            "chat/shared.html",
            answer=found.shown,
            question=found.turn.question,
            past=found.turn,
            is_own=found.is_own,
            is_shared=found.is_shared,
            told=told,
        )

    def changed(self, request_id: str, *, shared: bool) -> Response:
        try:
            self.shared.share(self.person.principal_id, request_id, shared=shared)
        except NoRecordError:
            return self.pages.message(self.request, 404, _NO_ANSWER)
        except AuditError as error:
            return self.pages.not_shown(self.request, error)
        return self.shown(request_id, told=_SHARED if shared else _ENDED)


async def _answers(
    request: Request,
    pages: ThePages,
    person: Person,
    shared: Annotated[SharedAnswers, Depends(given(SharedAnswers))],
    past: Annotated[PastAnswers, Depends(given(PastAnswers))],
) -> _Answers:
    return _Answers(request, pages, person, shared, past)


_PageAnswers = Annotated[_Answers, Depends(_answers)]


@_router.get("/answers/{request_id}")
def answer(answers: _PageAnswers, request_id: str) -> Response:
    """Show an answer again."""
    return answers.shown(request_id)


@_router.post("/answers/{request_id}/share", dependencies=[Depends(from_here)])
async def share(request: Request, answers: _PageAnswers, request_id: str) -> Response:
    """Let others open an answer of one's own by its link, or, with `end`, end that."""
    end = await field_of(request, "end")
    return await run_in_threadpool(answers.changed, request_id, shared=not end)


ROUTES = _router.routes
