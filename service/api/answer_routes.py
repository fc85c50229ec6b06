"""The routes of answers that were given: one's own again, shared or not, and who may read what one rests on.

For programs that show an answer once more, such as the bot in Slack: what they show comes from the record at that
moment, within the boundary of that moment, so they keep nothing. Somebody else's answer is one that is not there.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from indexes.standing import EVERYBODY
from service.answering.errors import NoLongerShownError
from service.answering.library.readers import may_all_read
from service.answering.library.reading import Reading
from service.answering.past.past_answers import PastAnswers
from service.api.bodies import AnswerBody
from service.api.problems import problems
from service.audit.reading.shared_answers import SharedAnswers
from service.http.acting import ActingFor
from service.http.given import given
from service.http.identity import Caller

MOST_PEOPLE = 500
_MOST_DOCUMENTS = 50
_MAX_ADDRESS_CHARS = 320
_MAX_DOCUMENT_CHARS = 512
_Shared = Annotated[SharedAnswers, Depends(given(SharedAnswers))]

_router = APIRouter(prefix="/v1", tags=["answers"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))


class PastAnswerBody(AnswerBody):
    """An answer or a refusal as it was given, with the question."""

    question: str = Field(description="as it was asked; empty where its text was erased")


class ShareBody(BaseModel):
    """Whether others may open an answer by its link."""

    model_config = ConfigDict(extra="forbid", strict=True)

    shared: bool = Field(description="false ends it", examples=[True])


class VersionBody(BaseModel):
    """A document in one version, as a citation names it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: str = Field(min_length=1, max_length=_MAX_DOCUMENT_CHARS, examples=["legal/ai-use-policy.pdf"])
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class ReadersBody(BaseModel):
    """Documents, and people who would see what they say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    documents: list[VersionBody] = Field(min_length=1, max_length=_MOST_DOCUMENTS)
    people: list[Annotated[str, Field(max_length=_MAX_ADDRESS_CHARS)]] = Field(
        min_length=1, max_length=MOST_PEOPLE, description="e-mail addresses", examples=[["mira@northlight.example"]]
    )
    anybody: bool = Field(False, description="ask about anybody who is signed in here, too")


class AllBody(BaseModel):
    """Whether all of them may read all of it."""

    all: bool


@_router.get("/answers/{request_id}", response_model=PastAnswerBody, responses=problems(409))
def answer(
    request_id: str, caller: Caller, shared: _Shared, past: Annotated[PastAnswers, Depends(given(PastAnswers))]
) -> dict[str, Any]:
    """Return an answer or a refusal of the caller's again, if it can be shown so now. The look is on record first."""
    found = shared.own(caller.principal_id, request_id, lambda turn: past.again(caller, turn))
    if found.shown is None:
        raise NoLongerShownError("something that the answer rests on is not approved so any more, or not for you")
    return {**found.shown.as_json(), "question": found.turn.question}


@_router.post("/answers/{request_id}/share", response_model=ShareBody)
def share(request_id: str, body: ShareBody, caller: Caller, shared: _Shared) -> dict[str, bool]:
    """Let others open an answer of the caller's at `/answers/{request_id}`, while they may read all that it cites."""
    shared.share(caller.principal_id, request_id, shared=body.shared)
    return {"shared": body.shared}


@_router.post("/readers", response_model=AllBody)
def readers(
    body: ReadersBody, acting: ActingFor, reading: Annotated[Reading, Depends(given(Reading))]
) -> dict[str, bool]:
    """Tell whether each of these people, and the caller, may read each of these versions now; nothing of which or who.

    For an API key that acts for somebody, before it shows an answer of theirs to others. Whoever is not known here, or
    not active any more, may read nothing.
    """
    within = reading.within(acting.caller)
    versions = [(version.document, version.sha256) for version in body.documents]
    people = list(acting.others(body.people))
    groups = [person.groups for person in people if person is not None]
    anybody = [frozenset({EVERYBODY})] if body.anybody else []
    return {"all": len(groups) == len(people) and may_all_read(within, versions, [*groups, *anybody])}


ROUTES = _router.routes
