"""The routes of OpenAI's API: chat completions, and the one model that there is.

In order: (1) who asks, (2) what they ask (`bodies`), (3) what is a task of the client is answered at once (`tasks`),
(4) the question is asked as at every door (`service/http/asking`), under a name, for it may come again (`retries`),
(5) what came of it is told as a message or in chunks (`completions`); nothing of it before it is on record.
"""

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from service.access.principals import Principal
from service.answering.answers import Answer
from service.answering.errors import QuestionError
from service.answering.progress import Tell
from service.answering.questions import Question, checked_text
from service.answering.understanding.follow_up import EARLIER
from service.chat_completions.bodies import MODEL, Wanted, check_model, wanted
from service.chat_completions.chats import OPEN_WEBUI_CHAT, Chats
from service.chat_completions.completions import Told, chunks, of_answer, of_task, whole
from service.chat_completions.errors import ChatRequestError, error_of
from service.chat_completions.identity import USER_EMAIL, USER_JWT, ChatAsker, ChatProgram
from service.chat_completions.retries import RETRY_COUNT, is_again, name_of
from service.chat_completions.tasks import TASK, answer_to_task
from service.http.asking import Asking
from service.http.event_stream import EventResponse, Gone
from service.http.given import given
from service.http.limits_per_caller import CallerLimits
from service.http.long_bodies import allow_body
from service.http.origin import Origin

_CREATED = 1_764_374_400  # a fixed moment: a model's day means nothing here, and clients want one
_MODEL = {"id": MODEL, "object": "model", "created": _CREATED, "owned_by": "greenlit"}
_MAX_BODY_BYTES = 512 * 1024
_OF_OPEN_WEBUI = (OPEN_WEBUI_CHAT, USER_JWT, USER_EMAIL, TASK)


@dataclass(frozen=True, slots=True)
class ChatDoor:
    """What this door works with."""

    asking: Asking
    chats: Chats
    origin: Origin

    def question(self, request: Request, asked: Wanted, asker: Principal) -> Question:
        """Return the question that a request asks.

        Raises:
            QuestionError: it is empty or too long.
        """
        conversation = self.chats.conversation(request.headers, asker.principal_id)
        question = self.asking.checked(asked.text, asker, "openai", conversation)
        may_help = filter(None, map(self._that_was_a_question, reversed(asked.earlier)))
        earlier = tuple(islice(may_help, EARLIER))[::-1]
        return replace(question, earlier=earlier, ignored_instructions=asked.instructions)

    async def answer(self, question: Question, *, gone: Gone, again: bool) -> Answer:
        """Answer a question, as often as a person asks it.

        Raises:
            Exception: as `Asking.answer`.
        """
        return await self.asking.answer(question, gone=gone, name=name_of(question), anew=not again)

    def root(self, request: Request) -> str:
        """Return the public address; where there is none, the name of this machine that the request came to."""
        return self.origin.url or f"{request.url.scheme}://{request.headers['host']}"

    def _that_was_a_question(self, text: str) -> str | None:
        try:
            return checked_text(text, max_chars=self.asking.max_question_chars)
        except QuestionError:
            return None


_Door = Annotated[ChatDoor, Depends(given(ChatDoor))]
_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]
_router = APIRouter(prefix="/v1", include_in_schema=False)


@_router.post("/chat/completions")
async def complete(request: Request, asker: ChatAsker, door: _Door, limits: _Limits) -> Response:
    """Answer the last message in cited sentences, or say why not."""
    asked = wanted(await _body(request), request.headers.get("content-type", ""))
    task = answer_to_task(asked, request.headers.get(TASK))
    if task is not None:
        return _told(of_task(task), asked)
    await limits.question(asker)
    question = door.question(request, asked, asker)
    again, root = is_again(request.headers.get(RETRY_COUNT)), door.root(request)
    reads_events = any(name in request.headers for name in _OF_OPEN_WEBUI)

    async def told(gone: Gone) -> Told:
        answer = await door.answer(question, gone=gone, again=again)
        return of_answer(answer, root=root, ignored_instructions=question.ignored_instructions)

    async def work(tell: Tell, gone: Gone) -> None:
        for event in chunks(await told(gone), with_usage=asked.with_usage, with_annotations=not reads_events):
            tell(event)

    if asked.stream:
        return EventResponse(work, wire=_wire)
    return JSONResponse(whole(await told(request.receive)))


@_router.get("/models")
async def models(_program: ChatProgram) -> Response:
    """List the model that answers."""
    return JSONResponse({"object": "list", "data": [_MODEL]})


@_router.get("/models/{model}")
async def model(model: str, _program: ChatProgram) -> Response:
    """Describe the model that answers."""
    check_model(model)
    return JSONResponse(_MODEL)


async def _body(request: Request) -> bytes:
    """Return the body: a long chat is sent as a whole with each question, so it may be longer than elsewhere."""
    too_long = ChatRequestError(
        f"expected a chat of at most {_MAX_BODY_BYTES} bytes, got more: begin a new one",
        param="messages",
        code="content_too_large",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value,
    )
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:12]) > _MAX_BODY_BYTES:
        raise too_long
    allow_body(request.scope, _MAX_BODY_BYTES)
    try:
        return await request.body()
    except ClientDisconnect as error:  # they left, or sent more than that
        raise too_long from error


def _told(told: Told, asked: Wanted) -> Response:
    if not asked.stream:
        return JSONResponse(whole(told))

    async def work(tell: Tell, _gone: Gone) -> None:
        for event in chunks(told, with_usage=asked.with_usage):
            tell(event)

    return EventResponse(work, wire=_wire)


def _wire(name: str, data: str) -> bytes:
    if name == "done":
        return b"data: [DONE]\n\n"
    if name == "error":
        data = json.dumps(error_of(json.loads(data)))
    return f"data: {data}\n\n".encode()


ROUTES = _router.routes
